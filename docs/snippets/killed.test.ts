import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testWorld, type VirtualClock } from 'overseer/testing';
import { graph, handlersWith } from './orders.js';

const slowly = (clock: VirtualClock) =>
  handlersWith(async () => {
    await clock.sleep('20m');
    return 'receipt 1';
  });

test('given a worker that is killed while it sends, then another one sends', async (t) => {
  const world = await testWorld();
  t.after(() => world.close());
  const graphId = await world.submit(graph);
  const first = await world.start(slowly);
  await world.until(graphId, ({ jobs }) => jobs.send?.status === 'started');

  first.kill();
  await world.start(slowly);
  const run = await world.ended(graphId);

  assert.deepEqual(run.story.slice(-4), [
    'send started',
    'send faulted (lease-expired)',
    'send started',
    'send finished',
  ]);
});
