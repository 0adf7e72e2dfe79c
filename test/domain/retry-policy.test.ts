/** How long a job waits after an attempt that went wrong, and when it is not tried again. */
import fc from 'fast-check';
import { afterAttempt, type AttemptOver, backoffMs, longestDelayMs } from '../../src/domain/retry-policy.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('retry policies');

const over = (change: Partial<AttemptOver> = {}): AttemptOver => ({
  cause: 'fault',
  failures: 1,
  lostLeases: 0,
  maximumLostLeases: 5,
  errorNames: [],
  random: 0,
  ...change,
});

spec.test('given no jitter, then the delays grow from the first interval by the coefficient up to the longest', () => {
  const policy = { initialIntervalMs: 100, backoffCoefficient: 3, maximumIntervalMs: 1000, jitter: 0 };
  assert.equal(
    [1, 2, 3, 4, 5, 400].map((failures) => backoffMs(policy, failures, 0.7)),
    [100, 300, 900, 1000, 1000, 1000],
  );
});

spec.test('given jitter, then a delay is shortened by at most that part of it, and never made longer', () => {
  fc.assert(
    fc.property(
      fc.record({
        initialIntervalMs: fc.integer({ min: 0, max: 1e7 }),
        backoffCoefficient: fc.double({ min: 1, max: 10, noNaN: true }),
        maximumIntervalMs: fc.integer({ min: 0, max: 1e9 }),
        jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (policy, failures, random) => {
        const whole = backoffMs({ ...policy, jitter: 0 }, failures, random);
        const delay = backoffMs(policy, failures, random);
        assert.ok(delay <= whole, `${delay} is longer than ${whole}`);
        assert.ok(delay >= Math.floor(whole * (1 - policy.jitter)), `${delay} is too short for ${whole}`);
      },
    ),
  );
});

spec.test('given jitter, then chance decides where in its range a delay is', () => {
  const policy = { initialIntervalMs: 1000, backoffCoefficient: 1, maximumIntervalMs: 1000, jitter: 0.5 };
  assert.equal(
    [0, 0.5, 0.9].map((random) => backoffMs(policy, 1, random)),
    [1000, 750, 550],
  );
});

spec.test('given a bound on attempts, then the last of them fails the job, and none before it does', () => {
  const policy = { maximumAttempts: 3, initialIntervalMs: 10, jitter: 0 };
  assert.equal(
    [1, 2, 3, 4].map((failures) => typeof afterAttempt(policy, over({ failures }))),
    ['number', 'number', 'string', 'string'],
  );
});

spec.test('given lost leases, then the job fails at the first one more than it may lose', () => {
  const lost = (lostLeases: number) =>
    afterAttempt(undefined, over({ cause: 'lease-expired', lostLeases, maximumLostLeases: 2 }));
  assert.equal([1, 2, 3].map(lost), [0, 0, 'failed']);
});

spec.test('given what a handler asked for, then that is the delay, in whole milliseconds and bounded', () => {
  const asked = (retryAfterMs: number) => afterAttempt({}, over({ retryAfterMs }));
  assert.equal([0, 0.2, 70, Infinity].map(asked), [0, 1, 70, longestDelayMs]);
});

spec.run();
