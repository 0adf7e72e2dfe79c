/* eslint-disable no-console */
import { type Handlers, jobGraph, validateGraphHandlers } from 'overseer';

const handlers: Handlers = { fetch: () => 3 };

const attempts = [
  () => jobGraph({ a: ['c'], b: ['a'], c: ['b'] }),
  () => jobGraph({ report: ['fetch'] }),
  () => jobGraph({ fetch: [] }, { when: new Map() }),
  () => jobGraph({}),
  () => validateGraphHandlers(handlers, jobGraph({ fetch: [], report: ['fetch'] })),
];

for (const attempt of attempts) {
  try {
    attempt();
  } catch (error) {
    console.log((error as Error).message);
  }
}
