/** Other test runners than this project's own, in a process of theirs: it must end by itself, and soon. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runGraph, testWorld } from '../../src/testing/index.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('test runners', { timeoutMs: 60_000 });

spec.test(
  'given node:test, with its timers mocked and not, then graphs run, and the process ends by itself',
  async () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const file = join(import.meta.dirname, 'mocked-timers.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', file], { env, timeout: 50_000 });
    assert.match(stdout, /^# pass 3$|^ℹ pass 3$/m);
    assert.match(stdout, /^# fail 0$|^ℹ fail 0$/m);
  },
);

spec.test('given this runner, then a world leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  {
    await using world = await testWorld({ patienceMs: 20 });
    await world.start({ a: () => new Promise(() => {}) });
    await world.submit({ a: [] });
    await world.clock.advance(0).catch(() => {});
  }
  await runGraph({ a: [] }, { a: () => 1 });
  assert.is(timers(), before);
});

spec.run();
