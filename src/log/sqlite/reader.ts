import type { Database, Statement } from 'better-sqlite3';
import { type Position, readEvent, type RecordedEvent, type StreamId } from '../../domain/events.js';
import type { LogSnapshot, ReadAll, ReadRange } from '../event-log.js';
import type { Batch } from '../polling-subscription.js';

const rememberedMax = 50_000;

/** As selected below, in that order; an array of columns is read faster than an object of them. */
type Row = readonly [
  position: number,
  graph: number,
  job: string,
  revision: number,
  type: number,
  version: number,
  id: string,
  causation: string,
  actor: number,
  at: number,
  data: string,
];

const selectEvents = `
  select e.position, s.graph, s.job, e.revision, e.type, e.version, lower(hex(e.id)), lower(hex(e.causation)), e.actor, e.at, e.data
  from events e
  cross join streams s on s.id = e.stream
  cross join graphs g on g.id = s.graph`;

/** Reads events of one namespace from the file. (`cross join` in SQLite keeps the order of the tables as written.) */
export class SqliteReader {
  private readonly statements = new Map<string, Statement>();
  private readonly times = new Timestamps();
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
    { from = 0, to = Number.MAX_SAFE_INTEGER }: ReadRange,
  ): readonly RecordedEvent[] {
    const sql = `${selectEvents}
      where e.stream = (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ? and s.job = ?
      ) and e.revision between ? and ? order by e.revision`;
    return this.events(sql, [this.namespace, graphId, jobId ?? '', from, to]);
  }

  graph(graphId: string, upTo: Position | null): readonly RecordedEvent[] {
    const sql = `${selectEvents}
      where e.stream in (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ?
      ) and e.position <= ? order by e.position`;
    return this.events(sql, [this.namespace, graphId, upTo === null ? Number.MAX_SAFE_INTEGER : Number(upTo)]);
  }

  all({ after = null, direction = 'forwards', filter = {}, limit }: ReadAll): readonly RecordedEvent[] {
    const isForwards = direction === 'forwards';
    const conditions = [`e.position ${isForwards ? '>' : '<'} ?`, 'g.namespace = ?'];
    const values: unknown[] = [
      after === null ? (isForwards ? 0 : Number.MAX_SAFE_INTEGER) : Number(after),
      this.namespace,
    ];
    if (filter.graphId !== undefined) {
      // Judged event by event: who filters by graph follows the end of the log, where listing the graph's streams costs more.
      conditions.push('g.name = ?');
      values.push(filter.graphId);
    }
    if (filter.types !== undefined) {
      conditions.push('e.type in (select id from names where name in (select value from json_each(?)))');
      values.push(JSON.stringify(filter.types));
    }
    const sql = `${selectEvents} where ${conditions.join(' and ')} order by e.position ${isForwards ? 'asc' : 'desc'} limit ?`;
    return this.events(sql, [...values, limit]);
  }

  /** The next events for a subscription. The log's end is asked for first, so that nothing behind it is passed over. */
  batch({ after = null, filter, limit }: ReadAll): Batch {
    const end = (this.prepare('select max(position) as last from events').get() as { last: number | null }).last;
    if (end === null || (after !== null && end <= Number(after))) return { events: [], upTo: after, hasMore: false };
    const events = this.all({ after, limit, ...(filter === undefined ? {} : { filter }) });
    const last = Number(events.at(-1)?.position ?? 0);
    const hasMore = events.length === limit;
    return { events, upTo: String(hasMore ? last : Math.max(last, end)) as Position, hasMore };
  }

  /** Events are in the order of their times, so that halving the log finds the place in a few steps, without an index. */
  positionAt(moment: number): Position | null {
    const at = this.prepare('select position, at from events where position >= ? order by position limit 1');
    let low = 0;
    let high = (this.prepare('select max(position) as last from events').get() as { last: number | null }).last ?? 0;
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

  snapshot(name: string): LogSnapshot | null {
    const row = this.prepare('select position, bytes from snapshots where namespace = ? and name = ?').get(
      this.namespace,
      name,
    ) as { position: number; bytes: Buffer } | undefined;
    return row === undefined ? null : { position: String(row.position) as Position, bytes: row.bytes };
  }

  private events(sql: string, values: readonly unknown[]): readonly RecordedEvent[] {
    return (
      this.prepare(sql)
        .raw()
        .all(...values) as Row[]
    ).map((row) => this.recorded(row));
  }

  private recorded([
    position,
    graph,
    job,
    revision,
    type,
    version,
    id,
    causation,
    actor,
    at,
    data,
  ]: Row): RecordedEvent {
    const event = readEvent(this.names.get(type), version, parse(data));
    return {
      graphId: this.graphs.get(graph),
      jobId: job === '' ? null : job,
      id: uuidText(id),
      revision,
      position: String(position) as Position,
      recordedAt: this.times.text(at),
      schemaVersion: version,
      causationId: causation === '' ? null : uuidText(causation),
      actor: this.names.get(actor),
      bytes: Buffer.byteLength(data),
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

/** Names by their numbers, remembered: many events share few. Numbers never change their names. */
class Names {
  private readonly known = new Map<number, string>();
  private readonly select: Statement;

  constructor(db: Database, table: 'names' | 'graphs') {
    this.select = db.prepare(`select name from ${table} where id = ?`).pluck();
  }

  get(number: number): string {
    const known = this.known.get(number);
    if (known !== undefined) return known;
    const name = this.select.get(number) as string;
    if (this.known.size >= rememberedMax) this.known.clear();
    this.known.set(number, name);
    return name;
  }
}

/** Events of one commit share their time; writing it once is enough. */
class Timestamps {
  private last = { at: Number.NaN, text: '' };

  text(at: number): string {
    if (at !== this.last.at) this.last = { at, text: new Date(at).toISOString() };
    return this.last.text;
  }
}

/** Somebody else's hand may have written what is no JSON; it is shown as it stands, and reported as malformed. */
function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}

function uuidText(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
