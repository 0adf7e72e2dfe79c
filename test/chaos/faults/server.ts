/** Faults between workers and a server, and of the server itself. */
import { exec } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ChaosOptions, PassingKind } from './kinds.js';

/** A proxy stands in for one server, and cannot read what is encrypted. */
function whyNoProxy({ store }: ChaosOptions): string | null {
  return /tls=false/.test(store) && !store.includes(',') && !store.includes('@')
    ? null
    : 'only the connections to a single server without TLS can be cut';
}

const network = { passes: true, engine: 'eventstoredb', needs: { network: true }, missing: whyNoProxy } as const;
const codes = ['store-unavailable'];

export const serverKinds = {
  cut: {
    ...network,
    mixes: true,
    codes,
    what: 'every connection to the server cut, again and again',
    strike: async ({ place, chance }) => {
      for (let cuts = chance.int(1, 5); cuts > 0; cuts--) {
        place.proxy!.cut();
        await delay(chance.int(0, 300));
      }
    },
  },
  silence: {
    ...network,
    mixes: true,
    codes,
    what: 'nothing gets through in either direction, then the connections are cut',
    strike: async ({ place, chance }) => {
      place.proxy!.freeze();
      await delay(chance.int(300, 3000));
      place.proxy!.cut();
    },
  },
  closed: {
    ...network,
    mixes: true,
    codes,
    what: 'the server takes no connections, for a while',
    strike: async ({ place, chance }) => {
      place.proxy!.close();
      await delay(chance.int(300, 2000));
      await place.proxy!.open();
    },
  },
  restart: {
    passes: true,
    engine: 'eventstoredb',
    codes,
    what: 'the server killed and started again',
    missing: ({ restartCommand }) => (restartCommand === null ? 'no --restart-command was given' : null),
    strike: async ({ options }) => {
      await promisify(exec)(options.restartCommand!, { timeout: 300_000 });
    },
  },
} satisfies Record<string, PassingKind>;
