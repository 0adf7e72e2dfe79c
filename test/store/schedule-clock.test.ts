import { ScheduleClock } from '../../src/store/schedule-clock.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the clock by which schedules are decided');

spec.test(
  'given a machine that is ahead of the log, then it goes by the log once that has told it, and no longer than that',
  () => {
    const machine = { now: () => 10_000 };
    const clock = new ScheduleClock(machine);
    assert.is(clock.now(), 10_000);
    clock.learn(9000, 2000);
    assert.is(clock.now(), 3000);
    // It was set right since.
    clock.learn(9000, 9001);
    assert.is(clock.now(), 10_000);
  },
);

spec.test(
  'given a machine that is behind the log, then it goes by itself: a log may be ahead by a mistake of somebody',
  () => {
    const clock = new ScheduleClock({ now: () => 10_000 });
    clock.learn(9000, 9_000_000);
    assert.is(clock.now(), 10_000);
  },
);

spec.run();
