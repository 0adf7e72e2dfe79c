import type { Database } from 'better-sqlite3';
import { TE } from '../../prelude/fp.js';
import {
  type Append,
  type AppendResult,
  type EncodedAppend,
  encodeAppends,
  type EventLog,
  type LogError,
} from '../event-log.js';
import { pollingSubscription } from '../polling-subscription.js';
import { ChangeWatch } from './change-watch.js';
import { SqliteConnection, type SqliteOptions } from './connection.js';
import { asLogError } from './errors.js';
import { sqliteFacts } from './facts.js';
import { SqliteReader } from './reader.js';
import { SqliteWriter } from './writer.js';

const subscriptionBatch = 1000;

export interface SqliteLogOptions extends SqliteOptions {
  readonly namespace?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * A log in one SQLite file, shared by any number of processes on one machine.
 *
 * Appends wait for the end of the turn of the event loop and then share one transaction (group commit), because it is
 * the flush to disk that costs, not the row. SQLite lets one process write at a time, which is also what makes
 * positions rise in commit order.
 */
export function openSqliteLog(options: SqliteLogOptions): EventLog {
  const namespace = options.namespace ?? 'overseer';
  const connection = new SqliteConnection(options);
  const { path } = connection;
  const prepared = new PreparedFor(connection, namespace, options.now ?? Date.now);
  const changes = new ChangeWatch(() => connection.database.prepare('pragma data_version').pluck());
  const commits = new GroupCommit(
    (requests) => connection.guarded(() => prepared.writer.append(requests)),
    () => changes.notify(),
  );

  function attempt<A>(work: () => A): TE.TaskEither<LogError, A> {
    return TE.tryCatch(
      async () => {
        await Promise.resolve();
        return work();
      },
      (error) => asLogError(error, path),
    );
  }

  return {
    address: `sqlite:${options.path}`,
    namespace,
    install: () => attempt(() => connection.install()),
    append: (requests) =>
      TE.tryCatch(
        () => commits.add(requests, path),
        (error) => asLogError(error, path),
      ),
    readStream: (stream, range = {}) => attempt(() => prepared.reader.stream(stream, range)),
    readGraph: (graphId, upTo = null) => attempt(() => prepared.reader.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, take) =>
      attempt(() => {
        for (const graphId of graphIds) take(graphId, prepared.reader.graph(graphId, upTo));
      }),
    readAll: (request) => attempt(() => prepared.reader.all(request)),
    readStored: (request) => attempt(() => prepared.reader.stored(request)),
    restore: (events) =>
      attempt(() => {
        prepared.writer.restore(events, path);
        changes.notify();
      }),
    positionsOf: (upTo, choose) => attempt(() => prepared.reader.positionsOf(upTo, choose)),
    positionAt: (moment) => attempt(() => prepared.reader.positionAt(moment)),
    subscribe: (request = {}) =>
      pollingSubscription(
        {
          readBatch: (after) =>
            connection.guarded(() => prepared.reader.batch({ ...request, after, limit: subscriptionBatch })),
          onChange: (callback) => changes.onChange(callback),
        },
        request,
      ),
    loadSnapshot: (name) => attempt(() => prepared.reader.snapshot(name)),
    saveSnapshot: (name, { position, bytes }) =>
      attempt(() => {
        const sql = `insert into snapshots (namespace, name, position, bytes) values (?, ?, ?, ?)
          on conflict do update set position = excluded.position, bytes = excluded.bytes where excluded.position >= position`;
        connection.database.prepare(sql).run(namespace, name, Number(position), bytes);
      }),
    facts: () => attempt(() => sqliteFacts(connection.database, path, namespace)),
    check: () =>
      attempt(() => {
        const rows = connection.database.pragma('quick_check') as { quick_check: string }[];
        return rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
      }),
    async close() {
      await commits.settled();
      connection.close();
      changes.stop();
      changes.notify();
    },
  };
}

/** Reader and writer belong to a database that may only be created later. */
class PreparedFor {
  private made: { readonly db: Database; readonly reader: SqliteReader; readonly writer: SqliteWriter } | null = null;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly namespace: string,
    private readonly now: () => number,
  ) {}

  get reader(): SqliteReader {
    return this.current().reader;
  }

  get writer(): SqliteWriter {
    return this.current().writer;
  }

  private current() {
    const db = this.connection.database;
    if (this.made?.db !== db) {
      this.made = {
        db,
        reader: new SqliteReader(db, this.namespace),
        writer: new SqliteWriter(db, this.namespace, this.now),
      };
    }
    return this.made;
  }
}

interface Waiting {
  readonly appends: readonly EncodedAppend[];
  readonly resolve: (results: readonly AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers the appends of one turn of the event loop and commits them together. */
class GroupCommit {
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | null = null;

  constructor(
    private readonly commit: (appends: readonly EncodedAppend[]) => readonly AppendResult[],
    private readonly committed: () => void,
  ) {}

  async add(requests: readonly Append[], path: string): Promise<readonly AppendResult[]> {
    const appends = encodeAppends(requests, path);
    return await new Promise((resolve, reject) => {
      this.waiting.push({ appends, resolve, reject });
      this.flushing ??= new Promise((flushed) => {
        setImmediate(() => {
          this.flushing = null;
          this.flush();
          flushed();
        });
      });
    });
  }

  async settled(): Promise<void> {
    while (this.flushing !== null) await this.flushing;
  }

  private flush(): void {
    const group = this.waiting;
    this.waiting = [];
    try {
      const results = this.commit(group.flatMap((each) => each.appends));
      let from = 0;
      for (const { appends, resolve } of group) resolve(results.slice(from, (from += appends.length)));
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    this.committed();
  }
}
