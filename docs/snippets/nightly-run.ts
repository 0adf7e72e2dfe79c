import { fault, type Handlers } from 'overseer';

export const graph = {
  jobs: {
    fetch: { type: 'fetch' },
    orders: { type: 'load', after: ['fetch'], retry: { initialIntervalMs: 400, jitter: 0 } },
    report: { type: 'report', after: ['orders'] },
    mail: { type: 'mail', after: ['report'] },
    archive: { type: 'archive', after: ['mail'] },
  },
};

const takes = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const handlers: Handlers = {
  fetch: async () => {
    await takes(300);
    return { rows: 3 };
  },
  load: async ({ attempt }) => {
    await takes(200);
    if (attempt === 1) fault('the table is locked');
    return 'loaded';
  },
  report: async ({ inputs }) => {
    await takes(300);
    return inputs;
  },
  mail: () => {
    throw new TypeError('address is not a string');
  },
  archive: () => 'done',
};
