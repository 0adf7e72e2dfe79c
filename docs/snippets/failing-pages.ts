import { fault, type Handlers } from 'overseer';

const retry = { maximumAttempts: 3, initialIntervalMs: 10, jitter: 0 };
export const graph = {
  jobs: { 'page-1': { type: 'page', retry }, 'page-2': { type: 'page', retry, after: ['page-1'] } },
};

export const handlers: Handlers = {
  page: ({ id, attempt }) => {
    if (attempt < 3) fault('the server is busy');
    if (id === 'page-2') throw new RangeError('no such page');
    return id;
  },
};
