import { defined } from '../../prelude/defined.js';
import type { Database, Statement } from 'better-sqlite3';
import { canonicalData, type StoredEvent } from '../../evidence/canonical-event.js';
import { EventContents } from '../../evidence/event-content.js';
import type { Position, RecordedEvent, StreamId } from '../../domain/events.js';
import type { Claimants, LogSnapshot, ReadAll, ReadRange, ReadStored } from '../event-log.js';
import type { Batch } from '../polling-subscription.js';
import { type AnyRow, causationIdOf, idOf, type Row } from './event-row.js';
import type { LogRows } from './log-rows.js';
import { Names } from './names.js';
import { textOf, timeText } from './row-values.js';

/** How many events of others are passed by to find those of a graph: so many for each that is asked for, if these are few. */
const passedBy = { least: 1000, times: 4, limitMost: 10_000 } as const;

/** Reads events of one namespace from the file, and from its archives. */
export class SqliteReader {
  private readonly contents = new EventContents();
  private readonly names: Names;
  private readonly graphIds: Names;
  private readonly selectSnapshot: Statement;

  constructor(
    db: Database,
    private readonly rows: LogRows,
    private readonly namespace: string,
  ) {
    this.names = new Names(db, 'names');
    this.graphIds = new Names(db, 'graphs');
    this.selectSnapshot = db.prepare('select position, bytes from snapshots where namespace = ? and name = ?');
  }

  stream(stream: StreamId, range: ReadRange): readonly RecordedEvent[] {
    return this.events(this.rows.stream(stream, range));
  }

  graph(graphId: string, upTo: Position | null): readonly RecordedEvent[] {
    return this.events(this.rows.graph(graphId, 0, upTo === null ? Number.MAX_SAFE_INTEGER : Number(upTo)));
  }

  /** Hands over the histories of several graphs, in the order of their ids. */
  graphs(
    graphIds: readonly string[],
    upTo: Position | null,
    accept: (graphId: string, history: readonly RecordedEvent[]) => void,
  ): void {
    const rows = this.rows.graphs(graphIds, upTo === null ? Number.MAX_SAFE_INTEGER : Number(upTo));
    if (rows === null) {
      for (const graphId of graphIds) accept(graphId, this.graph(graphId, upTo));
      return;
    }
    const ofGraphs = new Map(graphIds.map((graphId): [string, Row[]] => [graphId, []]));
    for (const row of rows) ofGraphs.get(this.graphIds.get(row[1]))!.push(row);
    for (const [graphId, ofGraph] of ofGraphs) accept(graphId, this.events(ofGraph.sort(([a], [b]) => a - b)));
  }

  all(request: ReadAll, upTo: number | null = null): readonly RecordedEvent[] {
    return this.events(this.rows.all(request, upTo));
  }

  stored({ after = null, direction = 'forwards', graphId, types, limit }: ReadStored): readonly StoredEvent[] {
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
    const rows =
      graphId !== undefined && types === undefined && direction === 'forwards'
        ? this.storedOfGraph(graphId, after, most)
        : this.rows.all({ after, direction, filter: defined({ graphId, types }), limit: most });
    return rows.map((row) => this.storedOf(row));
  }

  /**
   * To list the streams of a large graph, and to sort their events, takes as long for a part of them as for all. So it is seen
   * first whether the part is found by passing by all events of the log that come next: at its end, or where the graph has
   * run nearly alone.
   */
  private storedOfGraph(graphId: string, after: Position | null, limit: number): readonly AnyRow[] {
    const from = after === null ? 0 : Number(after);
    const upTo = from + Math.max(passedBy.least, limit <= passedBy.limitMost ? passedBy.times * limit : 0);
    const isEnd = (this.rows.last() ?? 0) <= upTo;
    const next = this.rows.all({ after, filter: { graphId }, limit }, isEnd ? null : upTo);
    return isEnd || next.length === limit ? next : this.rows.graph(graphId, from, Number.MAX_SAFE_INTEGER, limit);
  }

  /**
   * The next events for a subscription, up to a position or to the end of the log. The end is read first, so that no event
   * after it is missed.
   */
  batch({ after = null, filter, limit }: ReadAll, upTo: number | null = null): Batch {
    const end = upTo ?? this.rows.last();
    if (end === null || (after !== null && end <= Number(after))) return { events: [], upTo: after, hasMore: false };
    const events = this.all(defined({ after, limit, filter }), upTo);
    const last = Number(events.at(-1)?.position ?? 0);
    const hasMore = events.length === limit;
    return { events, upTo: String(hasMore ? last : Math.max(last, end)) as Position, hasMore };
  }

  claimantsAfter(position: Position | null): Claimants {
    const { claims, end } = this.rows.lastClaims(Number(position ?? 0));
    const events = this.events(claims);
    const workers = events.flatMap((event) => (event.type === 'JobStarted' ? [event.data.worker] : []));
    return { workers, upTo: end === null ? null : (String(end) as Position) };
  }

  positionAt(moment: number): Position | null {
    const found = this.rows.positionAt(moment);
    return found === null ? null : (String(found) as Position);
  }

  /** The positions of the nth events (from 1) of those up to a position, in rising order. */
  positionsOf(upTo: Position, choose: (count: number) => readonly number[]): readonly Position[] {
    return this.rows.positionsOf(upTo, choose).map((position) => String(position) as Position);
  }

  snapshot(name: string): LogSnapshot | null {
    const row = this.selectSnapshot.get(this.namespace, name) as { position: number; bytes: Buffer } | undefined;
    return row === undefined ? null : { position: String(row.position) as Position, bytes: row.bytes };
  }

  private events(rows: readonly AnyRow[]): readonly RecordedEvent[] {
    return rows.map((row) => this.recorded(row));
  }

  private storedOf(row: AnyRow): StoredEvent {
    const [position, graph, job, revision, type, version, , actor, at, data] = row;
    return {
      graphId: this.graphIds.get(graph),
      jobId: job === '' ? null : textOf(job),
      revision,
      id: idOf(row),
      type: this.names.get(type),
      schemaVersion: version,
      recordedAt: timeText(at),
      causationId: causationIdOf(row),
      actor: this.names.get(actor),
      position: String(position) as Position,
      data: canonicalData(textOf(data)),
    };
  }

  private recorded(row: AnyRow): RecordedEvent {
    const [position, graph, job, revision, type, version, , actor, at, data] = row;
    const { event, bytes } = this.contents.of(this.names.get(type), version, textOf(data));
    return {
      graphId: this.graphIds.get(graph),
      jobId: job === '' ? null : textOf(job),
      id: idOf(row),
      revision,
      position: String(position) as Position,
      recordedAt: timeText(at),
      schemaVersion: version,
      causationId: causationIdOf(row),
      actor: this.names.get(actor),
      bytes,
      type: event.type,
      data: event.data,
    } as RecordedEvent;
  }
}
