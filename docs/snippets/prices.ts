import type { Handlers } from 'overseer';

const prices: Record<string, number> = { apple: 3, pear: 4 };

export const graph = { jobs: { order: { type: 'order' }, bill: { type: 'bill', after: ['order'] } } };

export const handlers: Handlers = {
  order: () => [
    { fruit: 'apple', count: 2 },
    { fruit: 'plum', count: 1 },
  ],
  bill: ({ inputs }) => {
    const order = inputs['order'] as { fruit: string; count: number }[];
    const items = process.env['STRICT'] ? order.filter(({ fruit }) => fruit in prices) : order;
    return { items: items.length, sum: items.reduce((sum, { fruit, count }) => sum + count * (prices[fruit] ?? 0), 0) };
  },
};
