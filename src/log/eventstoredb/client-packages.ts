/**
 * The packages that this engine needs and no other part of Overseer does. They are optional dependencies: a plain install
 * brings them, and an installation without them serves every other kind of store. So nothing may import this engine's
 * other files before they are known to be there.
 */
import { wordsFor } from '../../prelude/errors.js';
import { LogError } from '../log-error.js';

/** In the order of their needs: the client needs the others, and would be blamed for them. */
const packages: readonly (readonly [name: string, load: () => Promise<unknown>])[] = [
  ['@grpc/grpc-js', () => import('@grpc/grpc-js')],
  ['protobufjs', () => import('protobufjs/minimal.js')],
  ['@eventstore/db-client', () => import('@eventstore/db-client')],
];

/** @throws LogError `store-client-missing` if one of them is not installed, `store-client-broken` if one cannot be loaded */
export async function loadClientPackages(shownAddress: string): Promise<void> {
  for (const [name, load] of packages) {
    try {
      await load();
    } catch (error) {
      throw isMissing(name, error) ? clientMissing(name, shownAddress, error) : clientBroken(name, shownAddress, error);
    }
  }
}

/**
 * Whether Node.js, or a bundle that requires it, found no such package. If it is there and something inside it is not, the
 * message names that.
 */
function isMissing(name: string, error: unknown): boolean {
  return new RegExp(`^Cannot find (package|module) '${name}(/minimal\\.js)?'`).test(wordsFor(error));
}

function clientMissing(name: string, shownAddress: string, cause: unknown): LogError {
  return new LogError(
    'store-client-missing',
    `the store ${shownAddress} needs the client for EventStoreDB (${name}), which is not installed; run \`npm install --include=optional\`, or \`pnpm install\` without --no-optional`,
    { cause },
  );
}

function clientBroken(name: string, shownAddress: string, cause: unknown): LogError {
  const [reason = ''] = wordsFor(cause).split('\n');
  return new LogError(
    'store-client-broken',
    `the store ${shownAddress} needs the client for EventStoreDB (${name}), which is installed but cannot be loaded: ${reason}; remove node_modules and install again`,
    { cause },
  );
}
