/* eslint-disable no-console */
import { defineProjection } from 'overseer';
import { replayHistories } from 'overseer/testing';
import { handlers } from './orders.js';

const mails = defineProjection({
  name: 'mails',
  initial: { sent: 0, failed: 0 },
  recipe: (state, event) => {
    if (event.jobId !== 'send') return;
    if (event.type === 'JobFinished') state.sent += 1;
    if (event.type === 'JobFaulted') state.failed += 1;
  },
});

try {
  const { summary } = await replayHistories('histories/*.jsonl', {
    handlers,
    projections: { mails },
    expected: 'histories/expected.json',
    update: process.env.UPDATE === '1',
  });
  console.log(summary);
} catch (error) {
  console.log((error as Error).message);
  process.exitCode = 1;
}
