import type { FullGraph, Handlers } from 'overseer';

export const graph: FullGraph = {
  jobs: {
    order: { type: 'order', startToCloseMs: 10_000 },
    // A supplier has three seconds to confirm. (In earnest it would be days.)
    confirm: { type: 'confirm', after: ['order'], external: { for: 'the supplier' }, scheduleToCloseMs: 3000 },
    remind: { type: 'remind', after: ['order'], delayMs: 1500 },
    cancel: { type: 'cancel', after: ['confirm'], when: 'any-failed', scheduleToStartMs: 60_000 },
  },
};

export const handlers: Handlers = {
  order: () => 'ordered',
  remind: () => 'wrote to the supplier',
  cancel: ({ parents }) => `cancelled: ${parents.confirm?.failure?.message}`,
};
