import type { Handlers } from 'overseer';

export const graph = { fetch: [], report: ['fetch'] };

export const handlers: Handlers = {
  fetch: () => ['a chair', 'a table'],
  report: ({ graphId, inputs }) => `${Object.values(inputs).flat().length} orders, for ${graphId.split('@')[1]}`,
};
