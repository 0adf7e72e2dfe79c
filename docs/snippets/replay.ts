/* eslint-disable no-console */
import {
  type Handlers,
  install,
  jobGraph,
  recordedAttempt,
  replayAttempt,
  start,
  store,
  transactGraph,
  waitForGraph,
} from 'overseer';

const handlers: Handlers = {
  order: () => [{ fruit: 'apple', count: 2 }],
  bill: ({ inputs }) => ({ items: (inputs['order'] as unknown[]).length }),
};
const better: Handlers = {
  ...handlers,
  bill: ({ inputs }) => ({ items: (inputs['order'] as unknown[]).length, checked: true }),
};

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ order: [], bill: ['order'] }));
await waitForGraph(db, graphId);
await worker.stop();

// #region replay
const recorded = await recordedAttempt(db, graphId, 'bill');
console.log(recorded.attempt, recorded.inputs, recorded.outcome);

const { verdict, differences } = await replayAttempt(recorded, better['bill']!);
console.log(verdict, differences);
// #endregion
await db.close();
