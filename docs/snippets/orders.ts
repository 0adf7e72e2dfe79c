import { fault, type FullGraph, type Handlers } from 'overseer';

const hour = 3_600_000;
const hourly = { maximumAttempts: 10, initialIntervalMs: hour, maximumIntervalMs: hour };

export const graph: FullGraph = {
  jobs: {
    fetch: { type: 'fetch' },
    total: { type: 'total', after: ['fetch'] },
    send: { type: 'send', after: ['total'], retry: hourly },
  },
};

/** Sends a text, and returns a receipt. */
export type Mail = (text: string) => Promise<string>;

export const handlersWith = (mail: Mail): Handlers => ({
  fetch: () => [120, 80, 310],
  total: ({ inputs }) => {
    const sum = (inputs.fetch as number[]).reduce((sum, amount) => sum + amount);
    return process.env.SURCHARGE ? sum + 10 : sum;
  },
  send: async ({ inputs }) => {
    const receipt = await mail(`${inputs.total} in all`).catch(() => fault('the mail server is down'));
    return { receipt };
  },
});

export const handlers = handlersWith((text) => Promise.resolve(`printed: ${text}`));
