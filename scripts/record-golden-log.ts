/**
 * Records the golden log of a release: a store as this release writes it, with one of everything in it, the states of
 * its graphs, and its evidence. Every later release must read the same from it. Run once per release, then never touch
 * the files again:
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
  retryJob,
  start,
  store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
} from '../src/index.js';
import { evidenceOf, idsOfForks } from '../test/golden/evidence.js';
import { goldenForks, goldenGraphs } from '../test/golden/graphs.js';
import { exportText } from '../test/support/stores.js';

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
const submit = async (id: string) => {
  const graph = goldenGraphs.find((each) => each.id === id);
  await transactGraph(db, graph!);
};
const run = async (id: string) => {
  await submit(id);
  await waitForGraph(db, id);
};

await run('finished');
await run('failed');
await run('aborted');
await retryJob(db, 'failed', 'a', { by: 'operator', reason: 'once more' });
await waitForGraph(db, 'failed');
await submit('stopped');
await new Promise((resolve) => setTimeout(resolve, 100));
await abortGraph(db, 'stopped', { by: 'operator', reason: 'enough' });
await submit('open');
await abortJob(db, 'open', 'b', { by: 'operator', reason: 'not this one' });
await submit('in parts');
for (const { of, id, options } of goldenForks) {
  await forkGraph(db, of, { ...options, id });
  await waitForGraph(db, id);
}
await worker.stop();

const states: Record<string, unknown> = {};
for (const { id } of (await graphs(db)).items) {
  if (id !== 'in parts') states[id] = await graphInfo(db, id);
}
const beside = (ending: string, content: string) => writeFileSync(path.replace(/db$/, ending), content);
const asText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
beside('json', asText(states));
beside('evidence.json', asText(await evidenceOf(db, 'finished')));
beside('finished.jsonl', await exportText(db, { graphId: 'finished' }));
beside('forks.json', asText(await idsOfForks(db)));
await db.close();
console.log(`recorded ${path}`);
