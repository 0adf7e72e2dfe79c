/** The cases of Overseer (cases.md), from its source: what an operation does to a job of each status. */
import type { DomainEvent } from '../../src/domain/events.js';
import { GraphState } from '../../src/domain/graph.js';
import { dependentsOf } from '../../src/domain/job-graph.js';
import type { JobStatus } from '../../src/domain/job.js';
import { abortGraph, abortJob, fault, graphInfo, jobsReady, RejectedError } from '../../src/index.js';
import { Recorder, submitted } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import { boom, GraphHistory } from './graph-history.js';
import { onEveryStore } from './world.js';
import { hold } from './manual-worker.js';

const spec = describe('Part 2: transitions');

const diamond = { start: [], result1: ['start'], result2: ['start'], finish: ['result1', 'result2'] };

/** Asserts that an impossible event that is in the log all the same changes nothing and is reported. */
function assertPassedOver(history: GraphHistory, jobId: string, event: DomainEvent): void {
  const told = () => {
    const { revision: _revision, lastEventId: _lastEventId, ...rest } = history.job(jobId).state;
    return rest;
  };
  const before = told();
  const anomalies = history.graph.anomalies.length;
  history.tell(jobId, event);
  assert.equal(told(), before);
  assert.is(history.graph.anomalies.length, anomalies + 1);
}

for (const [title, status] of [
  ['case 164: given an unstarted job, when finished, then refused, and the job is unchanged', 'unstarted'],
  ['case 165: given a finished job, when finished, then refused, and the job is unchanged', 'finished'],
  ['case 166: given a failed job, when finished, then refused, and the job is unchanged', 'failed'],
  ['case 167: given an aborted job, when finished, then refused, and the job is unchanged', 'aborted'],
] as const) {
  spec.test(title, () => {
    const history = GraphHistory.ofJob(status);
    assert.is(history.decide('job', history.finishing('job')), 'job-not-started');
    const { attempt } = history.job('job').state;
    assertPassedOver(history, 'job', { type: 'JobFinished', data: { attempt, result: 'forged' } });
  });
}

for (const [title, status] of [
  ['case 168: given an unstarted job, when failed, then refused, and the job is unchanged', 'unstarted'],
  ['case 169: given a finished job, when failed, then refused, and the job is unchanged', 'finished'],
  ['case 170: given a failed job, when failed, then refused, and the job is unchanged', 'failed'],
  ['case 171: given an aborted job, when failed, then refused, and the job is unchanged', 'aborted'],
] as const) {
  spec.test(title, () => {
    const history = GraphHistory.ofJob(status);
    assert.is(history.decide('job', history.failing('job')), 'job-not-started');
    const { attempt } = history.job('job').state;
    const data = {
      attempt,
      cause: 'exception',
      failure: { ...boom, message: 'forged' },
      next: { kind: 'failed' },
    } as const;
    assertPassedOver(history, 'job', { type: 'JobFaulted', data });
  });
}

for (const [title, status] of [
  ['case 172: given a finished job, when reserved, then it has no effect, and the job is unchanged', 'finished'],
  ['case 173: given a failed job, when reserved, then it has no effect, and the job is unchanged', 'failed'],
  ['case 174: given an aborted job, when reserved, then it has no effect, and the job is unchanged', 'aborted'],
] as const) {
  spec.test(title, () => {
    const history = GraphHistory.ofJob(status);
    assert.is(history.decide('job', history.reserving()), 'job-already-ended');
    const attempt = history.job('job').state.attempt + 1;
    const data = { attempt, worker: { id: 'w', host: 'h', pid: 1 }, leaseMs: 1000 };
    assertPassedOver(history, 'job', { type: 'JobStarted', data });
  });
}

for (const [title, status] of [
  ['case 175: given a finished job, when reset, then it has no effect, and the job is unchanged', 'finished'],
  ['case 176: given a failed job, when reset, then it has no effect, and the job is unchanged', 'failed'],
  ['case 177: given an aborted job, when reset, then it has no effect, and the job is unchanged', 'aborted'],
] as const) {
  spec.test(title, () => {
    const history = GraphHistory.ofJob(status);
    assert.is(history.decide('job', history.resetting('job')), 'job-not-started');
    const { attempt } = history.job('job').state;
    const next = { kind: 'retry', notBefore: new Date(history.now).toISOString() } as const;
    const data = { attempt, cause: 'lease-expired', failure: boom, next } as const;
    assertPassedOver(history, 'job', { type: 'JobFaulted', data });
  });
}

spec.test('case 178: given a job reserved and later reset, then each records its time', () => {
  const history = GraphHistory.ofJob('unstarted');
  const stamp = () => new Date(history.now).toISOString();
  history.now += 5000;
  history.start('job');
  assert.is(history.job('job').state.heartbeatAt, stamp());
  history.now += 5000;
  history.reset('job');
  assert.is(history.job('job').state.endedAt, stamp());
  assert.is(history.graph.lastEventAt, stamp());
  history.now += 5000;
  history.start('job');
  assert.is(history.job('job').state.heartbeatAt, stamp());
});

spec.test(
  'case 179: given a job that is not started, when it heartbeats, then refused, and its heartbeat stays',
  () => {
    for (const status of ['unstarted', 'finished', 'failed', 'aborted'] satisfies JobStatus[]) {
      const history = GraphHistory.ofJob(status);
      history.now += 1000;
      assert.is(history.decide('job', history.beating('job')), 'job-not-started');
      const { attempt } = history.job('job').state;
      assertPassedOver(history, 'job', { type: 'Heartbeat', data: { attempt } });
    }
  },
);

onEveryStore(
  spec,
  'case 180: given a finished job, when aborted, then refused, and it and its children stay as they are',
  async (world) => {
    const graphId = await world.submit({ job: [], done: ['job'], open: ['job'] });
    for (const jobId of ['job', 'done']) {
      const held = await hold(world.store, graphId, jobId, 'one');
      await held.write({ kind: 'finish', attempt: 1, result: null });
    }
    const before = await graphInfo(world.store, graphId);
    await assert.rejects(
      abortJob(world.store, graphId, 'job'),
      (error) => error instanceof RejectedError && error.code === 'job-already-ended',
    );
    assert.equal(await graphInfo(world.store, graphId), before);
  },
);

onEveryStore(
  spec,
  'case 180: given jobs finished, failed and not ended, when their graph is aborted, then only the last are aborted',
  async (world) => {
    const graphId = await world.submit({
      finished: [],
      failed: [],
      started: [],
      waiting: ['started'],
      next: ['finished'],
    });
    const finishing = await hold(world.store, graphId, 'finished', 'one');
    await finishing.write({ kind: 'finish', attempt: 1, result: null });
    const failing = await hold(world.store, graphId, 'failed', 'one');
    const over = {
      kind: 'fault',
      attempt: 1,
      cause: 'exception',
      failure: boom,
      errorNames: [],
      now: 0,
      random: 0,
    } as const;
    await failing.write(over);
    await hold(world.store, graphId, 'started', 'one');
    await abortGraph(world.store, graphId);
    const { jobs } = await graphInfo(world.store, graphId);
    assert.equal(Object.fromEntries(Object.values(jobs).map((job) => [job.id, job.status])), {
      finished: 'finished',
      failed: 'failed',
      started: 'aborted',
      waiting: 'aborted',
      next: 'aborted',
    });
  },
);

spec.test('case 180: given a finished job, when somebody appends an abort all the same, then it stays finished', () => {
  const history = new GraphHistory({ job: [], child: ['job'] }).pass('job').pass('child');
  assertPassedOver(history, 'job', { type: 'JobAborted', data: { by: 'x', message: 'forged', silent: true } });
  assert.equal(history.statuses(), { job: 'finished', child: 'finished' });
});

onEveryStore(
  spec,
  'case 181: given a job that went wrong once and waits to be tried again, when aborted, then its failure record stays',
  async (world) => {
    const graphId = await world.submit({ job: [] });
    await world.work({ job: () => fault('busy', { retryAfterMs: 3_600_000 }) });
    await world.eventually(graphId, 'job', 'JobFaulted');
    const { failure } = await world.job(graphId, 'job');
    await abortJob(world.store, graphId, 'job');
    const job = await world.job(graphId, 'job');
    assert.is(job.status, 'aborted');
    assert.is(job.failure!.message, 'busy');
    assert.equal(job.failure, failure);
  },
);

spec.test('case 181: given a failed job, when aborted, then refused, and its failure record stays', () => {
  const history = GraphHistory.ofJob('failed');
  assert.is(history.decide('job', history.aborting()), 'job-already-ended');
  assert.equal(history.job('job').state.failure, boom);
});

spec.test(
  'case 182: given the diamond with its start finished, when one result is aborted, then start and the other result are not',
  () => {
    const history = new GraphHistory(diamond).pass('start').abort('result1');
    assert.equal(history.statuses(), {
      start: 'finished',
      result1: 'aborted',
      result2: 'unstarted',
      finish: 'aborted',
    });
    assert.equal(history.ready(), ['result2']);
  },
);

spec.test(
  'case 183: given jobs in a circle, when their dependents are searched, then the search comes to an end',
  () => {
    const circle = { a: ['c'], b: ['a'], c: ['b'], d: ['c'] };
    const jobs = Object.entries(circle).map(([id, parents]) => {
      return [id, { id, type: id, status: 'unstarted', args: {}, parents }] as const;
    });
    const graph = { id: 'g', jobs: Object.fromEntries(jobs), labels: {}, priority: 0 };
    assert.equal([...dependentsOf(graph, 'a')].sort(), ['a', 'b', 'c', 'd']);

    // Only a foreign writer can put a cycle into a log; its jobs are never ready, and aborting one aborts them all.
    const state = new GraphState('g');
    const recorder = new Recorder();
    state.apply(recorder.record({ graphId: 'g', jobId: null }, submitted(circle)));
    const aborted: DomainEvent = { type: 'JobAborted', data: { by: 'x', message: 'y', silent: true } };
    state.apply(recorder.record({ graphId: 'g', jobId: 'b' }, aborted));
    assert.equal(
      [...state.jobs.values()].map((job) => job.status),
      ['aborted', 'aborted', 'aborted', 'aborted'],
    );
  },
);

spec.test(
  'case 184: given a job whose parents are not finished, when reserved, then refused, and it stays unstarted',
  () => {
    for (const prepare of [
      (history: GraphHistory) => history,
      (history: GraphHistory) => history.start('parent'),
      (history: GraphHistory) => history.start('parent').fail('parent'),
    ]) {
      const history = prepare(new GraphHistory({ parent: [], job: ['parent'] }));
      assert.is(history.decide('job', history.reserving()), 'job-not-ready');
      const data = { attempt: 1, worker: { id: 'w', host: 'h', pid: 1 }, leaseMs: 1000 };
      assertPassedOver(history, 'job', { type: 'JobStarted', data });
    }
  },
);

onEveryStore(
  spec,
  'case 185: given a failed job, then its children stay unstarted, and queries show them as blocked',
  async (world) => {
    const info = await world.run(
      { j0: [], j1: ['j0'], j2: ['j1'], other: [] },
      { j0: () => Promise.reject(new Error('boom')), j1: () => {}, j2: () => {}, other: () => {} },
    );
    assert.is(info.status, 'failed');
    assert.equal(
      ['j1', 'j2', 'other'].map((id) => [info.jobs[id]!.status, info.jobs[id]!.derivedStatus]),
      [
        ['unstarted', 'blocked'],
        ['unstarted', 'blocked'],
        ['finished', 'finished'],
      ],
    );
    assert.equal((await jobsReady(world.store)).items, []);
  },
);

spec.run();
