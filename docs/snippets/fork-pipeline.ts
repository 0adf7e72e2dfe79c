import type { Handlers } from 'overseer';

export const graph = { fetch: [], parse: ['fetch'], publish: ['parse'] };

const column = process.env['COLUMN'] ?? 'amount';

export const handlers: Handlers = {
  fetch: () => [{ price: 3 }, { price: 4 }],
  parse: (job) => {
    const rows = job.inputs['fetch'] as Record<string, number>[];
    if (rows.some((row) => row[column] === undefined)) throw new TypeError(`no row has a column ${column}`);
    return rows.length;
  },
  publish: (job) => `${job.inputs['parse']} rows`,
};
