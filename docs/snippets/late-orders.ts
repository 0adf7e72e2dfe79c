import { defer, type Handlers } from 'overseer';

export const graph = { orders: [], report: ['orders'] };

export const handlers: Handlers = {
  // In place of looking whether the file is there.
  orders: ({ attempt }) => (attempt > 1 ? ['a chair'] : defer('the file is not there yet', { delayMs: 1500 })),
  report: ({ inputs }) => inputs,
};
