/** Recorded times, and the moments they resolve to. */
import { rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import { append, type ConformanceTests, jobA, newEvent } from './log-fixture.js';

export const momentTests: ConformanceTests = {
  'given recorded times, when a moment is resolved, then to the last event at or before it, or to none': async (
    logs,
  ) => {
    let now = 1000;
    const log = await logs.holding(
      async (written) => {
        for (let n = 0; n < 20; n++, now += 10) {
          await rightOf(written.append([append(jobA, 2 * n - 1, newEvent(), newEvent())]));
          if (!logs.engine.hasGivenClock) await new Promise((resolve) => setTimeout(resolve, 4));
        }
      },
      { now: () => now },
    );
    const all = await rightOf(log.readAll({ limit: 100 }));
    const times = all.map((event) => Date.parse(event.recordedAt));
    for (const moment of times.flatMap((time) => [time, time + 1, time + 9]).concat(times.at(-1)! + 5000)) {
      const expected = all.findLast((event) => Date.parse(event.recordedAt) <= moment)!.position;
      assert.is(await rightOf(log.positionAt(moment)), expected, `at ${moment}`);
    }
    assert.is(await rightOf(log.positionAt(times[0]! - 1)), null);
  },

  'given no events, when a moment is resolved, then to none': async (logs) => {
    const log = await logs.holding(async () => {});
    assert.is(await rightOf(log.positionAt(1e15)), null);
    assert.equal(await rightOf(log.readAll({ limit: 1 })), []);
  },
};

const jumps = [5000, 9000, 1000, 9001, 2000];

export const givenClockTests: ConformanceTests = {
  'given a clock that is set back, then the recorded times never go backwards': async (logs) => {
    let tick = 0;
    const log = await logs.holding(
      async (written) => {
        for (; tick < jumps.length; tick++) await rightOf(written.append([append(jobA, tick - 1)]));
      },
      { now: () => jumps[Math.min(tick, jumps.length - 1)]! },
    );
    const recorded = (await rightOf(log.readAll({ limit: 9 }))).map((event) => Date.parse(event.recordedAt));
    assert.equal(recorded, [5000, 9000, 9000, 9001, 9001]);
  },
};

export const ownClockTests: ConformanceTests = {
  'given a server that has the clock, when another clock is given, then the recorded times are the server’s': async (
    logs,
  ) => {
    let tick = 0;
    const log = await logs.open({ now: () => jumps[tick]! });
    for (; tick < jumps.length; tick++) await rightOf(log.append([append(jobA, tick - 1)]));
    const recorded = (await rightOf(log.readAll({ limit: 9 }))).map((event) => Date.parse(event.recordedAt));
    assert.is(recorded.length, jumps.length);
    assert.ok(recorded[0]! > Date.parse('2020-01-01T00:00:00.000Z'));
    assert.equal(
      recorded,
      recorded.toSorted((a, b) => a - b),
    );
  },
};
