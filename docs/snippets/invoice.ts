import type { FullGraph, Handlers, RunningJob } from 'overseer';

export const graph: FullGraph = {
  jobs: {
    approval: { type: 'approval', external: { for: 'the finance team' } },
    pay: { type: 'pay', after: ['approval'] },
    complain: { type: 'complain', after: ['approval'], when: 'any-failed' },
  },
};

type Approved = RunningJob<object, { approval: { sum: number } }>;

export const handlers: Handlers = {
  pay: ({ inputs }: Approved) => `paid ${inputs.approval.sum}`,
  complain: ({ parents }) => `wrote to the supplier: ${parents.approval?.failure?.message}`,
};
