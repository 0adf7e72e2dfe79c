/* eslint-disable no-console */
import { defineProjection, install, jobGraph, project, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);

// #region projection
/** The jobs of each graph that have not finished; a graph leaves when it is done, or when a job of it has failed. */
const openGraphs = defineProjection<Record<string, number>>({
  name: 'open-graphs',
  initial: {},
  filter: { types: ['GraphSubmitted', 'JobFinished', 'JobFaulted'] },
  recipe: (open, { graphId, ...event }) => {
    const left = open[graphId] ?? 0;
    if (event.type === 'GraphSubmitted') {
      open[graphId] = left + event.data.jobs.filter((job) => job.carried === undefined).length;
    } else if (event.type === 'JobFinished' && left > 1) {
      open[graphId] = left - 1;
    } else if (event.type === 'JobFinished' || (event.type === 'JobFaulted' && event.data.next.kind === 'failed')) {
      delete open[graphId];
    }
  },
});
// #endregion

const sent = new Map<string, string>();
/** A mail server that is down for the third message. It sends no message twice that has the same key. */
let isDown = true;
async function post(key: string, text: string): Promise<void> {
  await Promise.resolve();
  console.log(sent.has(key) ? `not sent again: ${text}` : `sent: ${text}`);
  sent.set(key, text);
  if (sent.size === 3 && isDown) {
    isDown = false;
    throw new Error('the connection was cut after the message');
  }
}

// #region worker
const postEndings = () =>
  project(db, openGraphs, {
    until: 'caughtUp', // a service goes on: leave it out, and give a `signal` to stop it
    onChange: async ({ before, state, event }) => {
      const hasEnded = event.graphId in before && !(event.graphId in state);
      if (hasEnded) await post(event.id, `${event.graphId} ${event.type === 'JobFinished' ? 'is done' : 'has failed'}`);
    },
  });
// #endregion

const worker = await start({}, db, {
  work: () => 1,
  fail: () => {
    throw new Error('no');
  },
});
for (const [id, types] of Object.entries({ monday: ['work'], tuesday: ['work', 'fail'], wednesday: ['work'] })) {
  await transactGraph(db, jobGraph(Object.fromEntries(types.map((type) => [type, []])), {}, { id }));
  await waitForGraph(db, id);
}
await worker.stop();

// #region run
await postEndings().catch((error: Error) => console.log(`stopped: ${error.message}`));
const { state } = await postEndings();
console.log('open:', state);
// #endregion
await db.close();
