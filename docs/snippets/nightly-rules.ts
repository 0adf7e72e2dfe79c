import { type Handlers, type RunningJob, skip } from 'overseer';

export const graph = {
  jobs: {
    orders: { type: 'orders' },
    load: { type: 'load', after: ['orders'] },
    report: { type: 'report', after: [{ job: 'load', optional: true }] },
    alert: { type: 'alert', after: ['load', 'report'], when: 'any-failed' },
    tidy: { type: 'tidy', after: ['load', 'report', 'alert'], when: 'all-ended' },
  },
};

export const handlers: Handlers = {
  orders: () => (process.env['ORDERS'] === 'none' ? skip('no order since yesterday') : ['a chair', 'a table']),
  load: ({ inputs }: RunningJob<object, { orders: string[] }>) => {
    if (process.env['DISK'] === 'full') throw new Error('the disk is full');
    return { rows: inputs.orders.length };
  },
  report: ({ inputs }: RunningJob<object, { load?: { rows: number } }>) => `${inputs.load?.rows ?? 'no'} new rows`,
  alert: ({ parents }) => {
    const wrong = Object.entries(parents).filter(([, { status }]) => status === 'failed' || status === 'blocked');
    return `told somebody: ${wrong.map(([id, { status }]) => `${id} is ${status}`).join(', ')}`;
  },
  tidy: ({ parents }) => `load is ${parents.load?.status}`,
};
