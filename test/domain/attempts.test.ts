/** What attempts leave behind: how they are counted and told apart, and what a retry forgets. */
import type { EventOf, JobEvent } from '../../src/domain/events.js';
import { aborted, failed, faulted, finished, given, graphAfter, reset, started, submitted } from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('attempts of a job');

const failure = { reason: 'system/exception', exception: 'Error', message: 'boom' };

function over(cause: EventOf<'JobFaulted'>['data']['cause'], attempt = 1): JobEvent {
  return {
    type: 'JobFaulted',
    data: { attempt, cause, failure, next: { kind: 'retry', notBefore: '2020-01-01T00:00:00.000Z', delayMs: 0 } },
  };
}

const fault = (cause: 'fault' | 'exception' | 'lease-expired' | 'released', attempt: number) =>
  ({ kind: 'fault', attempt, cause, failure, errorNames: [], now: 0, random: 0 }) as const;

const stateAfter = (...events: readonly JobEvent[]) =>
  graphAfter(submitted({ a: [] }), ...events.map((event) => ['a', event] as const)).jobs.get('a')!.state;

spec.test(
  'given endings of every kind, then faults, exceptions and timeouts count as failures, lost leases apart',
  () => {
    const counted = (cause: EventOf<'JobFaulted'>['data']['cause']) => {
      const { failures, lostLeases } = stateAfter(started(), over(cause));
      return [failures, lostLeases];
    };
    assert.equal((['fault', 'exception', 'timeout'] as const).map(counted), Array(3).fill([1, 0]));
    assert.equal((['released', 'lease-expired'] as const).map(counted), [
      [0, 0],
      [0, 1],
    ]);
  },
);

spec.test('given a job that was handed back, when it fails, then that is the first of the attempts it may have', () => {
  const graph = graphAfter(
    submitted({ a: [] }, { retry: { maximumAttempts: 2, jitter: 0, initialIntervalMs: 5 } }),
    ['a', started(1)],
    ['a', over('released', 1)],
    ['a', started(2)],
  );
  assert.is(graph.jobs.get('a')!.state.failures, 0);
});

spec.test('given a failed job, when it is reset, then neither its failures nor its lost leases count any more', () => {
  const before = [started(1), over('lease-expired', 1), started(2), over('fault', 2), started(3), failed(3)];
  const { failures, lostLeases } = stateAfter(...before);
  assert.equal([failures, lostLeases], [2, 1]);
  const after = stateAfter(...before, reset());
  assert.equal([after.status, after.failures, after.lostLeases, after.attempt], ['unstarted', 0, 0, 3]);
});

spec.test('given a lease lost for the last time that is allowed, when one more is lost, then the job fails', () => {
  const events = (leases: number) =>
    Array.from({ length: leases }, (_, index) => [started(index + 1), over('lease-expired', index + 1)]).flat();
  const next = (leases: number) => {
    const history = [...events(leases), started(leases + 1)].map((event) => ['a', event] as const);
    const policy = { maximumLostLeases: 2 };
    return { history, policy, attempt: leases + 1 };
  };
  const told = { type: 'JobFaulted', data: { attempt: 3, cause: 'lease-expired', failure } } as const;
  const third = next(2);
  given(submitted({ a: [] }, third.policy), ...third.history)
    .when('a', fault('lease-expired', 3))
    .then({ ...told, data: { ...told.data, next: { kind: 'failed' } } });
  const second = next(1);
  const retried = { kind: 'retry', notBefore: '1970-01-01T00:00:00.000Z', delayMs: 0 } as const;
  given(submitted({ a: [] }, second.policy), ...second.history)
    .when('a', fault('lease-expired', 2))
    .then({ ...told, data: { ...told.data, attempt: 2, next: retried } });
});

spec.test('given an attempt that is over, when it starts or ends again, then that changes nothing but is told', () => {
  const begun = [submitted({ a: [] }), ['a', started(1)], ['a', faulted(1)]] as const;
  for (const number of [1, 3]) {
    const graph = graphAfter(...begun, ['a', started(number)]);
    assert.equal([graph.jobs.get('a')!.state.status, graph.anomalies.length], ['unstarted', 1], `attempt ${number}`);
  }
  for (const stale of [finished(1), failed(1), faulted(1), finished(3)]) {
    const graph = graphAfter(...begun, ['a', started(2)], ['a', stale]);
    const { status, attempt } = graph.jobs.get('a')!.state;
    assert.equal([status, attempt, graph.anomalies.length], ['started', 2, 1], stale.type);
  }
});

spec.test(
  'given an event that cannot follow, then the revision moves on all the same: the next writer needs it',
  () => {
    const { status, revision, lastEventId } = stateAfter(started(1), finished(7));
    assert.equal([status, revision], ['started', 1]);
    const before = stateAfter(started(1));
    assert.is.not(lastEventId, before.lastEventId);
  },
);

spec.test('given a job aborted through its parent, when it is aborted itself, then it gets an abort of its own', () => {
  given(submitted({ a: [], b: ['a'] }), ['a', aborted()])
    .when('b', { kind: 'abort', by: 'op', message: 'this one too', silent: true })
    .then({ type: 'JobAborted', data: { by: 'op', message: 'this one too', silent: true } });
  given(submitted({ a: [], b: ['a'] }), ['a', aborted()], ['b', aborted()])
    .when('b', { kind: 'abort', by: 'op', message: 'again', silent: true })
    .then();
});

spec.run();
