// takes: 20s
/** `--processes`: several workers behind one command. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { HandlersFile, isAlive } from '../supervisor/handlers-file.js';
import { CliSandbox, type Command } from './cli-sandbox.js';
import { hasTerminals } from './pseudo-terminal.js';

const spec = describe('a command in several processes', { timeoutMs: 60_000 });

function world(): { readonly sandbox: CliSandbox; readonly handlers: HandlersFile } {
  const sandbox = new CliSandbox();
  return { sandbox, handlers: new HandlersFile(sandbox.folder) };
}

interface Line {
  readonly pid: number;
  readonly msg: string;
  readonly workerId?: string;
}

/** The log so far. Every line of it must be whole. */
const linesOf = ({ stderr }: Pick<Command, 'stderr'>): Line[] =>
  stderr
    .slice(0, stderr.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const startedIn = (command: Command): number[] =>
  linesOf(command).flatMap(({ msg, pid }) => (msg === 'worker started' ? [pid] : []));

async function untilStarted(command: Command, processes: number): Promise<readonly number[]> {
  await eventually(`${processes} have started`, () => startedIn(command).length === processes, 20_000);
  return startedIn(command);
}

spec.test('a worker in three: each has its own id, all work, and one signal stops all', async () => {
  const { sandbox, handlers } = world();
  const worker = sandbox.begin('worker', 'handlers.mjs', '--processes', '3', '--json');
  const pids = await untilStarted(worker, 3);
  assert.not.ok(pids.includes(worker.pid));
  const jobs = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { type: 'meet', args: { processes: 3 } }]));
  sandbox.write({ 'graph.json': JSON.stringify({ jobs }) });
  await sandbox.overseer('submit', 'graph.json', '--id', 'g');
  await eventually('all three have met', () => handlers.runs().length === 3, 20_000);
  await eventually('the graph has finished', async () => (await sandbox.json('show', 'g')).status === 'finished');
  worker.signal('SIGTERM');
  const { code, stdout } = await worker.ended;
  assert.is(code, 0);
  assert.equal(new Set(handlers.runs().map(({ pid }) => pid)), new Set(pids));
  const { workerIds, finished } = JSON.parse(stdout);
  const ids = linesOf(worker).flatMap(({ msg, workerId }) => (msg === 'worker stopped' ? [workerId] : []));
  assert.equal([...workerIds].sort(), ids.sort());
  assert.is(finished, 3);
  assert.not.ok(pids.some(isAlive));
});

spec.test('a process that is killed is replaced, and what it ran is done again', async () => {
  const { sandbox, handlers } = world();
  await sandbox.overseer('submit', 'handlers.mjs', '--id', 'g');
  const worker = sandbox.begin('worker', 'handlers.mjs', '--processes', '2');
  const pids = await untilStarted(worker, 2);
  const { pid: killed } = await handlers.begun('hold');
  process.kill(killed, 'SIGKILL');
  const again = await handlers.begun('hold', 2);
  assert.is.not(again.pid, killed);
  await untilStarted(worker, 3);
  handlers.letGo();
  await handlers.begun('note');
  worker.signal('SIGINT');
  const { code, stderr } = await worker.ended;
  assert.is(code, 0);
  assert.match(stderr, `worker process ${killed} ended, by SIGKILL; another is started in `);
  assert.ok(pids.includes(killed));
});

spec.test('a signal lets what runs end; jobs that wait stay where they are', async () => {
  const { sandbox, handlers } = world();
  await sandbox.overseer('submit', 'handlers.mjs', '--id', 'g');
  const worker = sandbox.begin('worker', 'handlers.mjs', '--processes', '2');
  await untilStarted(worker, 2);
  const { pid } = await handlers.begun('hold');
  worker.signal('SIGTERM');
  await worker.says(/"running":1,"msg":"worker is stopping"/);
  handlers.letGo();
  assert.is((await worker.ended).code, 0);
  const { jobs } = await sandbox.json('show', 'g');
  assert.equal([jobs.hold.result, jobs.hold.attempt, jobs.note.status], [pid, 1, 'unstarted']);
});

spec.test('a second signal, later, ends all at once', async () => {
  const { sandbox, handlers } = world();
  await sandbox.overseer('submit', 'handlers.mjs', '--id', 'g');
  const worker = sandbox.begin('worker', 'handlers.mjs', '--processes', '2');
  const pids = await untilStarted(worker, 2);
  await handlers.begun('hold');
  worker.signal('SIGTERM');
  await worker.says(/worker processes are stopping/);
  const again = setInterval(() => worker.signal('SIGTERM'), 20);
  assert.is((await worker.ended).code, 143);
  clearInterval(again);
  await eventually('all are gone', () => !pids.some(isAlive));
  assert.is((await sandbox.json('show', 'g')).jobs.hold.status, 'started');
});

spec.test('if the command itself is killed, its processes end what they run, and are gone', async () => {
  const { sandbox, handlers } = world();
  await sandbox.overseer('submit', 'handlers.mjs', '--id', 'g');
  const worker = sandbox.begin('worker', 'handlers.mjs', '--processes', '2');
  const pids = await untilStarted(worker, 2);
  const { pid } = await handlers.begun('hold');
  worker.signal('SIGKILL');
  await eventually('the idle one is gone', () => pids.filter(isAlive).length === 1, 20_000);
  handlers.letGo();
  await eventually('the other is gone', () => !isAlive(pid), 20_000);
  const { jobs } = await sandbox.json('show', 'g');
  assert.equal([jobs.hold.result, jobs.hold.attempt], [pid, 1]);
});

spec.test('what keeps every process from starting is said once', async () => {
  const { sandbox } = world();
  sandbox.write({ 'bad.mjs': "throw new Error('no such table');" });
  const cases: readonly (readonly [words: readonly string[], code: number, message: RegExp])[] = [
    [['bad.mjs'], 2, /^overseer: bad\.mjs could not be loaded: no such table \(at bad\.mjs:1\)\n$/],
    [['handlers.mjs', '--types', 'nope'], 2, /^overseer: --types: there is no handler for "nope"; .*\n$/],
    [['handlers.mjs', '--store', 'sqlite:none/x.db'], 3, /^overseer: .*none does not exist; .*\n$/],
    [['handlers.mjs', '--store', 'memory:'], 2, /^overseer: a store in memory cannot be shared by 3 processes; .*\n$/],
  ];
  for (const [words, code, message] of cases) {
    const ended = await sandbox.overseer('worker', '--processes', '3', ...words);
    assert.is(ended.code, code, words.join(' '));
    assert.match(ended.stderr, message);
  }
  const { code, stderr } = await sandbox.overseer('run', 'handlers.mjs', '--processes', '3', '--store', 'memory:');
  assert.is(code, 2);
  assert.match(stderr, 'cannot be shared by 3 processes');
});

spec.test('one process, or a store in memory, is the command itself', async () => {
  const { sandbox } = world();
  for (const words of [
    ['--processes', '1'],
    ['--store', 'memory:'],
    ['--processes', 'auto', '--store', 'memory:'],
  ]) {
    const worker = sandbox.begin('worker', 'handlers.mjs', ...words);
    assert.equal(await untilStarted(worker, 1), [worker.pid], words.join(' '));
    worker.signal('SIGTERM');
    assert.is((await worker.ended).code, 0);
  }
  const set = sandbox.with({ OVERSEER_PROCESSES: '1' }).begin('worker', 'handlers.mjs');
  assert.equal(await untilStarted(set, 1), [set.pid]);
  set.signal('SIGTERM');
  assert.is((await set.ended).code, 0);
});

spec.test('auto is as many as there are processors, and in a run no more than there are jobs', async () => {
  const { sandbox, handlers } = world();
  const worker = sandbox.begin('worker', 'handlers.mjs');
  await untilStarted(worker, availableParallelism());
  worker.signal('SIGTERM');
  await worker.ended;
  sandbox.write({ 'one.json': JSON.stringify({ jobs: { one: { type: 'note' } } }) });
  const words = ['--handlers', 'handlers.mjs', '--processes', 'auto', '--log-level', 'info'];
  const run = sandbox.begin('run', 'one.json', ...words);
  assert.is((await run.ended).code, 0);
  assert.equal([startedIn(run), handlers.runs().map(({ pid }) => pid)], [[run.pid], [run.pid]]);
});

spec.test('a run in three works with this process and two more; one that is killed is replaced', async () => {
  const { sandbox, handlers } = world();
  const jobs = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { type: 'meet', args: { processes: 4 } }]));
  sandbox.write({ 'graph.json': JSON.stringify({ jobs }) });
  const words = ['--handlers', 'handlers.mjs', '--processes', '3', '--json', '--log-level', 'info'];
  const run = sandbox.begin('run', 'graph.json', ...words);
  const pids = await untilStarted(run, 3);
  assert.ok(pids.includes(run.pid));
  // Only three meet, and one of them dies: the fourth is the one that takes its place.
  await eventually('three have met', () => handlers.runs().length === 3, 20_000);
  process.kill(
    pids.find((pid) => pid !== run.pid)!,
    'SIGKILL',
  );
  const { code, stdout } = await run.ended;
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).status, 'finished');
  assert.is(new Set(handlers.runs().map(({ pid }) => pid)).size, 4);
});

spec.test('lines of several processes do not mix, however long they are', async () => {
  const sandbox = new CliSandbox({
    'long.mjs': `
      const say = (text) => new Promise((done) => process.stdout.write(text, done));
      export const graph = { jobs: Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, { type: 'say' }])) };
      export const handlers = { say: async ({ id }) => {
        for (let n = 0; n < 5; n++) { await say(id.repeat(30_000)); await say(id.repeat(30_000) + '\\n'); }
        await say(id + ' has no end');
      } };`,
  });
  await sandbox.overseer('submit', 'long.mjs', '--id', 'g');
  const worker = sandbox.begin('worker', 'long.mjs', '--processes', '3', '--concurrency', '1');
  await eventually(
    'the graph has finished',
    async () => (await sandbox.json('show', 'g')).status === 'finished',
    20_000,
  );
  worker.signal('SIGTERM');
  const { stdout } = await worker.ended;
  const lines = stdout.split('\n').filter((line) => line !== '');
  const long = lines.map((line) => line.replaceAll(/\w has no end/g, '')).filter((line) => line !== '');
  assert.is(long.length, 30);
  for (const line of long) assert.is(line, line[0]!.repeat(60_000));
});

if (hasTerminals) {
  spec.test('Ctrl+C in a terminal stops all of them once, and what runs may end', async () => {
    const { sandbox, handlers } = world();
    await sandbox.overseer('submit', 'handlers.mjs', '--id', 'g');
    const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
    // The terminal signals the whole group of processes in its foreground: the shell's child, and all that is in its group.
    sandbox.write({
      'inner.sh': `trap '' INT; (trap - INT; exec ${process.execPath} ${main} worker handlers.mjs --processes 2); echo $? > code`,
    });
    const words = ['--quiet', '--command', 'sh inner.sh', '/dev/null'];
    const env = { PATH: process.env['PATH'], TERM: 'xterm' };
    const terminal = spawn('script', words, { cwd: sandbox.folder, env, stdio: ['pipe', 'pipe', 'inherit'] });
    let drawn = '';
    terminal.stdout.on('data', (chunk: Buffer) => (drawn += chunk.toString()));
    const { pid } = await handlers.begun('hold');
    await eventually('both have started', () => (drawn.match(/worker started/g) ?? []).length === 2, 20_000);
    terminal.stdin.write('\u0003');
    await eventually('it stops', () => /worker processes are stopping/.test(drawn), 20_000);
    await eventually('each is told', () => (drawn.match(/worker is stopping/g) ?? []).length === 2);
    assert.ok(isAlive(pid));
    handlers.letGo();
    await new Promise((done) => terminal.once('close', done));
    assert.is(readFileSync(sandbox.path('code'), 'utf8'), '0\n');
    const { jobs } = await sandbox.json('show', 'g');
    assert.equal([jobs.hold.result, jobs.hold.attempt, jobs.note.status], [pid, 1, 'unstarted']);
    // For people: no JSON.
    assert.not.match(drawn, '"msg"');
  });
}

spec.run();
