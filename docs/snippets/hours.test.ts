import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runGraph } from 'overseer/testing';
import { graph, handlersWith } from './orders.js';

test('given a mail server that is down for eight hours, then the ninth attempt sends', async () => {
  let calls = 0;
  const mail = () => ((calls += 1) < 9 ? Promise.reject(new Error('down')) : Promise.resolve('receipt 1'));
  const run = await runGraph(graph, handlersWith(mail));
  assert.equal(run.status, 'finished');
  assert.deepEqual(run.jobs.send?.result, { receipt: 'receipt 1' });
  assert.equal(run.jobs.send?.attempt, 9);
  assert.ok(run.elapsedMs > 6 * 3_600_000); // milliseconds of virtual time
});

test('given a mail server that is slow, then the job takes as long', async () => {
  const run = await runGraph(graph, (clock) =>
    handlersWith(async () => {
      await clock.sleep('2h');
      return 'receipt 1';
    }),
  );
  assert.equal(run.elapsedMs, 2 * 3_600_000);
});
