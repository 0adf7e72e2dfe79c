// Run by `node --test`: see runners.test.ts. It imports the package as its users do.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { fault } from 'overseer';
import { finished, given, runGraph, testWorld, workerRuns } from 'overseer/testing';

const handlers = {
  a: ({ attempt }) => (attempt < 5 ? fault('busy', { retryAfterMs: 3_600_000 }) : attempt),
  b: () => 1,
};

test('a graph of hours, with real timers', async () => {
  const { status, elapsedMs } = await runGraph({ a: [], b: ['a'] }, handlers);
  assert.equal(status, 'finished');
  assert.ok(elapsedMs >= 4 * 3_600_000);
});

test('the same while all timers and the date are mocked', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
  try {
    const { status } = await runGraph({ a: [], b: ['a'] }, handlers);
    assert.equal(status, 'finished');
    await given({ a: [], b: ['a'] }, [finished('a')])
      .when(workerRuns(handlers))
      .expect({ status: 'finished' });
  } finally {
    mock.timers.reset();
  }
});

test('a world that is disposed of leaves nothing behind', async () => {
  const world = await testWorld();
  await world.start(handlers);
  await world.clock.advance('1h');
  await world[Symbol.asyncDispose]();
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate'),
    [],
  );
});
