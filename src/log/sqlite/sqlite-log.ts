import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import { E, type Either, TE, type TaskEither } from '../../prelude/fp.js';
import type { Position, RecordedEvent } from '../../domain/events.js';
import type {
  EventFilter,
  EventLog,
  GraphsAfter,
  LogArchive,
  LogError,
  LogSnapshot,
  ReadGraphsAfter,
} from '../event-log.js';
import { type Batch, pollingSubscription } from '../polling-subscription.js';
import { archiveProblems } from './archive/archive-check.js';
import { indexProblems } from './archive/index-check.js';
import { compact, Mover, restingGraphs } from './archive/mover.js';
import { ChangeWatch } from './change-watch.js';
import { SqliteConnection, type SqliteOptions } from './connection.js';
import { asLogError, damaged } from './errors.js';
import { describeSqlite, namespacesIn } from './describe.js';
import { GraphsSearch } from './graphs-search.js';
import { GroupCommit } from './group-commit.js';
import { readableEvents } from './readable-events.js';
import { RecentEvents } from './recent-events.js';
import { LogRows } from './log-rows.js';
import { SqliteReader } from './reader.js';
import { storageProblems } from './storage-check.js';
import { whenFree } from './when-free.js';
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
 * Appends wait for the end of the turn of the event loop and then share one transaction (group commit), because the
 * flush to disk is what costs, not the row. SQLite lets one process write at a time; so positions rise in the order of
 * the commits.
 */
export function openSqliteLog(options: SqliteLogOptions): EventLog {
  const namespace = options.namespace ?? 'overseer';
  const connection = new SqliteConnection(options);
  const { path } = connection;
  const prepared = new PreparedFor(connection, namespace, options.now ?? Date.now);
  const changes = new ChangeWatch({ version: () => prepared.version, journal: `${path}-wal` });
  const recent = new RecentEvents();
  const commits = new GroupCommit(
    (requests) => {
      const { results, events } = connection.guarded(() => connection.written(() => prepared.writer.append(requests)));
      recent.commit(events);
      return results;
    },
    () => changes.notify(),
    connection.busyTimeoutMs,
  );

  const attempt: Attempt = (work) =>
    TE.tryCatch(
      async () => {
        await Promise.resolve();
        return await whenFree(work, connection.busyTimeoutMs);
      },
      (error) => asLogError(error, path),
    );

  return {
    // Two slashes would begin a path that is relative.
    address: `sqlite:${options.path.replace(/^\/{2,}/, '/')}`,
    namespace,
    joinsStreams: true,
    ...reads(attempt, prepared),
    install: () => attempt(() => connection.install()),
    append: (requests) =>
      TE.tryCatch(
        () => commits.add(requests, path),
        (error) => asLogError(error, path),
      ),
    restore: (events) =>
      attempt(() => {
        connection.written(() => prepared.writer.restore(events, path));
        changes.notify();
      }),
    subscribe: (request = {}) => {
      const readBatch = (after: Position | null) =>
        connection.guarded(() => nextBatch(prepared.reader, recent, after, request.filter ?? {}));
      return pollingSubscription({ readBatch, onChange: (callback) => changes.onChange(callback) }, request);
    },
    saveSnapshot: (name, snapshot) => attempt(() => saveSnapshot(connection.database, namespace, name, snapshot)),
    archive: archiveOf(attempt, connection, namespace, path),
    namespaces: () => attempt(() => namespacesIn(connection.database)),
    describe: () => attempt(() => describeSqlite(connection.database, path, namespace)),
    assertWritable: () => attempt(() => assertSound(connection)),
    check: () => attempt(() => connection.examined(allProblems)),
    readable: () => attempt(() => connection.examined(readableEvents)),
    async close() {
      await commits.settled();
      connection.close();
      changes.stop();
      changes.notify();
    },
  };
}

/** The next events for a subscription: those that are in memory from there, and those between from the file. */
function nextBatch(reader: SqliteReader, recent: RecentEvents, after: Position | null, filter: EventFilter): Batch {
  const events: RecordedEvent[] = [];
  for (let from = after; ;) {
    const limit = subscriptionBatch - events.length;
    const known = recent.after(Number(from ?? 0), filter, limit);
    const knownNext = known === null ? recent.nextAfter(Number(from ?? 0)) : null;
    const batch = known ?? reader.batch({ after: from, filter, limit }, knownNext);
    if (known === null && isWhole(filter)) recent.read(Number(from ?? 0), batch.events);
    events.push(...batch.events);
    from = batch.upTo;
    const isAtEnd = known === null && knownNext === null;
    if (batch.hasMore || isAtEnd) return { events, upTo: from, hasMore: batch.hasMore };
  }
}

function isWhole({ graphId, types, share }: EventFilter): boolean {
  return graphId === undefined && types === undefined && share === undefined;
}

type Attempt = <A>(work: () => A) => TaskEither<LogError, A>;

function reads(attempt: Attempt, prepared: PreparedFor) {
  return {
    readStream: (stream, range = {}) => attempt(() => prepared.reader.stream(stream, range)),
    readGraph: (graphId, upTo = null) => attempt(() => prepared.reader.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, accept) => async () => {
      let next = 0;
      return await inPieces(attempt, () => {
        prepared.reader.graphs(graphIds.slice(next, next + graphsAtOnce), upTo, accept);
        next += graphsAtOnce;
        return next < graphIds.length;
      });
    },
    readAll: (request) => attempt(() => prepared.reader.all(request)),
    readStored: (request) => attempt(() => prepared.reader.stored(request)),
    graphsAfter: (request) => searched(attempt, () => prepared.graphsSearch(request)),
    claimantsAfter: (position) => attempt(() => prepared.reader.claimantsAfter(position)),
    positionsOf: (upTo, choose) => attempt(() => prepared.reader.positionsOf(upTo, choose)),
    positionAt: (moment) => attempt(() => prepared.reader.positionAt(moment)),
    loadSnapshot: (name) => attempt(() => prepared.reader.snapshot(name)),
  } satisfies Partial<EventLog>;
}

function archiveOf(attempt: Attempt, connection: SqliteConnection, namespace: string, path: string): LogArchive {
  return {
    restingGraphs: (upTo) => attempt(() => restingGraphs(connection.database, namespace, upTo)),
    move: (graphIds, upTo, options) =>
      TE.tryCatch(
        () => new Mover(connection, namespace).move(graphIds, upTo, options),
        (error) => asLogError(error, path),
      ),
    compact: () => attempt(() => compact(connection)),
  };
}

/** Searches piece by piece: between two of them, appends and timers get their turn. */
function searched(attempt: Attempt, begin: () => GraphsSearch): TaskEither<LogError, GraphsAfter> {
  return async () => {
    const search = await attempt(begin)();
    if (E.isLeft(search)) return search;
    const all = await inPieces(attempt, () => search.right.lookOn());
    return E.isLeft(all) ? all : E.right(search.right.result);
  };
}

/** How many graphs are read in one go. */
const graphsAtOnce = 100;

/** Does what takes long piece by piece, as long as `lookOn` says that there is more. Appends and timers get their turn between. */
async function inPieces(attempt: Attempt, lookOn: () => boolean): Promise<Either<LogError, void>> {
  for (;;) {
    const isMore = await attempt(lookOn)();
    if (E.isLeft(isMore)) return isMore;
    if (!isMore.right) return E.right(undefined);
    await nextTurn();
  }
}

function saveSnapshot(db: Database, namespace: string, name: string, { position, bytes }: LogSnapshot): void {
  const sql = `insert into snapshots (namespace, name, position, bytes) values (?, ?, ?, ?)
    on conflict do update set position = excluded.position, bytes = excluded.bytes where excluded.position >= position`;
  db.prepare(sql).run(namespace, name, Number(position), bytes);
}

/** Everything wrong with the file and its archives. */
function allProblems(db: Database, format: number, why: string | null): readonly string[] {
  return storageProblems(db, format, why, (archived) => [...archiveProblems(archived), ...indexProblems(archived)]);
}

/** A file of this size can be checked in a tenth of a second; a larger one gets only the quick look. */
const checkedBytesMax = 32 * 1024 * 1024;

function assertSound(connection: SqliteConnection): void {
  connection.assertWritable();
  const { path } = connection;
  if (statSync(path).size > checkedBytesMax) return;
  // Work does not need what is archived, so an archive that is missing does not stop it.
  const problems = connection.examined((db, format, why) => storageProblems(db, format, why, () => []));
  if (problems.length > 0) throw damaged(path, problems.slice(0, 3).join('; '));
}

/** Reader and writer, made when they are first used: the database may not exist before. */
class PreparedFor {
  private made: { readonly db: Database; readonly rows: LogRows; readonly reader: SqliteReader } | null = null;
  private asked: { readonly db: Database; readonly version: Statement } | null = null;
  private written: { readonly db: Database; readonly writer: SqliteWriter } | null = null;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly namespace: string,
    private readonly now: () => number,
  ) {}

  get reader(): SqliteReader {
    return this.madeFor(this.connection.database).reader;
  }

  graphsSearch(request: ReadGraphsAfter): GraphsSearch {
    return new GraphsSearch(this.connection.database, this.namespace, request);
  }

  /** A statement whose result changes with every commit of another connection. */
  get version(): Statement {
    const db = this.connection.database;
    if (this.asked?.db !== db) this.asked = { db, version: db.prepare('pragma data_version').pluck() };
    return this.asked.version;
  }

  /** Made only if a quick look finds no damage: nothing is added to a damaged file. */
  get writer(): SqliteWriter {
    const db = this.connection.database;
    if (this.written?.db !== db) {
      this.connection.assertWritable();
      this.written = { db, writer: new SqliteWriter(db, this.madeFor(db).rows, this.namespace, this.now) };
    }
    return this.written.writer;
  }

  private madeFor(db: Database) {
    if (this.made?.db === db) return this.made;
    const rows = new LogRows(db, this.connection.path, this.namespace);
    this.made = { db, rows, reader: new SqliteReader(db, rows, this.namespace) };
    return this.made;
  }
}
