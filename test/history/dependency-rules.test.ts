// takes: 10s
/** Graphs whose jobs say when they run, in every kind of store: what runs, and what can be told of it afterwards. */
import {
  abortJob,
  explainJob,
  fault,
  forkGraph,
  graphInfo,
  type Handlers,
  jobGraph,
  recordedAttempt,
  replayAttempt,
  retryJob,
  retryMatching,
  skip,
  start,
  type Store,
  timeline,
  transactGraph,
  waitForGraph,
  whatIf,
} from '../../src/index.js';
import { assertSound } from '../support/sound.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** What each job was told of its parents, and what went in. */
class Program {
  readonly told = new Map<string, unknown>();
  isBroken = false;
  isNew = true;

  readonly handlers: Handlers = {
    fetch: (job) => {
      this.note(job);
      if (this.isBroken) throw new TypeError('no such server');
      return this.isNew ? { rows: 3 } : skip('nothing new since yesterday');
    },
    other: (job) => this.note(job),
    load: (job) => this.note(job),
    report: (job) => this.note(job),
    tidy: (job) => this.note(job),
    alert: (job) => this.note(job),
  };

  private note(job: { id: string; inputs: object; parents: Readonly<Record<string, { status: string }>> }): unknown {
    const parents = Object.fromEntries(Object.entries(job.parents).map(([id, { status }]) => [id, status]));
    this.told.set(job.id, { inputs: Object.keys(job.inputs), parents });
    return job.id;
  }
}

const shape = {
  jobs: {
    fetch: { type: 'fetch' },
    other: { type: 'other' },
    load: { type: 'load', after: ['fetch'] },
    report: { type: 'report', after: ['load', 'other'], when: 'none-failed' },
    tidy: { type: 'tidy', after: ['load', 'report'], when: 'all-ended' },
    alert: { type: 'alert', after: ['report'], when: 'any-failed' },
  },
} as const;

async function run(db: Store, program: Program, graphId: string) {
  const worker = await start({ concurrency: 4 }, db, program.handlers);
  const done = await waitForGraph(db, graphId);
  await worker.stop();
  return { status: done.status, jobs: Object.fromEntries(Object.values(done.jobs).map((job) => [job.id, job.status])) };
}

async function submit(db: Store, id: string): Promise<string> {
  await transactGraph(db, jobGraph(shape, {}, { id }));
  return id;
}

for (const engine of engines) {
  const spec = describe(`rules of dependencies on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test(
    'given a handler that skips its job, then what needs it is skipped, the rest runs, and all is well',
    async () => {
      const db = await freshStore(engine);
      const program = new Program();
      program.isNew = false;
      const done = await run(db, program, await submit(db, 'g'));
      assert.equal(done, {
        status: 'finished',
        jobs: {
          ...{ fetch: 'skipped', other: 'finished', load: 'skipped' },
          ...{ report: 'finished', tidy: 'finished', alert: 'skipped' },
        },
      });
      assert.equal(program.told.get('report'), {
        inputs: ['other'],
        parents: { load: 'skipped', other: 'finished' },
      });
      const info = await graphInfo(db, 'g');
      assert.equal(
        [info.counts.skipped, info.jobs['fetch']!.skipReason, info.jobs['load']!.skipReason],
        [3, 'nothing new since yesterday', null],
      );
      await assertSound(db);
      await db.close();
    },
  );

  spec.test(
    'given a job that fails, then its clean-up knows how, the alert runs, and a retry opens what it blocked',
    async () => {
      const db = await freshStore(engine);
      const program = new Program();
      program.isBroken = true;
      const done = await run(db, program, await submit(db, 'g'));
      assert.equal([done.status, done.jobs['fetch'], done.jobs['load']], ['failed', 'failed', 'unstarted']);
      assert.equal(program.told.get('tidy'), { inputs: [], parents: { load: 'blocked', report: 'blocked' } });
      assert.equal(program.told.get('alert'), { inputs: [], parents: { report: 'blocked' } });
      program.isBroken = false;
      await retryJob(db, 'g', 'fetch');
      const again = await run(db, program, 'g');
      assert.equal(again, {
        status: 'finished',
        jobs: Object.fromEntries(Object.keys(shape.jobs).map((id) => [id, 'finished'])),
      });
      await assertSound(db);
      await db.close();
    },
  );

  spec.test('given an abort, then the clean-up runs after it', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    await submit(db, 'g');
    await abortJob(db, 'g', 'fetch', { reason: 'not needed' });
    const done = await run(db, program, 'g');
    assert.equal(
      [done.status, done.jobs['load'], done.jobs['report'], done.jobs['tidy'], done.jobs['alert']],
      ['aborted', 'aborted', 'aborted', 'finished', 'finished'],
    );
    await assertSound(db);
    await db.close();
  });

  spec.test(
    'given an attempt of a job with a rule, when replayed, then it is given the parents of that moment',
    async () => {
      const db = await freshStore(engine);
      const program = new Program();
      program.isNew = false;
      await run(db, program, await submit(db, 'g'));
      const recorded = await recordedAttempt(db, 'g', 'report');
      assert.equal(recorded.inputs, { other: 'other' });
      assert.equal(recorded.parents, {
        load: { status: 'skipped', failure: null, reason: null },
        other: { status: 'finished', failure: null, reason: null },
      });
      const first = program.told.get('report');
      const replay = await replayAttempt(recorded, program.handlers['report']!);
      assert.equal([replay.verdict, program.told.get('report')], ['same', first]);
      const ofFetch = await recordedAttempt(db, 'g', 'fetch');
      assert.is((await replayAttempt(ofFetch, program.handlers['fetch']!)).verdict, 'same');
      program.isNew = true;
      assert.is((await replayAttempt(ofFetch, program.handlers['fetch']!)).verdict, 'different');
      await db.close();
    },
  );

  spec.test(
    'given a run with a skip, when forked, then it stays skipped; what ran beside a failure runs again',
    async () => {
      const db = await freshStore(engine);
      const program = new Program();
      program.isNew = false;
      await run(db, program, await submit(db, 'g'));
      const skippedOne = await forkGraph(db, 'g', { from: ['other'], id: 'again' });
      assert.equal(
        [skippedOne.carried.map(({ id }) => id), skippedOne.runs.map(({ id, reason }) => [id, reason])],
        [
          ['fetch'],
          [
            ['other', 'chosen'],
            ['load', 'skipped'],
            ['report', 'below-chosen'],
            ['tidy', 'below-chosen'],
            ['alert', 'below-chosen'],
          ],
        ],
      );
      const done = await run(db, program, 'again');
      assert.equal([done.status, done.jobs['fetch'], done.jobs['load']], ['finished', 'skipped', 'skipped']);
      program.isBroken = program.isNew = true;
      await run(db, program, await submit(db, 'broken'));
      program.isBroken = false;
      const failed = await forkGraph(db, 'broken', { failed: true, id: 'mended' });
      assert.equal(
        failed.runs.map(({ id, reason, below }) => [id, reason, below]),
        [
          ['fetch', 'failed', null],
          ['load', 'blocked', null],
          ['report', 'blocked', null],
          ['tidy', 'parent-runs', 'load'],
          ['alert', 'parent-runs', 'report'],
        ],
      );
      assert.is((await run(db, program, 'mended')).status, 'finished');
      await assertSound(db);
      await db.close();
    },
  );

  spec.test(
    'given what was skipped or waits, when explained, then it is said why, and when it becomes ready',
    async () => {
      const db = await freshStore(engine);
      const program = new Program();
      await submit(db, 'g');
      const waiting = await explainJob(db, 'g', 'tidy');
      assert.equal(
        [waiting.when, waiting.unfinishedParents.map(({ id }) => id), waiting.heldUpBy.map(({ id }) => id)],
        ['all-ended', ['load', 'report'], ['fetch', 'other']],
      );
      program.isNew = false;
      await run(db, program, 'g');
      const own = await explainJob(db, 'g', 'fetch');
      assert.equal([own.status, own.skipReason, own.skippedBy], ['skipped', 'nothing new since yesterday', []]);
      const through = await explainJob(db, 'g', 'load');
      assert.equal([through.status, through.skippedBy.map(({ id }) => id)], ['skipped', ['fetch']]);
      assert.equal(through.causes.map(({ type, jobId }) => [type, jobId]).slice(0, 2), [
        ['JobSkipped', 'fetch'],
        ['JobStarted', 'fetch'],
      ]);
      const times = await timeline(db, 'g');
      const [fetch] = times.jobs.filter(({ jobId }) => jobId === 'fetch');
      assert.is(fetch!.spans.at(-1)!.ending, 'skipped');
      await db.close();
    },
  );

  spec.test(
    'given a policy that would have failed a job, then what if says what else would have come of it',
    async () => {
      const db = await freshStore(engine);
      const handlers: Handlers = {
        ...new Program().handlers,
        fetch: (job) => (job.attempt === 1 ? fault('busy', { retryAfterMs: 1 }) : { rows: 3 }),
      };
      await submit(db, 'g');
      const worker = await start({ concurrency: 4 }, db, handlers);
      await waitForGraph(db, 'g');
      await worker.stop();
      const { supposed, jobs } = await whatIf(db, 'g', { retry: { maximumAttempts: 1 } });
      assert.is(supposed.status, 'unknown');
      assert.equal(Object.fromEntries(jobs.map((job) => [job.id, job.supposed])), {
        fetch: 'failed',
        load: 'blocked',
        report: 'blocked',
        // They would have run, on other inputs.
        tidy: 'unknown',
        alert: 'unknown',
      });
      await db.close();
    },
  );

  spec.test(
    'given jobs that skipped themselves, when that status is retried, then they run; without it, none does',
    async () => {
      const db = await freshStore(engine);
      const program = new Program();
      program.isNew = false;
      await run(db, program, await submit(db, 'g'));
      assert.equal(await retryMatching(db, { graphId: 'g', type: 'fetch' }), []);
      const outcomes = await retryMatching(db, { graphId: 'g', status: 'skipped', type: 'fetch' });
      assert.equal(
        outcomes.map(({ graphId, jobId, done }) => [graphId, jobId, done]),
        [['g', 'fetch', true]],
      );
      program.isNew = true;
      const done = await run(db, program, 'g');
      assert.equal([done.jobs['fetch'], done.jobs['load'], done.jobs['report']], ['finished', 'finished', 'finished']);
      await db.close();
    },
  );

  spec.run();
}
