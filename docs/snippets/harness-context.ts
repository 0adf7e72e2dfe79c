/* eslint-disable no-console */
import { harness, install, jobGraph, type RunningJob, start, store, transactGraph, waitForGraph } from 'overseer';
import type { ProcessFunction, Wrapper } from 'overseer';

// #region wrapper
interface Connection {
  query(text: string): number;
  close(): void;
}
type ConnectedJob = RunningJob & { readonly connection: Connection };

const connected: Wrapper = (process) => async (job) => {
  const connection = await connect();
  try {
    const connectedJob: ConnectedJob = { ...job, connection };
    return await process(connectedJob);
  } finally {
    connection.close();
  }
};

const count = (job: ConnectedJob) => job.connection.query('select count(*) from orders');
const handlers = { count: harness(count as ProcessFunction, connected) };
// #endregion

function connect(): Promise<Connection> {
  return Promise.resolve({ query: () => 42, close: () => console.log('closed') });
}

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ count: [] }));
const done = await waitForGraph(db, graphId);
console.log(done.jobs.count?.result);
await worker.stop();
