import { setMaxListeners } from 'node:events';
import { EventStoreDBClient } from '@eventstore/db-client';
import { E, type TaskEither } from '../../prelude/fp.js';
import { withoutPasswords } from '../../prelude/shown-address.js';
import { type EventLog, LogError, type LogDescription } from '../event-log.js';
import { readServerAddress, type ServerAddress } from './address.js';
import { Appender } from './appender.js';
import { Connection } from './protocol/connection.js';
import { atMost } from './protocol/waiting.js';
import { asLogError } from './errors.js';
import { serverProjections } from './projections/installer.js';
import { EventReader } from './reader.js';
import { Restorer } from './restorer.js';
import { Snapshots } from './snapshots.js';
import { StoredEvents } from './event-encoding.js';
import { catchUpSubscription } from './subscription.js';

export interface EventStoreDbOptions {
  /** A connection string, such as `esdb://USER:PASSWORD@HOST1,HOST2,HOST3` or `esdb://localhost:2113?tls=false`. */
  readonly address: string;
  readonly namespace?: string;
  /** Milliseconds by a clock that is never set, by which it is judged how fast events come. */
  readonly monotonicMs?: () => number;
}

/** The oldest release line that this engine was tested with. Older ones lack the batch append, or filters. */
const oldestServer = [22, 10] as const;

/**
 * A log in an EventStoreDB server or cluster, shared by any number of machines.
 *
 * Appends are conditional, and many are under way at once. One whose outcome is unknown is sent again under the same
 * event ids, so that the server recognises what it has. `recordedAt` is the time at which the leader wrote the event, by
 * its own clock.
 */
export function openEventStoreDbLog({
  address,
  namespace = 'overseer',
  monotonicMs = () => performance.now(),
}: EventStoreDbOptions): EventLog {
  const server = readServerAddress(address);
  const { shown } = server;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // One for each wait.
  const connection = new Connection(clientFor(server), server.prefersOthers ? 'any node' : 'the leader');
  const stored = new StoredEvents(namespace);
  const reader = new EventReader(connection, stored, shown);
  const shared = { connection, stored, address: shown, closing: closing.signal };
  const appender = new Appender({ ...shared, namespaceMark: reader.namespaceMark });
  const restorer = new Restorer(appender, reader, stored, shown);
  const snapshots = new Snapshots(connection, namespace);
  let closed: Promise<void> | null = null;

  function whileOpen<A>(work: () => Promise<A>): TaskEither<LogError, A> {
    const closedError = (outcomeUnknown = false) =>
      new LogError('store-closed', `the store ${shown} is closed`, { outcomeUnknown });
    return async () => {
      try {
        return closed === null ? E.right(await work()) : E.left(closedError());
      } catch (error) {
        if (closed === null) return E.left(asLogError(error, shown));
        return E.left(closedError(error instanceof LogError && error.outcomeUnknown));
      }
    };
  }

  async function close(): Promise<void> {
    closing.abort();
    await atMost(500, appender.settled());
    await connection.close();
  }

  return {
    address: shown,
    namespace,
    install: () => whileOpen(() => checkServer(connection, reader, shown)),
    append: (requests) => whileOpen(() => appender.append(requests)),
    readStream: (stream, range) => whileOpen(() => reader.stream(stream, range)),
    readGraph: (graphId, upTo = null) => whileOpen(() => reader.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, accept) => whileOpen(() => reader.graphs(graphIds, upTo, accept)),
    readAll: (request) => whileOpen(() => reader.all(request)),
    readStored: (request) => whileOpen(() => reader.storedEvents(request)),
    restore: (events) => whileOpen(() => restorer.restore(events)),
    positionAt: (moment) => whileOpen(() => reader.positionAt(moment)),
    subscribe: (request = {}) => catchUpSubscription({ ...shared, reader, monotonicMs }, request),
    loadSnapshot: (name) => whileOpen(() => snapshots.load(name)),
    saveSnapshot: (name, snapshot) => whileOpen(() => snapshots.save(name, snapshot)),
    projections: serverProjections(connection, namespace, shown, whileOpen),
    describe: () => whileOpen(() => describeServer(server, connection, reader)),
    // The server checks its own files when it starts and scavenges; `verify` checks what can be read from it.
    check: () => whileOpen(() => Promise.resolve([])),
    close: () => (closed ??= close()),
  };
}

function clientFor({ connectionString, shown }: ServerAddress): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch (error) {
    // The error contains the whole address, with the password.
    const reason = error instanceof Error ? error.message : String(error);
    throw new LogError('store-address', `${shown} cannot be used: ${withoutPasswords(reason)}`);
  }
}

/** There is nothing to create on a server, but one that is too old or cannot be read is better found out now. */
async function checkServer(connection: Connection, reader: EventReader, shown: string): Promise<void> {
  const version = await connection.serverVersion();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > oldestServer[0] || (major === oldestServer[0] && minor >= oldestServer[1]);
  if (!isNewEnough) {
    const message = `the server of ${shown} is of version ${version}; this engine needs ${oldestServer.join('.')} or newer`;
    throw new LogError('store-server-too-old', message);
  }
  await reader.end();
}

async function describeServer(
  server: ServerAddress,
  connection: Connection,
  reader: EventReader,
): Promise<LogDescription> {
  return {
    server: `EventStoreDB ${await connection.serverVersion()}`,
    isSecure: server.isSecure,
    // Without TLS the client sends no password.
    user: (server.isSecure ? server.user : null) ?? 'none',
    asks: server.prefersOthers ? 'any node' : 'the leader',
    endsAt: (await reader.end()) ?? 'its start',
  };
}
