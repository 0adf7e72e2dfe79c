import { readFile } from 'node:fs/promises';
import type { Handlers } from 'overseer';

export const graph = {
  jobs: { orders: { type: 'fetch', args: { url: 'https://shop.example/orders', token: 'shop' } } },
};

/** Secrets are files that only the worker can read: /run/secrets in a container, a folder of systemd's credentials. */
const secret = async (name: string) =>
  (await readFile(`${process.env['CREDENTIALS_DIRECTORY'] ?? '/run/secrets'}/${name}`, 'utf8')).trim();

export const handlers: Handlers = {
  fetch: async ({ args, signal }) => {
    const authorization = `Bearer ${await secret(args.token as string)}`;
    const answer = await fetch(args.url as string, { headers: { authorization }, signal });
    return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength };
  },
};
