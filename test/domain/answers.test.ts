/** Jobs that somebody outside answers: what may be asked of them, and what their events lead to. */
import type { JobEvent } from '../../src/domain/events.js';
import { readEvent, versionOf } from '../../src/domain/read-event.js';
import { toGraphInfo } from '../../src/domain/graph-info.js';
import { checkJobGraph } from '../../src/domain/build-job-graph.js';
import type { JobCommand } from '../../src/domain/job-decisions.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { initialWork } from '../../src/domain/pauses.js';
import { partsOf } from '../../src/domain/submission.js';
import { InvalidGraphError, jobGraph, type JobSpecification, simpleGraph } from '../../src/index.js';
import {
  aborted,
  answered,
  answeredFailed,
  failed,
  finished,
  given,
  graphAborted,
  graphAfter,
  graphPaused,
  graphReset,
  type Happening,
  Recorder,
  reset,
  started,
  statuses,
  worker,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('jobs answered from outside');

/** A report, somebody's approval of it, and what is sent once it is there. */
function flowWith(approval: Partial<JobSpecification> = {}): Happening {
  const jobs = {
    report: { type: 'report' },
    approval: { type: 'approval', after: ['report'], external: { for: 'the finance team' }, ...approval },
    send: { type: 'send', after: ['approval'] },
    alert: { type: 'alert', after: ['approval'], when: 'any-failed' as const },
  };
  return partsOf(jobGraph({ jobs }, {}, { id: 'g' }))[0]!;
}

const flow = flowWith();
const ready: readonly Happening[] = [flow, ['report', started()], ['report', finished()]];
const failure = { reason: 'system/answer', exception: 'FailedFromOutside', message: 'the sum is wrong' };
const yes: JobCommand = { kind: 'answer', by: 'kari', reason: 'checked', outcome: { kind: 'finished', result: 7 } };
const no: JobCommand = { kind: 'answer', by: 'ola', reason: '', outcome: { kind: 'failed', failure } };

const derived = (...history: readonly Happening[]) =>
  Object.fromEntries(
    [...graphAfter(...history).jobs.values()].map((job) => [job.id, job.derivedStatus(Infinity)] as const),
  );

spec.test('given parents that have finished, then it awaits an answer, and no worker may take it', () => {
  const graph = graphAfter(...ready);
  const approval = graph.jobs.get('approval')!;
  assert.equal([approval.derivedStatus(0), approval.status, approval.isReady], ['awaiting', 'unstarted', false]);
  assert.equal([graph.status, graph.isSettled], ['running', false]);
  assert.is(derived(flow)['approval'], 'waiting');
  given(...ready)
    .when('approval', { kind: 'start', worker: worker('w'), leaseMs: 500, hasWaited: true })
    .thenRejected('job-external', /"approval" of graph g is answered from outside, and run by no worker/);
});

spec.test('given that it awaits one, when somebody answers, then it has finished or failed, and says who', () => {
  given(...ready)
    .when('approval', yes)
    .then({ type: 'JobAnswered', data: { by: 'kari', reason: 'checked', result: 7 } });
  given(...ready)
    .when('approval', no)
    .then({ type: 'JobAnswered', data: { by: 'ola', reason: '', failure } });
  const done = graphAfter(...ready, ['approval', answered(7, 'kari')]);
  const { state } = done.jobs.get('approval')!;
  assert.equal([state.status, state.result, state.attempt, state.answer?.by], ['finished', 7, 0, 'kari']);
  assert.is(state.answer?.at, state.endedAt);
  assert.equal(derived(...ready, ['approval', answered(7)])['send'], 'ready');
  const wrong = derived(...ready, ['approval', answeredFailed()]);
  assert.equal([wrong['approval'], wrong['send'], wrong['alert']], ['failed', 'blocked', 'ready']);
});

spec.test('given an answer, when there is another, then it is refused, and the error says what stands', () => {
  given(...ready, ['approval', answered(7, 'kari')])
    .when('approval', no)
    .thenRejected('job-already-ended', /is finished already: answered by kari at 20\d\d-.* with 7$/);
  given(...ready, ['approval', answeredFailed('ola')])
    .when('approval', yes)
    .thenRejected('job-already-ended', /is failed already: answered by ola at .* with the failure "wrong" \(checked\)/);
  const graph = graphAfter(...ready, ['approval', answered(7, 'kari')], ['approval', answered(8, 'ola')]);
  assert.equal([graph.jobs.get('approval')!.state.result, graph.anomalies.length], [7, 1]);
});

spec.test('given that it cannot be answered, when somebody does, then the rejection says why', () => {
  given(flow)
    .when('approval', yes)
    .thenRejected('job-not-ready', /cannot be answered yet: it waits for report/);
  given(flow, ['report', started()], ['report', failed()])
    .when('approval', yes)
    .thenRejected('job-not-ready', /waits for report/);
  given(...ready)
    .when('send', yes)
    .thenRejected('job-not-external', /"send" of graph g is run by workers/);
  given(...ready, ['approval', aborted('per')])
    .when('approval', yes)
    .thenRejected('job-already-ended', /is aborted, by per: no/);
  given(flow, ['report', aborted()])
    .when('approval', yes)
    .thenRejected('job-already-ended', /is aborted through job "report"/);
  given(...ready, graphAborted)
    .when('approval', yes)
    .thenRejected('job-already-ended', /is aborted with its graph/);
});

spec.test('given a paused graph, then an answer is recorded all the same, and what follows is held back', () => {
  given(...ready, graphPaused)
    .when('approval', yes)
    .then({ type: 'JobAnswered', data: { by: 'kari', reason: 'checked', result: 7 } });
  const graph = graphAfter(...ready, graphPaused, ['approval', answered(7)]);
  assert.equal([statuses(graph)['approval'], graph.jobs.get('send')!.isReady], ['finished', false]);
  const info = toGraphInfo(graphAfter(...ready, graphPaused), { now: 0, work: initialWork });
  assert.equal([info.jobs['approval']!.derivedStatus, info.jobs['approval']!.pauses], ['awaiting', []]);
});

spec.test('given a failed answer or an abort, when the job is reset, then it awaits another', () => {
  for (const end of [answeredFailed(), aborted()]) {
    const graph = graphAfter(...ready, ['approval', end], ['approval', reset()], ['approval', answered(9)]);
    assert.equal([graph.anomalies, graph.jobs.get('approval')!.state.result], [[], 9]);
    const open = graphAfter(...ready, ['approval', end], ['approval', reset()]).jobs.get('approval')!;
    assert.equal([open.derivedStatus(0), open.state.answer], ['awaiting', null]);
  }
  given(...ready, ['approval', answered(7)])
    .when('approval', { kind: 'reset', by: 'op', reason: '' })
    .thenRejected('job-not-ended');
});

spec.test('given events that cannot follow, then each is an anomaly, and changes nothing', () => {
  const strays: readonly (readonly [jobId: string, event: JobEvent, problem: RegExp])[] = [
    ['approval', started(), /it started, though it is answered from outside/],
    ['send', answered(), /it was answered from outside, though workers run it/],
    ['report', answered(), /JobAnswered cannot follow while the job is finished/],
  ];
  for (const [jobId, event, problem] of strays) {
    const graph = graphAfter(...ready, [jobId, event]);
    assert.is(graph.anomalies.length, 1, jobId);
    assert.match(graph.anomalies[0]!.problem, problem);
    assert.equal(statuses(graph), statuses(graphAfter(...ready)));
  }
  const early = graphAfter(flow, ['approval', answered()]);
  assert.match(early.anomalies[0]!.problem, /it was answered while 1 of its parents were not finished/);
  assert.is(early.jobs.get('approval')!.state.status, 'unstarted');
  const fenced = graphAfter(flow, ['report', aborted()], ['approval', answered()]);
  assert.match(fenced.anomalies[0]!.problem, /it was answered while an ancestor was aborted/);
});

spec.test('given an answer that reaches the log after the abort of its graph, then it comes too late', () => {
  const late = graphAfter(...ready, graphAborted, ['approval', answered(7)]);
  assert.equal([late.anomalies, late.jobs.get('approval')!.state.status], [[], 'unstarted']);
  assert.is(late.jobs.get('approval')!.state.revision, 0);
  const open = graphAfter(...ready, graphAborted, ['approval', answered(7)], graphReset).jobs.get('approval')!;
  assert.equal([open.derivedStatus(0), open.state.interrupted], ['awaiting', false]);
});

spec.test('given an answer under way when a parent is reset, then it stands, since it was ready before', () => {
  const tidy = flowWith({ when: 'all-ended' });
  const graph = graphAfter(
    ...([tidy, ['report', started()], ['report', failed()], ['report', reset()], ['approval', answered(1)]] as const),
  );
  assert.equal([graph.anomalies, graph.jobs.get('approval')!.state.status], [[], 'finished']);
});

spec.test('given the live projection, then a graph that awaits an answer stays open, and none of it is ready', () => {
  const live = new LiveProjection();
  const recorder = new Recorder();
  const tell = (happening: Happening) => {
    const [jobId, event] = Array.isArray(happening) ? (happening as readonly [string, JobEvent]) : [null, happening];
    live.apply(recorder.record({ graphId: 'g', jobId }, event as JobEvent));
  };
  for (const happening of ready) tell(happening);
  assert.equal([live.ready.size, live.graphs.size, live.started.size], [0, 1, 0]);
  tell(['approval', answered()]);
  assert.equal([...live.ready.keys()], ['send']);
});

spec.test('given a submission with such a job, then it is written in version 3, and others as before', () => {
  const versions = (external: JobSpecification['external']) => {
    const jobs = { a: { type: 'a', ...(external === undefined ? {} : { external }) } };
    return partsOf(jobGraph({ jobs }, {}, { id: 'g' })).map(versionOf);
  };
  assert.equal([versions(undefined), versions(false), versions(true)], [[1], [1], [3]]);
  const [part] = partsOf(jobGraph({ jobs: { a: { type: 'a', external: true } } }, {}, { id: 'g' }));
  assert.equal(part!.data.jobs[0], { id: 'a', type: 'a', parents: [], external: {} });
});

spec.test('given a stored answer, then it holds either a result or a failure', () => {
  const read = (data: object) => readEvent('JobAnswered', 1, { by: 'x', reason: '', ...data }).type;
  assert.equal(
    [read({ result: null }), read({ failure }), read({}), read({ result: 1, failure })],
    ['JobAnswered', 'JobAnswered', 'Unreadable', 'Unreadable'],
  );
});

function problemWith(job: object): string {
  try {
    jobGraph({ jobs: { a: { type: 'a', external: true, ...job } } });
  } catch (error) {
    if (error instanceof InvalidGraphError) return error.message;
    throw error;
  }
  return 'none';
}

spec.test('given a graph whose external job asks for what it cannot have, then one sentence says so', () => {
  for (const stray of [
    { retry: { maximumAttempts: 2 } },
    { timeoutMs: 1 },
    { maximumLostLeases: 1 },
    { memoize: { key: 'k' } },
  ]) {
    const name = Object.keys(stray)[0]!;
    assert.match(
      problemWith(stray),
      new RegExp(`job "a" is external and has ${name}; no worker runs it, so leave ${name} out`),
    );
  }
  assert.match(problemWith({ external: { for: ' ' } }), /for in external of job "a" is empty; write true, or/);
  assert.match(problemWith({ external: { for: 'x'.repeat(2001) } }), /has 2001 characters; the limit is 2000/);
  assert.match(
    problemWith({ external: 'finance' }),
    /external of job "a" is the string "finance"; write true, or whose answer/,
  );
  assert.match(problemWith({ external: { from: 'x' } }), /external of job "a" has no field "from"; did you mean for/);
  assert.match(problemWith({ external: { for: 3 } }), /for in external of job "a" is a number; write true/);
  assert.is(problemWith({ external: false, timeoutMs: 5 }), 'none');
  assert.is(problemWith({}), 'none');
});

spec.test('given a graph in any of its forms, then what is external is kept, and a graph built is built again', () => {
  const simple = simpleGraph({ id: 'a', type: 't', external: { for: ' me ' } });
  assert.equal(simple.jobs['a']!.external, { for: 'me' });
  const again = checkJobGraph(simple);
  assert.equal(again, { _tag: 'Right', right: simple });
});

spec.run();
