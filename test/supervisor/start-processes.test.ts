// takes: 20s
/** Workers in processes of their own, started by a program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  graphInfo,
  install,
  jobGraph,
  type LogAddress,
  type ProcessesOptions,
  startProcesses,
  type Store,
  store,
  transactGraph,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { freshPlace } from '../support/stores.js';
import { HandlersFile, isAlive } from './handlers-file.js';

const spec = describe('worker processes of a program', { timeoutMs: 60_000 });

interface World extends AsyncDisposable {
  readonly address: string;
  readonly db: Store;
  readonly handlers: HandlersFile;
}

async function world(): Promise<World> {
  const { address } = freshPlace('sqlite');
  const db = await store(address);
  await install(db);
  return { address, db, handlers: new HandlersFile(), [Symbol.asyncDispose]: () => db.close() };
}

spec.test(
  'given three processes, then all of them work, each job is done once, and they stop when told to',
  async () => {
    await using given = await world();
    const { db, address, handlers } = given;
    const workers = await startProcesses({ processes: 3 }, address, handlers.file);
    const pids = workers.workers.map(({ pid }) => pid);
    assert.is(new Set(pids).size, 3);
    const meeting = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { type: 'meet', args: { processes: 3 } }]));
    await transactGraph(db, jobGraph({ jobs: meeting }, {}, { id: 'meeting' }));
    const { jobs } = await waitForGraph(db, 'meeting');
    assert.equal(new Set(Object.values(jobs).map(({ result }) => result)), new Set(pids));

    const ids = Array.from({ length: 40 }, (_, n) => `diamond-${n}`);
    const diamond = { top: [], left: ['top'], right: ['top'], bottom: ['left', 'right'] };
    const full = Object.fromEntries(Object.entries(diamond).map(([id, after]) => [id, { type: 'note', after }]));
    for (const id of ids) await transactGraph(db, jobGraph({ jobs: full }, {}, { id }));
    for (const id of ids) assert.is((await waitForGraph(db, id)).status, 'finished');
    const runs = handlers.runs().filter(({ graphId }) => graphId !== 'meeting');
    assert.is(runs.length, 160);
    assert.ok(runs.every(({ attempt, pid }) => attempt === 1 && pids.includes(pid)));

    await workers.stop();
    await workers.stopped;
    assert.is(workers.statistics.finished, 163);
    assert.equal(workers.workers, []);
    assert.not.ok(pids.some(isAlive));
    assert.equal((await verify(db)).problems, []);
  },
);

spec.test(
  'given a process that is killed, then its job is done by another, and a new process takes its place',
  async () => {
    await using given = await world();
    const { db, address, handlers } = given;
    const warnings: string[] = [];
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn: (_: object, message: string) => void warnings.push(message),
    };
    const workers = await startProcesses({ processes: 2, logger }, address, pathToFileURL(handlers.file));
    await transactGraph(db, jobGraph({ jobs: { hold: { type: 'hold' } } }, {}, { id: 'g' }));
    const { pid: killed } = await handlers.begun('hold');
    const before = workers.workers.map(({ pid }) => pid);
    process.kill(killed, 'SIGKILL');
    const { pid: second } = await handlers.begun('hold', 2);
    handlers.letGo();
    assert.is((await waitForGraph(db, 'g')).jobs['hold']!.result, second);
    const replaced = () => workers.workers.length === 2 && workers.workers.every(({ pid }) => pid !== killed);
    await eventually('there are two again', replaced, 20_000);
    assert.ok(workers.workers.some(({ pid }) => before.includes(pid)));
    assert.ok(
      warnings.some((each) => /^worker process \d+ ended, by SIGKILL; another is started in \d\.\d s$/.test(each)),
    );
    await workers.stop();
  },
);

spec.test('given a running job, when told to stop, then it ends in its process, and nothing new begins', async () => {
  await using given = await world();
  const { db, address, handlers } = given;
  const workers = await startProcesses({ processes: 2 }, address, handlers.file);
  const jobs = { hold: { type: 'hold' }, note: { type: 'note', after: ['hold'] } };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'g' }));
  const { pid } = await handlers.begun('hold');
  const stopped = workers.stop();
  await eventually('the idle one is gone', () => workers.workers.length === 1);
  handlers.letGo();
  await stopped;
  const { jobs: after } = await graphInfo(db, 'g');
  assert.equal([after['hold']!.result, after['note']!.status], [pid, 'unstarted']);
});

spec.test('what workers log comes to the logger of the program, each line with its worker', async () => {
  await using given = await world();
  const lines: (readonly [object, string])[] = [];
  const take = (details: object, message: string) => void lines.push([details, message]);
  const logger = { debug: take, info: take, warn: take, error: take };
  const options = { processes: 2, logger, sleepTime: 100 };
  const workers = await startProcesses(options, given.address, given.handlers.file);
  await transactGraph(given.db, jobGraph({ jobs: { x: { type: 'unheard' }, n: { type: 'note' } } }, {}, { id: 'g' }));
  await eventually('they say that there is nothing to run', () =>
    lines.some(([, message]) => message === 'no ready job to run; waiting'),
  );
  const ids = workers.workers.map(({ workerId }) => workerId);
  await workers.stop();
  for (const message of ['worker started', 'worker stopped']) {
    const by = lines
      .filter((line) => line[1] === message)
      .map(([details]) => (details as { workerId: string }).workerId);
    assert.equal(by.sort(), ids.sort(), message);
  }
  // Once for all: the line is no worker's.
  const idle = lines.filter(([, message]) => message === 'no ready job to run; waiting');
  assert.ok(idle.every(([details]) => Object.keys(details).join() === 'idleMs'));
  assert.not.ok(lines.some(([, message]) => message === 'job finished'));
});

const refusals: readonly (readonly [
  title: string,
  refused: readonly [options: ProcessesOptions, address: LogAddress | null, handlers: unknown],
  code: string,
  message: RegExp,
])[] = [
  ['a store in memory', [{}, 'memory:', 'h.mjs'], 'configuration-invalid', /^a store in memory cannot be shared/],
  [
    'no processes',
    [{ processes: 0 }, null, 'h.mjs'],
    'configuration-invalid',
    /processes: expected whole number from 1/,
  ],
  ['a misspelt option', [{ proceses: 2 } as never, null, 'h.mjs'], 'name-unknown', /did you mean processes\?/],
  [
    'functions',
    [{}, null, { a: () => 1 }],
    'configuration-invalid',
    /functions cannot be sent to another process; name/,
  ],
  [
    'a setting that no worker has',
    [{ concurrency: 0 }, null, 'h.mjs'],
    'configuration-invalid',
    /^the options of start/,
  ],
  ['no file', [{ processes: 2 }, null, '/none/h.mjs'], 'file-throws', /^file:\/\/\/none\/h\.mjs could not be loaded/],
  ['a store that cannot be', [{ processes: 2 }, 'sqlite:/none/x.db', null], 'store-folder-missing', /does not exist/],
];
for (const [title, [options, address, handlers], code, message] of refusals) {
  spec.test(`given ${title}, then they do not start, and the error says why`, async () => {
    await using given = await world();
    const started = startProcesses(options, address ?? given.address, (handlers ?? given.handlers.file) as string);
    const error = await started.then(
      () => null,
      (reason: Error & { code?: string }) => reason,
    );
    assert.is(error?.code, code);
    assert.match(error!.message, message);
  });
}

for (const [title, text, code, message] of [
  ['that throws', "throw new Error('no such table');", 'file-throws', /could not be loaded: no such table$/],
  ['without handlers', 'export const handler = {};', 'handlers-missing', /exports no handlers/],
  ['with one that is none', 'export default { a: 1 };', 'handler-invalid', /the handler of type "a" is a number/],
  [
    'that ends the process',
    'process.exit(0);',
    'worker-failed',
    /ended, by exit code 0, before its worker had started$/,
  ],
] as const) {
  spec.test(`given a module ${title}, then they do not start, and none is tried again`, async () => {
    await using given = await world();
    const file = join(given.handlers.folder, 'other.mjs');
    writeFileSync(file, text);
    const error = await startProcesses({ processes: 2 }, given.address, file).catch(
      (e: Error & { code?: string }) => e,
    );
    assert.ok(error instanceof Error);
    assert.is((error as { code?: string }).code, code);
    assert.match(error.message, message);
  });
}

spec.test('given a program that is killed, then its workers end what they run, and are gone', async () => {
  await using given = await world();
  const { db, address, handlers } = given;
  const program = join(handlers.folder, 'program.mts');
  const index = JSON.stringify(join(import.meta.dirname, '../../src/index.ts'));
  writeFileSync(
    program,
    `import { startProcesses } from ${index};
     const workers = await startProcesses({ processes: 2 }, process.argv[2], process.argv[3]);
     console.log(JSON.stringify(workers.workers.map(({ pid }) => pid)));`,
  );
  const words = ['--import', 'tsx', program, address, handlers.file];
  const child: ChildProcess = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  const pids = JSON.parse(said.toString()) as number[];
  await transactGraph(db, jobGraph({ jobs: { hold: { type: 'hold' } } }, {}, { id: 'g' }));
  const { pid } = await handlers.begun('hold');
  child.kill('SIGKILL');
  await eventually('the idle one is gone', () => pids.filter(isAlive).length === 1, 20_000);
  assert.ok(isAlive(pid));
  handlers.letGo();
  await eventually('the other is gone', () => !isAlive(pid), 20_000);
  const { jobs } = await graphInfo(db, 'g');
  assert.equal([jobs['hold']!.attempt, jobs['hold']!.result], [1, pid]);
});

spec.run();
