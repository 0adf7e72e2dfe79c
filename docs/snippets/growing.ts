import { readdirSync, readFileSync } from 'node:fs';
import type { Handlers, RunningJob } from 'overseer';

export const graph = {
  jobs: {
    list: { type: 'list' },
    total: { type: 'total', after: ['list/*'] },
    tidy: { type: 'tidy', after: ['list/*', 'total'], when: 'all-ended' },
  },
};

export const handlers: Handlers = {
  list: (job) => {
    const days = readdirSync('orders');
    job.spawn(Object.fromEntries(days.map((day) => [day, { type: 'count', args: { day } }])));
    return { days: days.length };
  },
  count: ({ args }: RunningJob<{ day: string }>) => {
    const text = readFileSync(`orders/${args.day}`, 'utf8');
    return text.split('\n').filter((line) => line !== '').length;
  },
  total: ({ inputs }: RunningJob<object, { list: { days: number } } & Record<string, unknown>>) => {
    const { list, ...counts } = inputs;
    const orders = Object.values(counts).reduce<number>((sum, count) => sum + Number(count), 0);
    return `${orders} orders in ${list.days} days`;
  },
  tidy: ({ parents }) => Object.entries(parents).map(([id, { status }]) => `${id} ${status}`),
};
