import { writeFileSync } from 'node:fs';
import type { Handlers } from 'overseer';

export const graph = { load: [], save: ['load'] };

export const handlers: Handlers = {
  load: () => 'three orders',
  save: ({ inputs }) => writeFileSync('out/orders.txt', inputs.load as string),
};
