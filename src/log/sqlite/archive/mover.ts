import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { Position } from '../../../domain/events.js';
import { ofNamespace } from '../../../domain/namespace-stream.js';
import type { Moved, MoveOptions, RestingGraph } from '../../event-log.js';
import type { SqliteConnection } from '../connection.js';
import { damaged } from '../errors.js';
import { causationIdOf, idOf, type Row } from '../event-row.js';
import { Names } from '../names.js';
import { limitTo } from '../select-events.js';
import { storageProblems } from '../storage-check.js';
import { whenFree } from '../when-free.js';
import { fileOf, type Leaving } from './archive-file.js';
import { ArchiveFolder } from './archive-folder.js';
import { ArchiveIndex } from './archive-index.js';
import { memberMax } from './member.js';
import { lockFolder } from './run-lock.js';

/**
 * What goes into a file at most. The rows are deleted in one transaction, during which nobody else can write: that takes
 * about a tenth of a second.
 */
export const fileMax = { events: 20_000, bytes: 16 * 1024 * 1024 };

type LeavingRow = readonly [
  ...(readonly [position: number, graph: number, job: string, revision: number, type: number, version: number]),
  ...(readonly [ids: string, actor: number, at: number, data: string, stream: number]),
];

const selectLeaving = `
  select e.position, s.graph, s.job, e.revision, e.type, e.version, hex(e.id) || hex(e.causation), e.actor, e.at, e.data, e.stream
  from events e
  cross join streams s on s.id = e.stream
  where e.position > ? and e.position <= ? and e.position < (select max(position) from events)
    and s.graph in (select graph from temp.leaving)
  order by e.position ${limitTo}`;

const selectResting = `
  select g.name as graphId, count(*) filter (where e.position < (select max(position) from events)) as events
  from graphs g
  join streams s on s.graph = g.id
  join events e on e.stream = s.id
  where g.namespace = ? and g.name <> ?
  group by g.id having max(e.position) <= ? and events > 0
  order by min(e.position)`;

/** The graphs of a namespace that have events in the database itself, and none after a position. */
export function restingGraphs(db: Database, namespace: string, upTo: Position): readonly RestingGraph[] {
  return db.prepare(selectResting).all(namespace, ofNamespace, Number(upTo)) as RestingGraph[];
}

/**
 * Moves events from the database to archives, file by file. For each, in this order:
 *
 * 1. The store records that a file is begun. If the process ends from here on, the next run removes what was written.
 * 2. The file is written under another name, flushed to the disk, and read again.
 * 3. In one transaction it is given its name, what is in it is recorded, and the rows are deleted.
 *
 * Before the commit of the third step the rows are there, and after it the file is.
 */
export class Mover {
  private readonly folder: ArchiveFolder;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly namespace: string,
    folder?: ArchiveFolder,
  ) {
    this.folder = folder ?? new ArchiveFolder(connection.path);
  }

  async move(graphIds: readonly string[], upTo: Position, options: MoveOptions = {}): Promise<Moved> {
    const { connection, folder } = this;
    const db = await this.whenFree(() => {
      this.assertSound();
      return connection.database;
    });
    folder.create();
    const unlock = lockFolder(folder);
    const synchronous = db.pragma('synchronous', { simple: true }) as number;
    try {
      // Rows must not come back after a power cut, whatever is usual for this store: their file would count for nothing.
      db.pragma('synchronous = FULL');
      const names = this.leavingGraphs(db, graphIds);
      return await this.moveAll(db, names, Number(upTo), options);
    } finally {
      if (db.open) {
        db.exec('drop table if exists temp.leaving');
        db.pragma(`synchronous = ${synchronous}`);
      }
      unlock();
    }
  }

  private async moveAll(
    db: Database,
    graphs: ReadonlyMap<number, string>,
    upTo: number,
    { signal, onBatch, fileEventsMax = fileMax.events, pieceEventsMax = memberMax.events }: MoveOptions,
  ): Promise<Moved> {
    const index = new ArchiveIndex(db, this.namespace, this.folder);
    await this.written(() => index.discardBegun());
    let moved: Moved = { events: 0, files: 0, bytes: 0 };
    for (let after = 0; signal?.aborted !== true;) {
      const leaving = await this.whenFree(() => this.nextLeaving(db, graphs, { after, upTo, limit: fileEventsMax }));
      if (leaving.length === 0) break;
      const file = fileOf(this.namespace, leaving, pieceEventsMax);
      const id = await this.written(() => index.begin());
      this.folder.write(id, file.bytes);
      await this.written(() => index.seal(id, file));
      const { events, files, bytes } = moved;
      moved = { events: events + leaving.length, files: files + 1, bytes: bytes + file.bytes.length };
      onBatch?.(moved);
      after = leaving.at(-1)!.row[0];
      await nextTurn();
    }
    return moved;
  }

  /** The graphs to move, by their numbers; the same numbers are in a temporary table. */
  private leavingGraphs(db: Database, graphIds: readonly string[]): ReadonlyMap<number, string> {
    db.exec('drop table if exists temp.leaving; create temp table leaving (graph integer primary key)');
    const find = db.prepare('select id from graphs where namespace = ? and name = ?').pluck();
    const insert = db.prepare('insert or ignore into temp.leaving values (?)');
    const names = new Map<number, string>();
    db.transaction(() => {
      for (const graphId of graphIds) {
        const number = find.get(this.namespace, graphId) as number | undefined;
        if (number === undefined || graphId === ofNamespace) continue;
        names.set(number, graphId);
        insert.run(number);
      }
    })();
    return names;
  }

  private nextLeaving(
    db: Database,
    graphs: ReadonlyMap<number, string>,
    { after, upTo, limit }: { readonly after: number; readonly upTo: number; readonly limit: number },
  ): readonly Leaving[] {
    const found: LeavingRow[] = [];
    let bytes = 0;
    for (const row of db.prepare(selectLeaving).raw().iterate(after, upTo, limit) as Iterable<LeavingRow>) {
      found.push(row);
      bytes += row[9].length;
      if (bytes > fileMax.bytes) break;
    }
    const names = new Names(db, 'names');
    return found.map(([position, graph, job, revision, type, version, ids, actor, at, data, stream]) => {
      const row: Row = [position, graph, job, revision, type, version, ids, actor, at, data];
      const place = [position, graphs.get(graph)!, job, revision] as const;
      const said = [names.get(type), version, idOf(row), names.get(actor), at, data, causationIdOf(row)] as const;
      return { row: [...place, ...said], stream, graph };
    });
  }

  /** Nothing is moved out of a damaged file. */
  private assertSound(): void {
    this.connection.assertWritable();
    const [problem] = this.connection.examined(storageProblems);
    if (problem !== undefined) throw damaged(this.connection.path, problem);
  }

  private async written<A>(work: () => A): Promise<A> {
    return await this.whenFree(() => this.connection.written(work));
  }

  private async whenFree<A>(work: () => A): Promise<A> {
    const { connection } = this;
    return await whenFree(() => connection.guarded(work), connection.busyTimeoutMs);
  }
}

/** Makes the file as small as what is in it. Whoever else writes to it waits as long as that takes. */
export function compact(connection: SqliteConnection): void {
  const { database } = connection;
  database.exec('vacuum');
  database.pragma('wal_checkpoint(truncate)');
}
