/** When jobs may start, and when their time has run out: all of it by the log's clock. */
import type { DomainEvent, JobDefinition } from '../../src/domain/events.js';
import { decideGraph } from '../../src/domain/graph-decisions.js';
import type { GraphState, JobNode } from '../../src/domain/graph.js';
import type { JobCommand } from '../../src/domain/job-decisions.js';
import type { Expiry } from '../../src/domain/timing.js';
import {
  aborted,
  answered,
  deferred,
  expired,
  failed,
  faulted,
  finished,
  given,
  graphAborted,
  graphAfter,
  graphPaused,
  graphReset,
  type Step,
  reset,
  started,
  statuses,
  worker,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('times of jobs and graphs');

/** Job b waits for job a, and says something of time. */
function graph(times: Partial<JobDefinition>, more: object = {}): DomainEvent {
  const jobs = [
    { id: 'a', type: 'a', parents: [] },
    { id: 'b', type: 'b', parents: ['a'], ...times },
    { id: 'c', type: 'c', parents: ['b'] },
  ];
  return { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0, ...more } };
}

const aDone: readonly Step[] = [
  ['a', started()],
  ['a', finished()],
];
const pass = (passMs: number): Step => ({ passMs });
const b = (...happenings: readonly Step[]): JobNode => graphAfter(...happenings).jobs.get('b')!;
/** When the log recorded the last event. */
const lastAt = ({ lastEventAt }: GraphState) => Date.parse(lastEventAt!);
const start: JobCommand = { kind: 'start', worker: worker('w'), leaseMs: 500, hasWaited: false };
const expiry = (limit: Expiry['limit'] = 'scheduleToClose'): Expiry => ({ limit, at: 0, limitMs: 5000 });

spec.test('given a delay, then it counts from when the job became ready, and no worker may start it before', () => {
  const ready = b(graph({ delayMs: 1000 }), pass(5000), ...aDone);
  const readyAt = lastAt(ready.graph);
  assert.is(ready.startsFrom, readyAt + 1000);
  assert.equal(
    [readyAt, readyAt + 999, readyAt + 1000].map((now) => ready.derivedStatus(now)),
    ['delayed', 'delayed', 'ready'],
  );
  assert.ok(ready.isReady, 'a queue has it, and waits');
  given(graph({ delayMs: 1000 }), ...aDone)
    .when('b', start)
    .thenRejected('job-not-ready', /is delayed until 2026-/);
  given(graph({ delayMs: 1000 }), ...aDone)
    .when('b', { ...start, hasWaited: true })
    .then({ type: 'JobStarted', data: { attempt: 1, worker: worker('w'), leaseMs: 500 } });
});

spec.test(
  'given instants, then the latest of its own and its graph’s and its delay counts, and one of the past none',
  () => {
    const [early, late] = ['2031-01-01T00:00:00.000Z', '2032-01-01T00:00:00.000Z'];
    assert.is(b(graph({ startAfter: early }), ...aDone).notBefore, early);
    assert.is(b(graph({ startAfter: early }, { startAfter: late }), ...aDone).notBefore, late);
    assert.is(b(graph({}, { startAfter: early }), ...aDone).notBefore, early);
    const both = b(graph({ startAfter: '2026-01-01T00:00:00.000Z', delayMs: 70 }), ...aDone);
    assert.is(both.startsFrom, lastAt(both.graph) + 70);
    assert.is(b(graph({ startAfter: '2020-01-01T00:00:00.000Z' }), ...aDone).startsFrom, null);
    assert.is(b(graph({ startAfter: early })).derivedStatus(0), 'waiting');
  },
);

spec.test('given an attempt that went wrong, then its delay does not begin again, and a back-off counts', () => {
  const once = b(graph({ delayMs: 1000 }), ...aDone, pass(1000), ['b', started()], ['b', faulted(1, 300)]);
  assert.is(once.startsFrom, lastAt(once.graph) + 300);
  assert.is(once.derivedStatus(lastAt(once.graph)), 'backing-off');
  assert.is(
    b(graph({ delayMs: 1000 }), ...aDone, pass(2000), ['b', started()], ['b', faulted(1)]).derivedStatus(Infinity),
    'ready',
  );
});

spec.test('given a parent that is reset, then the delay begins again when it has ended again', () => {
  const once = graph({ delayMs: 1000, when: 'all-ended' });
  const failedFirst = [once, ['a', started()], ['a', failed()]] as const;
  const again = b(...failedFirst, pass(9000), ['a', reset()], pass(9000), ['a', started(2)], ['a', finished(2)]);
  assert.is(again.startsFrom, lastAt(again.graph) + 1000);
  assert.is(b(...failedFirst, ['a', reset()]).startsFrom, null);
});

spec.test('given a job that waits too long for a worker, when anybody says so, then it has failed', () => {
  const waiting = [graph({ scheduleToStartMs: 5000, delayMs: 100 }), ...aDone] as const;
  const node = b(...waiting);
  assert.equal(node.expiry, { limit: 'scheduleToStart', at: lastAt(node.graph) + 5100, limitMs: 5000 });
  given(...waiting)
    .when('b', { kind: 'expire', expiry: expiry('scheduleToStart') })
    .then({
      type: 'JobExpired',
      data: {
        limit: 'scheduleToStart',
        failure: {
          reason: 'system/schedule-to-start',
          exception: 'ScheduleToStartTimeout',
          message: 'it was not started within 5 s (scheduleToStartMs)',
        },
      },
    });
  const late = graphAfter(...waiting, pass(5100), ['b', expired(0, 'scheduleToStart')]);
  assert.equal(
    [late.jobs.get('b')!.status, late.jobs.get('c')!.derivedStatus(0), late.status],
    ['failed', 'blocked', 'failed'],
  );
  assert.equal([late.jobs.get('b')!.state.attempt, late.anomalies.length], [0, 0]);
});

spec.test(
  'given a limit that had not run out when the log recorded so, then the event has no effect, and is no anomaly',
  () => {
    const early = graphAfter(graph({ scheduleToCloseMs: 5000 }), ...aDone, pass(4000), ['b', expired()]);
    const node = early.jobs.get('b')!;
    assert.equal(
      [node.status, node.state.revision, early.anomalies.length, node.expiry?.limit],
      ['unstarted', 0, 0, 'scheduleToClose'],
    );
    assert.equal(statuses(graphAfter(graph({ scheduleToCloseMs: 5000 }), pass(9000), ['b', expired()])), {
      a: 'unstarted',
      b: 'unstarted',
      c: 'unstarted',
    });
  },
);

spec.test(
  'given a limit on all attempts, then back-offs and deferrals do not stretch it, and its own worker ends what runs',
  () => {
    const node = b(graph({ scheduleToCloseMs: 5000 }), ...aDone);
    const at = lastAt(node.graph) + 5000;
    assert.is(node.expiry?.at, at);
    const later: readonly Step[] = [
      ['b', started()],
      ['b', faulted(1, 300)],
      ['b', started(2)],
      ['b', deferred(2)],
      ['b', started(3)],
    ];
    const runs = b(graph({ scheduleToCloseMs: 5000 }), ...aDone, ...later);
    assert.is(runs.expiry!.at - lastAt(runs.graph), 5000 - later.length);
    given(graph({ scheduleToCloseMs: 5000 }), ...aDone, ...later)
      .when('b', { kind: 'expire', expiry: expiry(), attempt: 2 })
      .thenRejected('attempt-superseded');
    given(graph({ scheduleToCloseMs: 5000 }), ...aDone, ['b', started()])
      .when('b', { kind: 'expire', expiry: expiry() })
      .thenRejected('job-already-ended', /is started/);
    const over = graphAfter(graph({ scheduleToCloseMs: 5000 }), ...aDone, ...later, ['b', expired(3)]);
    assert.equal(
      [over.jobs.get('b')!.status, over.jobs.get('b')!.state.worker, over.anomalies.length],
      ['failed', null, 0],
    );
  },
);

spec.test('given a job that failed before, when its time runs out, then its failure says what went wrong last', () => {
  given(graph({ scheduleToCloseMs: 5000 }), ...aDone, ['b', started()], ['b', faulted(1, 300)])
    .when('b', { kind: 'expire', expiry: expiry() })
    .then({
      type: 'JobExpired',
      data: {
        limit: 'scheduleToClose',
        failure: {
          reason: 'system/schedule-to-close',
          exception: 'ScheduleToCloseTimeout',
          message: 'it had not ended within 5 s (scheduleToCloseMs); its last attempt failed: boom',
        },
      },
    });
});

spec.test('given an answer that does not come, then the limit bounds the wait; a pause does not stretch it', () => {
  const asked = graph({ external: {}, scheduleToCloseMs: 5000 });
  const node = b(asked, ...aDone, graphPaused);
  assert.is(node.expiry!.at, lastAt(node.graph) + 5000 - 1);
  given(asked, ...aDone, graphPaused)
    .when('b', { kind: 'expire', expiry: expiry() })
    .then({
      type: 'JobExpired',
      data: {
        limit: 'scheduleToClose',
        failure: {
          reason: 'system/schedule-to-close',
          exception: 'ScheduleToCloseTimeout',
          message: 'it was not answered within 5 s (scheduleToCloseMs)',
        },
      },
    });
  const late = graphAfter(asked, ...aDone, pass(5000), ['b', expired()], ['b', answered()]);
  assert.equal([late.jobs.get('b')!.status, late.anomalies.length], ['failed', 1]);
});

spec.test(
  'given an operator who opens a job or its graph again, then its limits begin anew, and its delay does not',
  () => {
    const limited = graph({ scheduleToCloseMs: 5000, delayMs: 100 });
    const again = b(limited, ...aDone, pass(6000), ['b', expired()], pass(50), ['b', reset()]);
    assert.equal([again.status, again.expiry!.at - lastAt(again.graph)], ['unstarted', 5000]);
    assert.ok(again.startsFrom! < lastAt(again.graph), 'it may start at once');
    const undone = b(limited, ...aDone, pass(6000), graphAborted, graphReset);
    assert.is(undone.expiry!.at - lastAt(undone.graph), 5000);
  },
);

spec.test('given a job that cannot run, then none of its limits runs', () => {
  const limits = { scheduleToStartMs: 1000, scheduleToCloseMs: 5000 };
  for (const history of [
    [],
    [
      ['a', started()],
      ['a', failed()],
    ],
    [...aDone, ['b', aborted()]],
    [...aDone, graphAborted],
    [...aDone, ['b', started()], ['b', finished()]],
  ] as const) {
    assert.is(b(graph(limits), ...(history as readonly Step[])).expiry, null, JSON.stringify(history));
  }
});

spec.test('given a job that runs, then the limit on its wait for a worker is over', () => {
  assert.is(b(graph({ scheduleToStartMs: 5000 }), ...aDone, ['b', started()]).expiry, null);
});

spec.test('given a deadline, when it has passed, then the graph is aborted; too early, that has no effect', () => {
  const by = (deadline: string): DomainEvent => ({
    type: 'GraphAborted',
    data: { by: 'deadline', reason: 'late', deadline },
  });
  const submittedThen = (...more: readonly Step[]) => graphAfter(graph({}, { deadlineMs: 5000 }), ...more);
  const open = submittedThen();
  const deadline = new Date(open.deadlineAt!).toISOString();
  assert.is(open.deadlineAt! - Date.parse(open.submittedAt!), 5000);
  const early = submittedThen(pass(4000), by(deadline));
  assert.equal([early.status, early.anomalies.length, early.revision], ['running', 0, 1]);
  const late = submittedThen(pass(5000), by(deadline));
  assert.equal([late.status, late.abort?.by], ['aborted', 'deadline']);
  const undone = submittedThen(pass(5000), by(deadline), graphReset);
  assert.equal([undone.status, undone.deadlineAt], ['running', null], 'whoever goes on with it is not stopped again');
  const at = '2031-01-01T00:00:00.000Z';
  assert.is(graphAfter(graph({}, { deadline: at })).deadlineAt, Date.parse(at));
  assert.equal(decideGraph(open, { kind: 'abort', by: 'deadline', reason: 'late', deadline: at }), {
    _tag: 'Right',
    right: [by(at)],
  });
});

spec.test(
  'given a limit that a job does not have, or an attempt that does not run, then the event is an anomaly',
  () => {
    assert.is(graphAfter(graph({ delayMs: 1 }), ...aDone, pass(9000), ['b', expired()]).anomalies.length, 1);
    assert.is(graphAfter(graph({ scheduleToCloseMs: 1 }), ...aDone, pass(9000), ['b', expired(1)]).anomalies.length, 1);
    assert.is(
      graphAfter(graph({ scheduleToCloseMs: 1 }), ...aDone, ['b', started()], pass(9), ['b', expired()]).anomalies
        .length,
      1,
    );
  },
);

spec.test('given any state, then going back to it brings the times back too', () => {
  const whole = graphAfter(graph({ scheduleToCloseMs: 5000, delayMs: 100 }, { deadlineMs: 9000 }), ...aDone);
  const node = whole.jobs.get('b')!;
  const before = [node.expiry, node.startsFrom, whole.deadlineAt];
  const kept = whole.capture();
  whole.readiness.clear();
  whole.deadlineAt = null;
  assert.equal([node.expiry, node.startsFrom], [null, null]);
  whole.restore(kept);
  assert.equal([node.expiry, node.startsFrom, whole.deadlineAt], before);
});

spec.run();
