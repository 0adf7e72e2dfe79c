import type { Database, Statement } from 'better-sqlite3';
import type { Position, StreamId } from '../../domain/events.js';
import { leastWhere } from '../../prelude/least-where.js';
import type { ReadAll, ReadRange } from '../event-log.js';
import { ArchivedEvents, type ArchiveFilter } from './archive/archived-events.js';
import type { AnyRow, NamedRow, Row } from './event-row.js';
import { limitTo, selectEvents, selectEventsOfGraphs, selectLast } from './select-events.js';
import { bitsOf, isForShare, selectLastClaims } from './share-queries.js';

const selectExtent = `
  select
    (select min(namespace) = max(namespace) from graphs) as isAlone,
    (select count(*) from events) as events,
    (select min(position) from events) as first,
    (select max(position) from events) as last`;

const selectStream = `
  select s.id, g.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ? and s.job = ?`;

/** So many rows are read in some tens of milliseconds. */
const rowsAtOnceMax = 5000;

/** How much a file holds, over all namespaces. */
interface Extent {
  /** Whether there is only one namespace. */
  readonly isAlone: 0 | 1 | null;
  readonly events: number;
  readonly first: number;
  readonly last: number;
}

/** From one revision to another, both included. */
type Revisions = readonly [from: number, to: number];

/**
 * The rows of a namespace's events: those in the database, and those that were moved out of it into archives, as if they
 * were all in one place. (`cross join` in SQLite keeps the order of the tables as written.)
 *
 * While nothing is archived, a read is one statement. Otherwise it is a transaction, so that an event which is being moved
 * is found in one of the two places.
 */
export class LogRows {
  private readonly statements = new Map<string, Statement>();
  private readonly archived: ArchivedEvents;
  private readonly transact: (work: () => unknown) => unknown;

  constructor(
    private readonly db: Database,
    path: string,
    private readonly namespace: string,
  ) {
    this.archived = new ArchivedEvents(db, path, namespace);
    this.transact = db.transaction((work: () => unknown) => work());
  }

  stream(stream: StreamId, range: ReadRange): readonly AnyRow[] {
    const kept = () => this.keptOfStream(stream, range);
    return this.read<readonly AnyRow[]>(kept, () => {
      const rest = kept();
      return [...this.archivedOfStream(stream, range, rest.length), ...rest];
    });
  }

  /** Of a graph and its jobs, after a position and up to another, in log order. */
  graph(graphId: string, after: number, upTo: number, limit = Number.MAX_SAFE_INTEGER): readonly AnyRow[] {
    const sql = `${selectEventsOfGraphs} order by e.position ${limitTo}`;
    const kept = (most = limit) => this.rows(sql, [JSON.stringify([graphId]), this.namespace, after, upTo, most]);
    return this.read<readonly AnyRow[]>(kept, () => {
      const number = this.graphNumber(graphId);
      const archived = number === null ? [] : this.archived.ofGraph(number, graphId, after, upTo);
      if (archived.length >= limit) return archived.slice(0, limit);
      return [...archived, ...kept(limit - archived.length)];
    });
  }

  /** Of several graphs up to a position, in no order; null if these are too many rows, or may not be all of them. */
  graphs(graphIds: readonly string[], upTo: number): readonly Row[] | null {
    const kept = () =>
      this.rows(`${selectEventsOfGraphs} ${limitTo}`, [
        JSON.stringify(graphIds),
        this.namespace,
        0,
        upTo,
        rowsAtOnceMax + 1,
      ]);
    const rows = this.read<readonly Row[] | null>(kept, () => null);
    return rows === null || rows.length > rowsAtOnceMax ? null : rows;
  }

  /**
   * Of the whole log: the next ones after a position, or before it.
   *
   * @param upTo none after it, if a position is given; only forwards
   */
  all(
    { after = null, direction = 'forwards', filter = {}, limit }: ReadAll,
    upTo: number | null = null,
  ): readonly AnyRow[] {
    const isForwards = direction === 'forwards';
    const bound = upTo === null ? null : upTo + 1;
    const from = after === null ? (isForwards ? 0 : Number.MAX_SAFE_INTEGER) : Number(after);
    const kept = (end: number | null) => this.kept(isForwards, from, end, { direction, filter, limit });
    return this.read<readonly AnyRow[]>(
      () => kept(bound),
      () => {
        const within = this.archiveFilter(filter);
        if (within === null) return kept(bound);
        const found = isForwards ? this.archived.after(from, within, limit) : this.archived.before(from, within, limit);
        const archived = bound === null ? found : found.filter(([position]) => position < bound);
        // What lies behind these need not be read.
        const end = archived.length < limit ? bound : (archived.at(-1)?.[0] ?? bound);
        const inOrder = (a: AnyRow, b: AnyRow) => (isForwards ? a[0] - b[0] : b[0] - a[0]);
        return [...archived, ...kept(end)].sort(inOrder).slice(0, limit);
      },
    );
  }

  /** The last claim of each worker after a position, and the end of the log. The actor of a claim is the worker. */
  lastClaims(after: number): { readonly claims: readonly AnyRow[]; readonly end: number | null } {
    return this.atOneMoment(() => {
      this.archived.look();
      const kept = this.rows(selectLastClaims, [after, this.namespace]);
      const archived = this.archived.after(after, { types: ['JobStarted'] }, Infinity);
      // What is kept of a worker is a later claim than what is archived, or else the only one.
      const last = new Map(archived.map((row) => [row[7], row] as const));
      const names = this.prepare('select name from names where id = ?').pluck();
      for (const row of kept) {
        const worker = names.get(row[7]) as string;
        if ((last.get(worker)?.[0] ?? 0) < row[0]) last.delete(worker);
      }
      const isLater = (row: Row) => !last.has(names.get(row[7]) as string);
      return { claims: [...last.values(), ...kept.filter(isLater)], end: this.last() };
    });
  }

  /** The last position, of whatever namespace. The last event is never archived. */
  last(): number | null {
    return this.prepare(selectLast).pluck().get() as number | null;
  }

  /** A binary search: events are in the order of their times, so this needs no index. */
  positionAt(moment: number): number | null {
    const kept = () => this.keptPositionAt(moment);
    return this.read(kept, () => Math.max(kept() ?? 0, this.archived.positionAt(moment)) || null);
  }

  /** The positions of the nth events (from 1) of those up to a position, in rising order. */
  positionsOf(upTo: Position, choose: (count: number) => readonly number[]): readonly number[] {
    return this.read(
      () => this.placesOf(Number(upTo), choose, null),
      () => this.placesOf(Number(upTo), choose, this.archived),
    );
  }

  private placesOf(
    upTo: number,
    choose: (count: number) => readonly number[],
    archived: ArchivedEvents | null,
  ): readonly number[] {
    const extent = this.prepare(selectExtent).get() as Extent;
    const first = Math.min(extent.first, archived?.extent.first ?? extent.first);
    const events = extent.events + (archived?.extent.events ?? 0);
    // Most files have one namespace without gaps: there it can be computed, where counting takes long.
    if (extent.isAlone === 1 && extent.last - first + 1 === events) {
      return choose(upTo - first + 1).map((n) => first + n - 1);
    }
    const ours = `select e.position from events e cross join streams s on s.id = e.stream cross join graphs g on g.id = s.graph
      where g.namespace = ? and e.position <= ? order by e.position`;
    const kept = this.prepare(ours).pluck().all(this.namespace, upTo) as number[];
    const countUpTo = (position: number) => countOf(kept, position) + (archived?.countUpTo(position) ?? 0);
    return choose(countUpTo(upTo)).map((n) => leastWhere(first, upTo, (position) => countUpTo(position) >= n));
  }

  /**
   * Reads the database alone, if nothing is archived; or else both, in one transaction. What is archived is looked up after
   * the database was read: if there is nothing even then, nothing was missing before.
   */
  private read<A>(kept: () => A, both: () => A): A {
    if (!this.archived.areKnown) {
      const found = kept();
      if (!this.archived.look()) return found;
    }
    return this.atOneMoment(() => {
      this.archived.look();
      return both();
    });
  }

  private atOneMoment<A>(work: () => A): A {
    return this.transact(work) as A;
  }

  private keptOfStream({ graphId, jobId }: StreamId, { from, to, last }: ReadRange): readonly Row[] {
    const sql = `${selectEvents}
      and e.stream = (
        select s.id from streams s join graphs g on g.id = s.graph where g.namespace = ? and g.name = ? and s.job = ?
      )`;
    const stream = [this.namespace, graphId, jobId ?? ''];
    if (last !== undefined)
      return this.rows(`${sql} order by e.revision desc ${limitTo}`, [...stream, last]).toReversed();
    const revisions = [from ?? 0, to ?? Number.MAX_SAFE_INTEGER];
    return this.rows(`${sql} and e.revision between ? and ? order by e.revision`, [...stream, ...revisions]);
  }

  private archivedOfStream({ graphId, jobId }: StreamId, range: ReadRange, kept: number): readonly NamedRow[] {
    const job = jobId ?? '';
    const found = this.prepare(selectStream).raw().get(this.namespace, graphId, job) as [number, number] | undefined;
    const archived = found === undefined ? null : this.archived.stream(found[0]);
    if (archived === null) return [];
    const [from, to] = revisionsOf(range, archived.revision, kept);
    return this.archived.ofStream({ graph: found![1], name: graphId, job }, archived, from, to);
  }

  /** @param end only rows before it (backwards: after it) */
  private kept(isForwards: boolean, from: number, end: number | null, { filter = {}, limit }: ReadAll): readonly Row[] {
    const [beyond, before] = isForwards ? ['>', '<'] : ['<', '>'];
    const conditions = [`e.position ${beyond} ?`, 'g.namespace = ?'];
    const values: unknown[] = [from, this.namespace];
    if (end !== null) {
      conditions.push(`e.position ${before} ?`);
      values.push(end);
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
    const sql = `${selectEvents} and ${conditions.join(' and ')} order by e.position ${isForwards ? 'asc' : 'desc'} ${limitTo}`;
    return this.rows(sql, [...values, limit]);
  }

  /** Null if no event in an archive can pass it. */
  private archiveFilter({ graphId, types, share }: NonNullable<ReadAll['filter']>): ArchiveFilter | null {
    if (graphId === undefined) return { types, share };
    const number = this.graphNumber(graphId);
    return number === null ? null : { types, share, graph: { number, name: graphId } };
  }

  private graphNumber(graphId: string): number | null {
    const sql = 'select id from graphs where namespace = ? and name = ?';
    return (this.prepare(sql).pluck().get(this.namespace, graphId) as number | undefined) ?? null;
  }

  private keptPositionAt(moment: number): number | null {
    const at = this.prepare('select position, at from events where position >= ? order by position limit 1');
    let low = 0;
    let high = this.last() ?? 0;
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
    return found;
  }

  private rows(sql: string, values: readonly unknown[]): readonly Row[] {
    return this.prepare(sql)
      .raw()
      .all(...values) as Row[];
  }

  private prepare(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

/** Which archived revisions a range of a stream takes in, of which so many events are not archived. */
function revisionsOf({ from = 0, to, last }: ReadRange, archived: number, kept: number): Revisions {
  if (last !== undefined) return [Math.max(0, archived - (last - kept) + 1), archived];
  return [from, Math.min(to ?? archived, archived)];
}

/** How many of some rising numbers are not larger than one. */
function countOf(numbers: readonly number[], most: number): number {
  return leastWhere(0, numbers.length, (index) => numbers[index]! > most);
}
