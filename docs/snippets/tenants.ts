import { setTimeout } from 'node:timers/promises';
import { type Handlers, jobGraph } from 'overseer';

export const graph = jobGraph(
  {
    jobs: {
      fetch: { type: 'call', limits: ['tenant-{organisation}', { key: 'api', units: 2 }] },
      send: { type: 'call', limits: ['tenant-{organisation}'] },
    },
  },
  { organisation: 7 },
);

export const handlers: Handlers = { call: () => setTimeout(20, null) };
