import type { Handlers } from 'overseer';

export const graph = { fetch: [], total: ['fetch'], report: ['fetch', 'total'] };

export const handlers: Handlers = {
  fetch: () => [120, 80, 310],
  total: ({ inputs }) => (inputs.fetch as number[]).reduce((sum, amount) => sum + amount),
  report: ({ inputs }) => `${(inputs.fetch as number[]).length} orders, ${inputs.total} in all`,
};
