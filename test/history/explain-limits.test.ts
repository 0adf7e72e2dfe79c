/** What `explain` says of jobs that come under limits. */
import picocolors from 'picocolors';
import { jobGraph, type LimitSpecification, setLimit, start, type Store, transactGraph } from '../../src/index.js';
import { explainGraph, explainJob } from '../../src/history/explain/explain.js';
import { graphLines, jobLines } from '../../src/history/explain/explanation-lines.js';
import type { ExplanationLine } from '../../src/history/explain/speech.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('explaining limits', { timeoutMs: 30_000 });

const speech = (now: number) => {
  return {
    paint: picocolors.createColors(false),
    now,
    limit: 10,
    hint: (...words: string[]) => `overseer ${words.join(' ')}`,
  };
};

const sentences = (lines: readonly ExplanationLine[]) => lines.filter((line) => typeof line === 'string');

const job = async (db: Store, jobId: string) => {
  const told = await explainJob(db, 'g', jobId);
  return sentences(jobLines(told, speech(told.now)))
    .slice(1, -1)
    .join('\n');
};

const graph = async (db: Store) => {
  const told = await explainGraph(db, 'g');
  return sentences(graphLines(told, speech(told.now)))
    .slice(2)
    .join('\n');
};

/** A worker runs the first job of a graph, and would run the others. */
async function world(limits: Readonly<Record<string, LimitSpecification>>, jobs: Readonly<Record<string, object>>) {
  const db = await freshStore('memory');
  for (const [key, limit] of Object.entries(limits)) await setLimit(db, key, limit);
  const typed = Object.entries(jobs).map(([id, own]) => [id, { type: 't', ...own }]);
  await transactGraph(db, jobGraph({ jobs: Object.fromEntries(typed) }, {}, { id: 'g' }));
  const held = { release: () => {} };
  const worker = await start({ concurrency: 4 }, db, {
    t: () => new Promise<null>((resolve) => (held.release = () => resolve(null))),
  });
  await eventually('the first one runs', async () => (await explainJob(db, 'g', 'a')).status === 'started');
  const close = async () => {
    const stopped = worker.stop();
    held.release();
    await stopped;
    await db.close();
  };
  return { db, close };
}

spec.test('given a key that is full, then it is said who has the places, and through which pattern', async () => {
  const limits = ['tenant-7'];
  const { db, close } = await world(
    { 'tenant-*': { concurrency: 1 } },
    { a: { limits }, b: { limits }, c: { limits } },
  );
  const full = 'waits for a place under tenant-7 (1 of 1 taken by g/a, as tenant-* says)';
  assert.is(await job(db, 'b'), `  it ${full}`);
  assert.is(await graph(db), `  ready, under limit tenant-7: b, c\n    each ${full}`);
  await close();
});

spec.test('given a job that takes more places than there are, then so it is, and what would help', async () => {
  const limits = [{ key: 'api', units: 5 }];
  const rate = { starts: 90, windowMs: 1500 };
  const { db, close } = await world({ api: { concurrency: 4, rate } }, { a: { limits: ['api'] }, b: { limits } });
  const never = 'it takes 5 places under api, and there are never more than 4: it cannot start';
  const help = 'raise the limit with: overseer limit set api --concurrency 5 --rate 90/1500ms';
  assert.is(await job(db, 'b'), `  ${never}\n  ${help}`);
  assert.is(await graph(db), `  ready, under limit api: b\n    ${never}\n    ${help}`);
  await close();
});

spec.test('given a window that is closed, then it is said when it opens', async () => {
  const limits = ['api'];
  const rate = { starts: 1, windowMs: 3_600_000 };
  const { db, close } = await world({ api: { rate } }, { a: { limits }, b: { limits } });
  const closed = /it waits for a place under api: 1 start in the last 1 h; the next may start at [-\d: ]+, in 1 h/;
  assert.match(await job(db, 'b'), closed);
  assert.match(await graph(db), closed);
  await close();
});

spec.test('given limits that leave room, or are set for none of its keys, then it waits for a worker', async () => {
  const { db, close } = await world({ api: { concurrency: 2 } }, { a: { limits: ['api'] } });
  const jobs = { b: { type: 'other', limits: ['api'] }, c: { type: 'other', limits: ['free'] } };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'h' }));
  const lines = async (jobId: string) => {
    const told = await explainJob(db, 'h', jobId);
    return sentences(jobLines(told, speech(told.now))).join('\n');
  };
  assert.match(await lines('b'), 'it takes 1 place under api (2 at a time)\n  nothing keeps it from running');
  assert.not.match(await lines('c'), 'place');
  assert.equal((await explainGraph(db, 'h')).limited, []);
  await close();
});

spec.run();
