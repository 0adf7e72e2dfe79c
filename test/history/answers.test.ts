// takes: 20s
/** Jobs that somebody outside answers, and jobs that their handlers put off, in every kind of store. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  abortGraph,
  abortJob,
  defer,
  diff,
  estimateTimeLeft,
  explainGraph,
  explainJob,
  failJob,
  finishJob,
  forkGraph,
  graphInfo,
  type Handlers,
  history,
  importLog,
  jobGraph,
  jobInfo,
  jobs,
  jobsReady,
  OverseerError,
  pause,
  queueDepths,
  recordedAttempt,
  RejectedError,
  replayAttempt,
  retryGraph,
  retryJob,
  start,
  store,
  type Store,
  timeline,
  transactGraph,
  waitForGraph,
  workers,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assertSound } from '../support/sound.js';
import { assert, describe } from '../support/spec.js';
import { engines, exportText, freshStore, missingFor, temporaryFolder } from '../support/stores.js';

const shape = {
  jobs: {
    report: { type: 'report' },
    approval: { type: 'approval', after: ['report'], external: { for: 'the finance team' } },
    send: { type: 'send', after: ['approval'] },
    alert: { type: 'alert', after: ['approval'], when: 'any-failed' },
  },
} as const;

/** The handler of the approval's type must never run. */
const handlers: Handlers = {
  report: () => ({ sum: 12 }),
  approval: () => {
    throw new Error('a worker has run what somebody outside answers');
  },
  send: (job) => ({ sent: job.inputs }),
  alert: (job) => job.parents['approval']!.failure?.message,
};

async function submit(db: Store, id: string): Promise<string> {
  await transactGraph(db, jobGraph(shape, {}, { id, labels: { team: 'a' } }));
  return id;
}

/** Runs a graph until it waits for nothing but an answer. */
async function asked(db: Store, id: string): Promise<void> {
  await submit(db, id);
  const worker = await start({}, db, handlers);
  await eventually('it is asked', async () => (await jobInfo(db, id, 'approval')).derivedStatus === 'awaiting');
  await worker.stop();
}

async function goOn(db: Store, id: string) {
  const worker = await start({ concurrency: 4 }, db, handlers);
  const done = await waitForGraph(db, id);
  await worker.stop();
  return done;
}

let files = 0;

function file(content: string): string {
  const path = join(temporaryFolder(), `export-${(files += 1)}.jsonl`);
  writeFileSync(path, content);
  return path;
}

const rejection = (code: string, words: RegExp) => (thrown: unknown) =>
  thrown instanceof RejectedError && thrown.code === code && words.test(thrown.message);

for (const engine of engines) {
  const spec = describe(`answers from outside on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test('given a job that awaits an answer, when somebody gives it, then what depends on it runs', async () => {
    const db = await freshStore(engine);
    await submit(db, 'g');
    const worker = await start({ concurrency: 4 }, db, handlers);
    const done = waitForGraph(db, 'g');
    await eventually('it is asked', async () => (await jobInfo(db, 'g', 'approval')).derivedStatus === 'awaiting');
    assert.is((await graphInfo(db, 'g')).status, 'running');
    await finishJob(db, 'g', 'approval', { approved: true }, { by: 'kari', reason: 'checked the sum' });
    const info = await done;
    await worker.stop();
    assert.equal([info.status, info.counts.finished, info.counts.skipped], ['finished', 3, 1]);
    assert.equal(info.jobs['send']!.result, { sent: { approval: { approved: true } } });
    const { answer, attempt, endedAt } = info.jobs['approval']!;
    assert.equal([answer, attempt], [{ by: 'kari', reason: 'checked the sum', at: endedAt! }, 0]);
    assert.equal([worker.statistics.claims, worker.statistics.failed], [2, 0]);
    await assertSound(db);
    await db.close();
  });

  spec.test(
    'given many answers at the same time, then one is recorded, and the others are told what stands',
    async () => {
      const db = await freshStore(engine);
      await asked(db, 'g');
      const people = ['kari', 'ola', 'per', 'siri'];
      const answers = await Promise.allSettled(
        people.map((by, index) =>
          index % 2 === 0 ? finishJob(db, 'g', 'approval', index, { by }) : failJob(db, 'g', 'approval', 'no', { by }),
        ),
      );
      const winner = people[answers.findIndex(({ status }) => status === 'fulfilled')]!;
      assert.is(answers.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.is((await jobInfo(db, 'g', 'approval')).answer?.by, winner);
      for (const answer of answers) {
        if (answer.status === 'fulfilled') continue;
        assert.ok(rejection('job-already-ended', new RegExp(`already: answered by ${winner} at `))(answer.reason));
      }
      await assertSound(db);
      await db.close();
    },
  );

  spec.test('given an answer that fails the job, when it is retried, then it awaits another', async () => {
    const db = await freshStore(engine);
    await asked(db, 'g');
    await failJob(db, 'g', 'approval', 'the sum is wrong', { by: 'kari', data: { sum: 13 } });
    const failed = await goOn(db, 'g');
    const { failure } = failed.jobs['approval']!;
    assert.equal(failure, {
      ...{ reason: 'system/answer', exception: 'FailedFromOutside', message: 'the sum is wrong' },
      data: { sum: 13 },
    });
    assert.equal(
      [failed.status, failed.jobs['send']!.derivedStatus, failed.jobs['alert']!.result],
      ['failed', 'blocked', 'the sum is wrong'],
    );
    await retryJob(db, 'g', 'approval', { by: 'ola' });
    assert.is((await jobInfo(db, 'g', 'approval')).derivedStatus, 'awaiting');
    await finishJob(db, 'g', 'approval', null);
    assert.is((await goOn(db, 'g')).status, 'finished');
    await assertSound(db);
    await db.close();
  });

  spec.test('given a graph of nothing but a question, then whoever waits for it is told of the answer', async () => {
    const db = await freshStore(engine);
    for (const [id, answer] of [
      ['yes', () => finishJob(db, 'yes', 'approval', 1)],
      ['no', () => failJob(db, 'no', 'approval', 'the sum is wrong')],
    ] as const) {
      await transactGraph(db, jobGraph({ jobs: { approval: { type: 'approval', external: true } } }, {}, { id }));
      const done = waitForGraph(db, id, { timeoutMs: 20_000 });
      await answer();
      assert.is((await done).status, id === 'yes' ? 'finished' : 'failed');
    }
    await db.close();
  });

  spec.test('given a job that cannot be answered, when somebody does, then the error says why', async () => {
    const db = await freshStore(engine);
    await submit(db, 'g');
    assert.equal(
      (await queueDepths(db)).map(({ type }) => type),
      ['alert', 'report', 'send'],
    );
    const tries: readonly (readonly [() => Promise<void>, string, RegExp])[] = [
      [() => finishJob(db, 'g', 'approval', 1), 'job-not-ready', /it waits for report/],
      [() => finishJob(db, 'g', 'report', 1), 'job-not-external', /is run by workers/],
      [() => finishJob(db, 'g', 'aproval', 1), 'job-not-found', /did you mean approval/],
      [() => failJob(db, 'h', 'approval', 'x'), 'graph-not-found', /no graph/],
    ];
    for (const [give, code, words] of tries) await assert.rejects(give, rejection(code, words));
    const invalid = (words: RegExp) => (error: unknown) =>
      error instanceof OverseerError && error.code === 'answer-invalid' && words.test(error.message);
    await assert.rejects(() => finishJob(db, 'g', 'approval', 1n), invalid(/^the result/));
    await assert.rejects(() => finishJob(db, 'g', 'approval', 'x'.repeat(600_000)), invalid(/limit is 524288/));
    await assert.rejects(() => failJob(db, 'g', 'approval', ' '), invalid(/the message is empty/));
    await assert.rejects(() => failJob(db, 'g', 'approval', 'x', { data: () => 1 }), invalid(/^the data/));
    await abortJob(db, 'g', 'report', { by: 'per' });
    await assert.rejects(
      () => finishJob(db, 'g', 'approval', 1),
      rejection('job-already-ended', /is aborted through job "report"/),
    );
    await db.close();
  });

  spec.test('given the abort of its graph, then an answer is refused; after a retry it is taken', async () => {
    const db = await freshStore(engine);
    await asked(db, 'g');
    await abortGraph(db, 'g');
    await assert.rejects(
      () => finishJob(db, 'g', 'approval', 1),
      rejection('job-already-ended', /is aborted with its graph/),
    );
    await retryGraph(db, 'g');
    await pause(db, { graphId: 'g' });
    await finishJob(db, 'g', 'approval', 1);
    assert.is((await jobInfo(db, 'g', 'approval')).status, 'finished');
    await assertSound(db);
    await db.close();
  });

  spec.test('given a job that awaits an answer, then everything that tells of jobs says so', async () => {
    const db = await freshStore(engine);
    await asked(db, 'g');
    const listed = await jobs(db, { status: 'awaiting' });
    assert.equal(
      listed.items.map(({ id }) => id),
      ['approval'],
    );
    assert.equal((await jobsReady(db)).items, []);
    assert.equal(
      (await queueDepths(db)).map(({ type, waiting }) => [type, waiting]),
      [
        ['alert', 1],
        ['send', 1],
      ],
    );
    const explained = await explainJob(db, 'g', 'approval');
    const finished = (await jobInfo(db, 'g', 'report')).endedAt;
    assert.equal([explained.status, explained.awaits], ['awaiting', { from: 'the finance team', since: finished! }]);
    const held = await explainJob(db, 'g', 'send');
    assert.equal(
      held.heldUpBy.map(({ id, awaits }) => [id, awaits]),
      [['approval', 'the finance team']],
    );
    const { awaiting, ready } = await explainGraph(db, 'g');
    assert.equal([awaiting.map(({ id }) => id), ready], [['approval'], []]);
    await finishJob(db, 'g', 'approval', 1, { by: 'kari' });
    const times = (await timeline(db, 'g')).jobs.find(({ jobId }) => jobId === 'approval')!;
    assert.equal(
      [times.spans.at(-1)!.kind, times.totals.running, times.attempts, times.answer?.by],
      ['awaiting', 0, 0, 'kari'],
    );
    assert.is(times.endedAt! - times.spans.at(-1)!.from, times.totals.awaiting);
    await goOn(db, 'g');
    await asked(db, 'next');
    const left = await estimateTimeLeft(db, 'next');
    // The alert has never run, and when people answer is not guessed.
    assert.equal([left.basedOn, left.unknownJobs], [['g'], 2]);
    await db.close();
  });

  spec.test(
    'given an answered run, then a fork carries the answer over, or asks again; nothing is to be replayed',
    async () => {
      const db = await freshStore(engine);
      await asked(db, 'g');
      const large = { text: 'x'.repeat(200_000) };
      await finishJob(db, 'g', 'approval', large, { by: 'kari' });
      const done = await goOn(db, 'g');
      assert.equal(done.jobs['send']!.result, { sent: { approval: large } });
      const kept = await forkGraph(db, 'g', { from: ['send'], id: 'kept' });
      assert.equal(
        kept.carried.map(({ id, attempt }) => [id, attempt]),
        [
          ['report', 1],
          ['approval', 0],
        ],
      );
      const again = await goOn(db, 'kept');
      assert.equal([again.status, again.jobs['send']!.result], ['finished', { sent: { approval: large } }]);
      assert.is(again.jobs['approval']!.carriedFrom?.attempt, 0);
      await forkGraph(db, 'g', { from: ['approval'], id: 'asked' });
      assert.is((await jobInfo(db, 'asked', 'approval')).derivedStatus, 'awaiting');
      await finishJob(db, 'asked', 'approval', { text: 'other' });
      await goOn(db, 'asked');
      const differences = await diff(db, { graphId: 'g' }, { graphId: 'asked' });
      const change = differences.changed.find(({ jobId }) => jobId === 'approval')!;
      assert.equal([change.answeredBy?.before, change.result?.after], ['kari', { text: 'other' }]);
      await assert.rejects(
        () => recordedAttempt(db, 'g', 'approval'),
        rejection('attempt-not-found', /answered from outside: no handler runs it/),
      );
      await assert.rejects(
        () => recordedAttempt(db, 'kept', 'approval'),
        rejection('attempt-not-found', /where somebody answered it/),
      );
      await assertSound(db);
      await db.close();
    },
  );

  spec.test(
    'given an answer, then its result is redacted in an export as that of any job, and the rest is read',
    async () => {
      const db = await freshStore(engine);
      await asked(db, 'g');
      await finishJob(db, 'g', 'approval', { secret: 'of the finance team' }, { by: 'kari' });
      const whole = await store(file(await exportText(db, { graphId: 'g' })));
      const copy = await freshStore('memory');
      await importLog(copy, whole);
      assert.equal((await jobInfo(copy, 'g', 'approval')).result, { secret: 'of the finance team' });
      const text = await exportText(db, { graphId: 'g', redact: ['result'] });
      assert.not.match(text, 'of the finance team');
      const redacted = await store(file(text));
      const { status, answer } = await jobInfo(redacted, 'g', 'approval');
      assert.equal([status, answer?.by], ['finished', 'kari']);
      await Promise.all([db, copy, whole, redacted].map((each) => each.close()));
    },
  );

  spec.test(
    'given a handler that defers, then one event says so, and the next attempt comes after the delay',
    async () => {
      const db = await freshStore(engine);
      let isThere = false;
      const waiting: Handlers = {
        fetch: async (job) => {
          if (job.details !== null) isThere = true;
          if (!isThere) {
            await job.heartbeat({ looked: job.attempt });
            defer('the file is not there yet', { delayMs: 1200 });
          }
          return { attempt: job.attempt, details: job.details };
        },
      };
      const retry = { maximumAttempts: 1 };
      await transactGraph(db, jobGraph({ jobs: { fetch: { type: 'fetch', retry } } }, {}, { id: 'g' }));
      const worker = await start({}, db, waiting);
      await eventually('it is put off', async () => (await jobInfo(db, 'g', 'fetch')).derivedStatus === 'deferred');
      const explained = await explainJob(db, 'g', 'fetch');
      assert.equal([explained.deferReason, explained.failure], ['the file is not there yet', null]);
      const done = await waitForGraph(db, 'g');
      await worker.stop();
      assert.equal(done.jobs['fetch']!.result, { attempt: 2, details: { looked: 1 } });
      assert.equal([worker.statistics.deferred, worker.statistics.faulted], [1, 0]);
      const events = [];
      for await (const event of history(db, 'g')) events.push(event);
      assert.equal(
        events.map(({ type }) => type),
        ['GraphSubmitted', 'JobStarted', 'Heartbeat', 'JobDeferred', 'JobStarted', 'JobFinished'],
      );
      const [putOff, again] = [events[3]!, events[4]!].map(({ recordedAt }) => Date.parse(recordedAt));
      assert.ok(again! - putOff! >= 1190, `it waited ${again! - putOff!} ms`);
      assert.equal(
        (await workers(db)).items.map(({ deferred, faulted }) => [deferred, faulted]),
        [[1, 0]],
      );
      const spans = (await timeline(db, 'g')).jobs[0]!.spans.filter(({ kind }) => kind !== 'ready');
      assert.equal(
        spans.map(({ kind, ending }) => [kind, ending]),
        [
          ['running', 'deferred'],
          ['deferred', null],
          ['running', 'finished'],
        ],
      );
      const recorded = await recordedAttempt(db, 'g', 'fetch', { attempt: 1 });
      isThere = false;
      assert.is((await replayAttempt(recorded, waiting['fetch']!)).verdict, 'same');
      isThere = true;
      assert.is((await replayAttempt(recorded, waiting['fetch']!)).verdict, 'different');
      await assertSound(db);
      await db.close();
    },
  );

  spec.run();
}
