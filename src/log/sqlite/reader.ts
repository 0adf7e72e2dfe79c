import { defined } from '../../prelude/defined.js';
import type { Database, Statement } from 'better-sqlite3';
import { canonicalData, type StoredEvent } from '../../evidence/canonical-event.js';
import { EventContents } from '../../evidence/event-content.js';
import type { Position, RecordedEvent, StreamId } from '../../domain/events.js';
import { BoundedMap } from '../../prelude/bounded-map.js';
import type { Claimants, LogSnapshot, ReadAll, ReadRange, ReadStored } from '../event-log.js';
import type { Batch } from '../polling-subscription.js';
import { bounds } from './quick-check.js';
import { textOf, Timestamps, uuidAt } from './row-values.js';
import { selectEvents } from './select-events.js';
import { bitsOf, isForShare, selectLastClaims } from './share-queries.js';

const namesKeptMax = 50_000;

/** The columns of `selectEvents`, in order; SQLite's arrays are read faster than its objects. */
type Row = readonly [
  position: number,
  graph: number,
  job: string,
  revision: number,
  type: number,
  version: number,
  /** The id of the event, then that of its cause, in hexadecimal. */
  ids: string,
  actor: number,
  at: number,
  data: string,
];

const selectLast = `select max(position) as last from events where position <= ${bounds.position.last}`;

const selectExtent = `
  select
    (select min(namespace) = max(namespace) from graphs) as isAlone,
    (select count(*) from events) as events,
    (select min(position) from events) as first,
    (select max(position) from events) as last`;

/** How much a file holds, over all namespaces. */
interface Extent {
  /** Whether there is only one namespace. */
  readonly isAlone: 0 | 1 | null;
  readonly events: number;
  readonly first: number;
  readonly last: number;
}

/** Reads events of one namespace from the file. (`cross join` in SQLite keeps the order of the tables as written.) */
export class SqliteReader {
  private readonly statements = new Map<string, Statement>();
  private readonly times = new Timestamps();
  private readonly contents = new EventContents();
  private readonly names: Names;
  private readonly graphs: Names;

  constructor(
    private readonly db: Database,
    private readonly namespace: string,
  ) {
    this.names = new Names(db, 'names');
    this.graphs = new Names(db, 'graphs');
  }

  stream(
    { graphId, jobId }: StreamId,
    { from = 0, to = Number.MAX_SAFE_INTEGER, last }: ReadRange,
  ): readonly RecordedEvent[] {
    const sql = `${selectEvents}
      and e.stream = (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ? and s.job = ?
      )`;
    const stream = [this.namespace, graphId, jobId ?? ''];
    if (last !== undefined)
      return this.events(`${sql} order by e.revision desc limit ?`, [...stream, last]).toReversed();
    return this.events(`${sql} and e.revision between ? and ? order by e.revision`, [...stream, from, to]);
  }

  graph(graphId: string, upTo: Position | null): readonly RecordedEvent[] {
    const sql = `${selectEvents}
      and e.stream in (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ?
      ) and e.position <= ? order by e.position`;
    return this.events(sql, [this.namespace, graphId, upTo === null ? Number.MAX_SAFE_INTEGER : Number(upTo)]);
  }

  all(
    { after = null, direction = 'forwards', filter = {}, limit }: ReadAll,
    upTo: number | null = null,
  ): readonly RecordedEvent[] {
    const isForwards = direction === 'forwards';
    const conditions = [`e.position ${isForwards ? '>' : '<'} ?`, 'g.namespace = ?'];
    const values: unknown[] = [
      after === null ? (isForwards ? 0 : Number.MAX_SAFE_INTEGER) : Number(after),
      this.namespace,
    ];
    if (upTo !== null) {
      conditions.push('e.position <= ?');
      values.push(upTo);
    }
    if (filter.graphId !== undefined) {
      // Tested event by event: this filter follows the end of the log, where listing the graph's streams costs more.
      conditions.push('g.name = ?');
      values.push(filter.graphId);
    }
    if (filter.types !== undefined) {
      conditions.push('e.type in (select id from names where name in (select value from json_each(?)))');
      values.push(JSON.stringify(filter.types));
    }
    if (filter.share !== undefined) {
      const { partitions, graphIds } = filter.share;
      conditions.push(isForShare);
      values.push(bitsOf(partitions), JSON.stringify([...graphIds]));
    }
    const sql = `${selectEvents} and ${conditions.join(' and ')} order by e.position ${isForwards ? 'asc' : 'desc'} limit ?`;
    return this.events(sql, [...values, limit]);
  }

  stored({ after = null, graphId, limit }: ReadStored): readonly StoredEvent[] {
    const from = after === null ? 0 : Number(after);
    if (graphId === undefined) {
      const sql = `${selectEvents} and e.position > ? and g.namespace = ? order by e.position limit ?`;
      return this.rows(sql, [from, this.namespace, limit]).map((row) => this.storedOf(row));
    }
    const sql = `${selectEvents}
      and e.stream in (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ?
      ) and e.position > ? order by e.position limit ?`;
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
    return this.rows(sql, [this.namespace, graphId, from, most]).map((row) => this.storedOf(row));
  }

  /**
   * The next events for a subscription, up to a position or to the end of the log. The end is read first, so that no event
   * after it is missed.
   */
  batch({ after = null, filter, limit }: ReadAll, upTo: number | null = null): Batch {
    const end = upTo ?? this.end();
    if (end === null || (after !== null && end <= Number(after))) return { events: [], upTo: after, hasMore: false };
    const events = this.all(defined({ after, limit, filter }), upTo);
    const last = Number(events.at(-1)?.position ?? 0);
    const hasMore = events.length === limit;
    return { events, upTo: String(hasMore ? last : Math.max(last, end)) as Position, hasMore };
  }

  /** Has several statements see the same log. */
  private inOneView<A>(work: () => A): A {
    return this.db.transaction(work).deferred();
  }

  claimantsAfter(position: Position | null): Claimants {
    return this.inOneView(() => {
      const end = this.end();
      const claims = this.events(selectLastClaims, [Number(position ?? 0), this.namespace]);
      const workers = claims.flatMap((event) => (event.type === 'JobStarted' ? [event.data.worker] : []));
      return { workers, upTo: end === null ? null : (String(end) as Position) };
    });
  }

  private end(): number | null {
    return (this.prepare(selectLast).get() as { last: number | null }).last;
  }

  /** A binary search: events are in the order of their times, so this needs no index. */
  positionAt(moment: number): Position | null {
    const at = this.prepare('select position, at from events where position >= ? order by position limit 1');
    let low = 0;
    let high = this.end() ?? 0;
    let found: number | null = null;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const row = at.get(middle) as { position: number; at: number } | undefined;
      if (row === undefined || row.at > moment) high = middle - 1;
      else {
        found = row.position;
        low = row.position + 1;
      }
    }
    return found === null ? null : (String(found) as Position);
  }

  /** The positions of the nth events (from 1) of those up to a position, in rising order. */
  positionsOf(upTo: Position, choose: (count: number) => readonly number[]): readonly Position[] {
    const { isAlone, events, first, last } = this.prepare(selectExtent).get() as Extent;
    // Most files have one namespace without gaps: there it can be computed, where counting takes long.
    if (isAlone === 1 && last - first + 1 === events) {
      return choose(Number(upTo) - first + 1).map((n) => String(first + n - 1) as Position);
    }
    const ours = `from events e cross join streams s on s.id = e.stream cross join graphs g on g.id = s.graph
      where g.namespace = ? and e.position <= ?`;
    const count = this.prepare(`select count(*) ${ours}`).pluck().get(this.namespace, Number(upTo)) as number;
    const numbered = `select e.position, row_number() over (order by e.position) as n ${ours}`;
    const chosen = this.prepare(
      `select position from (${numbered}) where n in (select value from json_each(?)) order by position`,
    ).pluck();
    const positions = chosen.all(this.namespace, Number(upTo), JSON.stringify(choose(count))) as number[];
    return positions.map((position) => String(position) as Position);
  }

  snapshot(name: string): LogSnapshot | null {
    const row = this.prepare('select position, bytes from snapshots where namespace = ? and name = ?').get(
      this.namespace,
      name,
    ) as { position: number; bytes: Buffer } | undefined;
    return row === undefined ? null : { position: String(row.position) as Position, bytes: row.bytes };
  }

  private events(sql: string, values: readonly unknown[]): readonly RecordedEvent[] {
    return this.rows(sql, values).map((row) => this.recorded(row));
  }

  private rows(sql: string, values: readonly unknown[]): readonly Row[] {
    return this.prepare(sql)
      .raw()
      .all(...values) as Row[];
  }

  private storedOf(row: Row): StoredEvent {
    const [position, graph, job, revision, type, version, ids, actor, at, data] = row;
    return {
      graphId: this.graphs.get(graph),
      jobId: job === '' ? null : textOf(job),
      revision,
      id: uuidAt(ids, 0),
      type: this.names.get(type),
      schemaVersion: version,
      recordedAt: this.times.text(at),
      causationId: ids.length < 64 ? null : uuidAt(ids, 32),
      actor: this.names.get(actor),
      position: String(position) as Position,
      data: canonicalData(textOf(data)),
    };
  }

  private recorded(row: Row): RecordedEvent {
    const [position, graph, job, revision, type, version, ids, actor, at, data] = row;
    const { event, bytes } = this.contents.of(this.names.get(type), version, textOf(data));
    return {
      graphId: this.graphs.get(graph),
      jobId: job === '' ? null : textOf(job),
      id: uuidAt(ids, 0),
      revision,
      position: String(position) as Position,
      recordedAt: this.times.text(at),
      schemaVersion: version,
      causationId: ids.length < 64 ? null : uuidAt(ids, 32),
      actor: this.names.get(actor),
      bytes,
      type: event.type,
      data: event.data,
    } as RecordedEvent;
  }

  private prepare(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

/** Names by their numbers, kept in memory: many events share a few names, and a number never changes its name. */
class Names {
  private readonly known = new BoundedMap<number, string>(namesKeptMax);
  private readonly select: Statement;

  constructor(db: Database, table: 'names' | 'graphs') {
    this.select = db.prepare(`select name from ${table} where id = ?`).pluck();
  }

  get(number: number): string {
    const known = this.known.get(number);
    if (known !== undefined) return known;
    // A damaged file may have lost a name, or hold something else. The event is shown even so, and `check` says what is wrong.
    const found = this.select.get(number);
    const name = typeof found === 'string' ? found : `(name ${number} is missing)`;
    this.known.set(number, name);
    return name;
  }
}
