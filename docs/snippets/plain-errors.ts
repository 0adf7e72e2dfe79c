/* eslint-disable no-console */
import { Abort, Fault, harness, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';
import type { Wrapper } from 'overseer';

class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly request: { readonly headers: Record<string, string> },
  ) {
    super(`${status} for a request with ${JSON.stringify(request.headers)}`);
  }
}
const fetchOrders = () => {
  throw new HttpError(401, { headers: { authorization: 'Bearer s3cret' } });
};

// #region plain
const plainErrors: Wrapper = (process) => async (job) => {
  try {
    return await process(job);
  } catch (error) {
    if (error instanceof Fault || error instanceof Abort) throw error;
    // Write the whole error to a log of your own that is deleted after a week.
    throw new Error(error instanceof HttpError ? `the shop answered ${error.status}` : 'see the worker’s log');
  }
};

const handlers = { orders: harness(fetchOrders, plainErrors) };
// #endregion

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ orders: [] }));
console.log((await waitForGraph(db, graphId)).jobs.orders?.failure);
await worker.stop();
