/**
 * Records the golden log of a release: a store as this release writes it, with one of everything in it, and the state it
 * stands for. Every later release has to read it and come to the same state. Run once per release, then never touch the
 * files again:
 *
 *     node --import tsx scripts/record-golden-log.ts
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  abort,
  abortGraph,
  abortJob,
  abortSilent,
  fault,
  forkGraph,
  graphInfo,
  graphs,
  install,
  jobGraph,
  retryJob,
  start,
  store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
} from 'overseer';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const path = join(root, 'test/golden', `${version}.db`);
if (existsSync(path)) throw new Error(`${path} is there already; a golden log is never recorded again`);

// A made-up machine: what a golden log holds is public.
const db = await store(`sqlite:${path}`, { environment: { ...systemEnvironment, host: 'golden', pid: 4242 } });
await install(db);

const handlers = {
  start: () => ({ rows: 3, text: 'ünï 🦀' }),
  flaky: async (job: { attempt: number; heartbeat(details: unknown, progress: number): Promise<void> }) => {
    await job.heartbeat({ at: job.attempt }, 0.5);
    return job.attempt === 1 ? fault('not yet', { retryAfterMs: 1 }) : [job.attempt];
  },
  failing: () => {
    throw Object.assign(new TypeError('boom'), {
      data: { code: 7 },
      stack: 'TypeError: boom\n    at failing (handlers.js:1:1)',
    });
  },
  aborting: () => abort('not needed'),
  silent: () => abortSilent('not needed either'),
  join: (job: { inputs: object }) => Object.keys(job.inputs).sort(),
  never: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
};

const worker = await start({ concurrency: 4, stopTimeout: 0 }, db, handlers);
const run = async (id: string, jobs: object, options = {}) => {
  await transactGraph(
    db,
    jobGraph({ jobs } as never, { org: 1, nested: { list: [1, null, true] } }, { id, ...options }),
  );
  return await waitForGraph(db, id);
};

await run(
  'finished',
  {
    a: { type: 'start' },
    'b/ü 1': { type: 'flaky', after: ['a'], retry: { maximumAttempts: 3, nonRetryable: ['RangeError'] } },
    c: { type: 'join', after: ['a', 'b/ü 1'], args: { own: true }, timeoutMs: 60_000 },
  },
  { labels: { team: 'x' }, priority: 3 },
);
await run('failed', { a: { type: 'failing' }, b: { type: 'join', after: ['a'] }, c: { type: 'start' } });
await run('aborted', { a: { type: 'aborting' }, b: { type: 'silent' }, c: { type: 'join', after: ['a'] } });
await retryJob(db, 'failed', 'a', { by: 'operator', reason: 'once more' });
await waitForGraph(db, 'failed');
await transactGraph(db, jobGraph({ never: [], start: ['never'] }, {}, { id: 'stopped' }));
await new Promise((resolve) => setTimeout(resolve, 100));
await abortGraph(db, 'stopped', { by: 'operator', reason: 'enough' });
await transactGraph(
  db,
  jobGraph({ jobs: { a: { type: 'unhandled' }, b: { type: 'unhandled', after: ['a'] } } }, {}, { id: 'open' }),
);
await abortJob(db, 'open', 'b', { by: 'operator', reason: 'not this one' });
const big = Object.fromEntries(
  Array.from({ length: 600 }, (_, n) => [`job ${n}`, { type: 'unhandled', args: { text: 'x'.repeat(600) } }]),
);
await transactGraph(db, jobGraph({ jobs: big }, {}, { id: 'in parts' }));
await forkGraph(db, 'failed', { failed: true, id: 'fork', labels: { of: 'failed' } });
await waitForGraph(db, 'fork');
await forkGraph(db, 'finished', { from: ['c'], id: 'fork of finished' });
await waitForGraph(db, 'fork of finished');
await worker.stop();

const states: Record<string, unknown> = {};
for (const { id } of (await graphs(db)).items) {
  if (id !== 'in parts') states[id] = await graphInfo(db, id);
}
await db.close();
writeFileSync(path.replace(/db$/, 'json'), `${JSON.stringify(states, null, 2)}\n`);
console.log(`recorded ${path}`);
