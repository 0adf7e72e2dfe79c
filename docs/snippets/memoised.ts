import type { Handlers } from 'overseer';

const days = 24 * 60 * 60 * 1000;

export const graph = {
  jobs: {
    model: { type: 'train', args: { rows: 1000 }, memoize: { key: 'model v3, 1000 rows', maxAgeMs: 7 * days } },
    report: { type: 'report', after: ['model'] },
  },
};

export const handlers: Handlers = {
  train: ({ args }) => `a model of ${Number(args.rows)} rows`,
  report: ({ graphId, inputs }) => `${graphId}: ${inputs.model}`,
};
