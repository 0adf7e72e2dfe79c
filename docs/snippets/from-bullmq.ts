/* eslint-disable no-console */
import { type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('sqlite:./overseer.db');
await install(db);

// #region after
const rooms = ['ceiling', 'walls'];
const graph = jobGraph(
  {
    jobs: {
      ...Object.fromEntries(rooms.map((place) => [place, { type: 'paint', args: { place } }])),
      inspect: { type: 'inspect', after: rooms, retry: { maximumAttempts: 3, initialIntervalMs: 1000 } },
    },
  },
  {},
  { id: 'flat 12' },
);
await transactGraph(db, graph);

const handlers: Handlers = {
  paint: async ({ args, heartbeat }) => {
    await heartbeat({ coat: 1 }, 0.5);
    return `${args.place as string} painted`;
  },
  inspect: ({ inputs }) => Object.values(inputs) as string[],
};
const worker = await start({ concurrency: 5 }, db, handlers);
// #endregion

const { status, jobs } = await waitForGraph(db, 'flat 12');
console.log(status, jobs.inspect?.result);
await worker.stop();
await db.close();
