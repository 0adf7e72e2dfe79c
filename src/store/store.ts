import { OverseerError } from '../prelude/errors.js';
import type { EventLog } from '../log/event-log.js';
import { type LogAddress, openLog } from '../log/open-log.js';
import { type Environment, systemEnvironment } from './environment.js';
import { GraphFollower } from './graph-follower.js';
import { LiveFeed } from './live-feed.js';
import { orThrow } from './or-throw.js';
import { assertOptions } from '../prelude/known-names.js';

export interface StoreOptions {
  /** Graphs of one namespace do not see those of another, though they share a log. Default `overseer`. */
  readonly namespace?: string;
  readonly environment?: Environment;
}

/** An opened log, and what every function of this library needs to work on it. Get one from {@link store}. */
export class Store {
  /** @internal The unfinished graphs, for queries; brought up to date by each of them. */
  readonly live: LiveFeed;
  /** @internal Follows the log for all who follow a graph. */
  readonly follower: GraphFollower;

  /** @internal */
  constructor(
    /** @internal */
    readonly log: EventLog,
    /** @internal */
    readonly environment: Environment,
  ) {
    this.live = new LiveFeed(log);
    this.follower = new GraphFollower(this);
  }

  /** The address it was opened with. */
  get address(): string {
    return this.log.address;
  }

  get namespace(): string {
    return this.log.namespace;
  }

  /** Lets go of the log. Stop workers first; what still uses the store afterwards fails with code `store-closed`. */
  async close(): Promise<void> {
    await this.log.close();
  }
}

/**
 * Opens a store: `'sqlite:PATH'`, `'esdb://HOST:PORT'`, `'memory:'`, or Overseer's `{ adapter, config }`. Opening creates nothing;
 * {@link install} does.
 *
 * @throws LogError saying what is wrong with the address or the file
 */
export async function store(address: LogAddress, options: StoreOptions = {}): Promise<Store> {
  assertOptions<StoreOptions>('store', options, { namespace: true, environment: true });
  const environment = options.environment ?? systemEnvironment;
  const log = await openLog(address, {
    now: () => environment.now(),
    ...(options.namespace === undefined ? {} : { namespace: checkedNamespace(options.namespace) }),
  });
  return new Store(log, environment);
}

/** Prepares a store for use. May be called any number of times; resolves to `'ok'`. */
export async function install(store: Store): Promise<'ok'> {
  await orThrow(store.log.install());
  return 'ok';
}

function checkedNamespace(namespace: string): string {
  if (/^[A-Za-z0-9_.]{1,64}$/.test(namespace)) return namespace;
  throw new OverseerError(
    'namespace-invalid',
    `namespace ${JSON.stringify(namespace)} is not possible; use up to 64 letters, digits, dots and underscores`,
  );
}
