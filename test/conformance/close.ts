/** Closing a log, and what remains of it. */
import { leftOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import { append, type ConformanceTests, jobA } from './log-fixture.js';

export const closeTests: ConformanceTests = {
  'given a closed log, then every call says so, subscriptions end, and closing again is fine': async (logs) => {
    const log = await logs.holding(async () => {});
    const reading = (async () => {
      for await (const message of log.subscribe({ safetyNetMs: 60_000 })) void message;
      return 'ended';
    })();
    await new Promise((resolve) => setImmediate(resolve));
    await log.close();
    await log.close();
    assert.is(await reading, 'ended');
    const calls = [
      leftOf(log.append([append(jobA, -1)])),
      leftOf(log.readStream(jobA)),
      leftOf(log.readGraph('g')),
      leftOf(log.readAll({ limit: 1 })),
      leftOf(log.readStored({ limit: 1 })),
      leftOf(log.restore([])),
      leftOf(log.install()),
      leftOf(log.loadSnapshot('x')),
      leftOf(log.check()),
    ];
    for (const error of await Promise.all(calls)) assert.is(error.code, 'store-closed');
  },
};
