/** What is tried again, for how long, and what is not. */
import type { LogErrorCode } from '../../src/prelude/error-codes.js';
import { type EventLog, LogError } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { E } from '../../src/prelude/fp.js';
import { silentLogger } from '../../src/worker/logger.js';
import { retryingLog } from '../../src/worker/retrying-log.js';
import { eventually } from '../support/eventually.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('a log that is tried again');

/** A log whose appends fail so many times before they work. */
function failing(times: number, code: LogErrorCode) {
  const environment = new ManualEnvironment();
  const told: string[] = [];
  const giveUp = new AbortController();
  let tries = 0;
  const log: EventLog = {
    ...createMemoryLog(),
    append: () => async () => {
      tries += 1;
      return Promise.resolve(tries <= times ? E.left(new LogError(code, 'it fails for a test')) : E.right([]));
    },
  };
  const health = {
    failed: () => void told.push('failed'),
    worked: () => void told.push('worked'),
    lost: () => void told.push('lost'),
  };
  const retrying = retryingLog({ log, environment, logger: silentLogger, health, giveUp: giveUp.signal });
  return { environment, told, giveUp, retrying, tries: () => tries };
}

/** Lets each pause pass until the call is answered. */
async function answered<A>(call: Promise<A>, environment: ManualEnvironment): Promise<A> {
  let isOver = false;
  void call.finally(() => (isOver = true));
  await eventually('an answer', () => {
    environment.advance(5000);
    return isOver;
  });
  return await call;
}

const passing: readonly LogErrorCode[] = ['store-full', 'store-locked', 'store-unavailable', 'store-read-only'];
for (const code of passing) {
  spec.test(`given ${code} twelve times, then the call is made again until it works`, async () => {
    const { environment, told, retrying, tries } = failing(12, code);
    const result = await answered(retrying.append([]), environment);
    assert.is(result._tag, 'Right');
    assert.equal([tries(), told.at(-1), told.length], [13, 'worked', 13]);
  });
}

const final: readonly LogErrorCode[] = ['store-closed', 'append-too-large', 'event-invalid', 'store-history-missing'];
for (const code of [...final, 'store-gone', 'store-damaged'] as const) {
  spec.test(`given ${code}, then it is not tried again`, async () => {
    const { told, retrying, tries } = failing(99, code);
    assert.is((await retrying.append([]))._tag, 'Left');
    assert.is(tries(), 1);
    assert.equal(told, final.includes(code) ? [] : ['lost']);
  });
}

for (const chance of [0, 0.5, 0.999]) {
  spec.test(
    `given chance ${chance}, then each pause is from half of a bound that doubles, up to all of it`,
    async () => {
      const { environment, retrying } = failing(12, 'store-unavailable');
      environment.chance = chance;
      await answered(retrying.append([]), environment);
      const bounds = Array.from({ length: 12 }, (_, retry) => Math.min(20 * 2 ** retry, 5000));
      assert.is(environment.timersSet.length, bounds.length);
      environment.timersSet.forEach((ms, retry) =>
        assert.ok(
          ms >= bounds[retry]! / 2 && ms <= bounds[retry]!,
          `${ms} ms is outside half to all of ${bounds[retry]}`,
        ),
      );
      if (chance === 0) assert.is(environment.timersSet[0], 10);
    },
  );
}

spec.test('given up, or not wanted any more, then the last failure is the answer', async () => {
  const first = failing(99, 'store-unavailable');
  const call = first.retrying.append([]);
  await eventually('it has failed once', () => first.told.length > 0);
  first.giveUp.abort();
  assert.is((await call)._tag, 'Left');
  assert.is(first.tries(), 2);
  const second = failing(99, 'store-unavailable');
  assert.is((await second.retrying.append([], () => false))._tag, 'Left');
  assert.is(second.tries(), 1);
});

spec.run();
