// time-limit: 300s
/**
 * The package as its users get it: packed, installed into an empty project with nothing of this repository in reach, and
 * used from plain Node and from TypeScript.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';

const spec = describe('the packed package', { timeoutMs: 240_000 });

const root = join(import.meta.dirname, '../..');
const project = temporaryFolder();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

spec.before(() => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', project], { cwd: root });
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'users-project', private: true, type: 'module' }),
  );
  // The native part is compiled once, by the installation of this repository; compiling it again shows nothing new.
  run('npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./overseer-${version}.tgz`);
  const native = 'node_modules/better-sqlite3/build';
  cpSync(join(root, native), join(project, native), { recursive: true });
});

spec.test('it holds what is needed and nothing else', () => {
  const listing = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], { cwd: root, encoding: 'utf8' }),
  ) as unknown;
  const [packed] = (Array.isArray(listing) ? listing : Object.values(listing as object)) as [
    { files: { path: string }[] },
  ];
  const outside = packed.files.map((file) => file.path).filter((path) => !path.startsWith('dist/'));
  const projections = ['graph-history', 'graph-progress-shapes', 'graph-progress', 'job-counts', 'ready-jobs'];
  assert.equal(outside.sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
    'projections/README.md',
    ...projections.map((name) => `projections/${name}.js`),
  ]);
  assert.ok(packed.files.some((file) => file.path === 'dist/index.d.ts'));
  assert.ok(!packed.files.some((file) => /test|\.map$/.test(file.path)));
});

spec.test('a program in plain JavaScript runs a graph on sqlite and reads its history', () => {
  writeFileSync(
    join(project, 'program.mjs'),
    `
    import { store, install, jobGraph, validateGraphHandlers, transactGraph, start, waitForGraph, graphInfo, jobInfo, history } from 'overseer';
    const handlers = {
      start: async () => ({ rows: 3 }),
      report: async (job) => job.args.org + ': ' + job.inputs.start.rows,
      send: { preProcess: () => {}, process: () => ({ receipt: 'r' }), postProcess: (job, result) => result.receipt },
    };
    const db = await store('sqlite:./overseer.db');
    await install(db);
    const graph = jobGraph({ start: [], report: ['start'], send: ['report'] }, { org: 123 });
    validateGraphHandlers(handlers, graph);
    const { graphId, stored } = await transactGraph(db, graph);
    const worker = await start({ concurrency: 8 }, db, handlers);
    const done = await waitForGraph(db, graphId);
    const events = [];
    for await (const event of history(db, graphId)) events.push(event.type);
    await worker.stop();
    console.log(JSON.stringify({
      stored, status: done.status, report: done.jobs.report.result,
      send: (await jobInfo(db, graphId, 'send')).result,
      unknown: await jobInfo(db, graphId, 'nobody').catch((error) => error.code),
      same: (await graphInfo(db, graphId)).status, events: events.length,
    }));
    await db.close();
    `,
  );
  const said: unknown = JSON.parse(run(process.execPath, 'program.mjs'));
  assert.equal(said, {
    stored: true,
    status: 'finished',
    report: '123: 3',
    send: 'r',
    unknown: 'job-not-found',
    same: 'finished',
    events: 7,
  });
});

spec.test('a program in TypeScript compiles against its types, strictly, without its optional parts', () => {
  writeFileSync(
    join(project, 'program.ts'),
    `
    import { store, jobGraph, transactGraph, harness, start, fault, LogError, type Handlers, type JobInfo, type WorkerOptions } from 'overseer';
    const handlers: Handlers = {
      fetch: async (job) => { await job.heartbeat({ page: 1 }, 0.5); return job.attempt === 1 ? fault('again', { retryAfterMs: 5 }) : [job.args['page']]; },
      join: harness((job) => job.inputs['page'], (process) => (job) => process(job)),
      send: harness({ process: () => 1, postProcess: (_job, result: number) => result + 1 }, 'postProcess', (post) => (job, result) => post(job, result)),
    };
    const options: WorkerOptions = { concurrency: 2, types: { fetch: { retry: { maximumAttempts: 3 } } } };
    export async function main(): Promise<JobInfo | null> {
      const db = await store({ adapter: 'sqlite', config: { path: 'x.db' } });
      const graph = jobGraph({ jobs: { page: { type: 'fetch', args: { page: 1 } }, all: { type: 'join', after: ['page'] } } }, {}, { id: 'mine', labels: { a: 'b' } });
      try { await transactGraph(db, graph); } catch (error) { if (error instanceof LogError && error.code === 'store-locked') return null; throw error; }
      const worker = await start(options, db, handlers);
      await worker.stop();
      // @ts-expect-error a graph is built, not written down
      await transactGraph(db, { start: [] });
      return null;
    }
    `,
  );
  const config = {
    compilerOptions: {
      strict: true,
      module: 'nodenext',
      target: 'es2023',
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    },
    files: ['program.ts'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  let output = '';
  try {
    run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');
  } catch (error) {
    output = String((error as { stdout: string }).stdout);
  }
  assert.is(output, '');
});

spec.test('without @sentry/node, a DSN is refused with what to do, and nothing else misses it', () => {
  writeFileSync(
    join(project, 'sentry.mjs'),
    `
    import { store, install, start } from 'overseer';
    const db = await store('memory:');
    await install(db);
    const error = await start({ sentry: { dsn: 'http://key@127.0.0.1:1/1' } }, db, {}).catch((error) => error);
    console.log(error.code, error.message);
    `,
  );
  assert.match(run(process.execPath, 'sentry.mjs'), /^sentry-missing .*npm install @sentry\/node/);
});

spec.run();
