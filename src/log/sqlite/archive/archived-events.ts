import type { Database, Statement } from 'better-sqlite3';
import { isInShare, type Share } from '../../../domain/share.js';
import { isPlainObject, parsedOrText } from '../../../prelude/json.js';
import type { NamedRow } from '../event-row.js';
import { ArchiveFolder } from './archive-folder.js';
import { ArchiveDirectory, type Member } from './directory.js';
import type { UnpackedMember } from './member.js';
import { UnpackedMembers } from './unpacked-members.js';

/** Which events of a namespace are asked for. */
export interface ArchiveFilter {
  /** The graph's number. */
  readonly graph?: { readonly number: number; readonly name: string } | undefined;
  readonly types?: readonly string[] | undefined;
  readonly share?: Share | undefined;
}

/** A stream whose first events are archived. */
export interface ArchivedStream {
  /** Of the last archived event. */
  readonly revision: number;
  /** The positions of the first and the last. */
  readonly first: number;
  readonly last: number;
}

/**
 * The events that were moved out of a database into archives, for its reads. What is archived of a stream, or of a graph, is
 * always its beginning: the rest is in the database, later in the log.
 *
 * Call {@link look} first, in the transaction in which the database itself is read: so an event that is being moved is
 * found in one of the two, and only there.
 */
export class ArchivedEvents {
  private readonly directory: ArchiveDirectory;
  private prepared: Prepared | null = null;
  private readonly folder: ArchiveFolder;

  constructor(
    private readonly db: Database,
    path: string,
    private readonly namespace: string,
  ) {
    this.folder = new ArchiveFolder(path);
    this.directory = new ArchiveDirectory(db);
  }

  /** Whether there are any, as far as is known since {@link look} was called last. */
  get areKnown(): boolean {
    return !this.directory.isEmpty;
  }

  /** Looks what is archived now. Returns whether anything is. */
  look(): boolean {
    this.directory.refresh();
    return this.areKnown;
  }

  /** How many events there are, of all namespaces, and the first position. */
  get extent(): { readonly events: number; readonly first: number } {
    const { members } = this.directory;
    return {
      events: members.reduce((sum, { events }) => sum + events, 0),
      first: members[0]?.first ?? Number.MAX_SAFE_INTEGER,
    };
  }

  /** The next events after a position, in log order. */
  after(position: number, filter: ArchiveFilter, limit: number): readonly NamedRow[] {
    const { members } = this.directory;
    const accepts = this.accepting(filter);
    const found = new Nearest(limit, (a, b) => a[0] - b[0]);
    for (let index = this.directory.firstBehind(position); index < members.length; index++) {
      const member = members[index]!;
      if (found.isFull && found.farthest! < member.first) break;
      if (member.last <= position || !accepts.member(member)) continue;
      const unpacked = this.unpacked(member);
      found.take(unpacked, unpacked.indexAfter(position), 1, accepts.row);
    }
    return found.rows;
  }

  /** The next events before a position, the last one first. */
  before(position: number, filter: ArchiveFilter, limit: number): readonly NamedRow[] {
    const { members } = this.directory;
    const accepts = this.accepting(filter);
    const found = new Nearest(limit, (a, b) => b[0] - a[0]);
    for (let index = this.directory.countBefore(position) - 1; index >= 0; index--) {
      const member = members[index]!;
      if (found.isFull && found.farthest! > this.directory.lastUpTo(index)) break;
      if (!accepts.member(member)) continue;
      const unpacked = this.unpacked(member);
      found.take(unpacked, unpacked.indexAfter(position - 1) - 1, -1, accepts.row);
    }
    return found.rows;
  }

  /** What is archived of a graph, after a position and up to another, in log order. */
  ofGraph(graph: number, name: string, after: number, upTo: number): readonly NamedRow[] {
    const rows: NamedRow[] = [];
    for (const member of this.membersOf(graph)) {
      if (member.last <= after || member.first > upTo) continue;
      for (const row of this.unpacked(member).rowsOf(name)) if (row[0] > after && row[0] <= upTo) rows.push(row);
    }
    return rows;
  }

  /** What is archived of a stream; null if nothing is. */
  stream(stream: number): ArchivedStream | null {
    return (this.statements().stream.get(stream) as ArchivedStream | undefined) ?? null;
  }

  /** What is archived of a stream, in order: its events from one revision up to another. */
  ofStream(
    { graph, name, job }: { readonly graph: number; readonly name: string; readonly job: string },
    archived: ArchivedStream,
    from: number,
    to: number,
  ): readonly NamedRow[] {
    if (from > archived.revision || from > to) return [];
    const members = this.membersOf(graph).filter(({ first, last }) => last >= archived.first && first <= archived.last);
    const isAsked = ([, , , revision]: NamedRow) => revision >= from && revision <= to;
    const rowsIn = (member: Member) => this.unpacked(member).rowsOf(name, job).filter(isAsked);
    const found: NamedRow[] = [];
    // From the end on which less has to be unpacked.
    if (to < archived.revision) {
      for (const member of members) {
        found.push(...rowsIn(member));
        if (found.at(-1)?.[3] === to) break;
      }
      return found;
    }
    for (const member of members.toReversed()) {
      found.unshift(...rowsIn(member));
      if (found[0]?.[3] === from) break;
    }
    return found;
  }

  /** The position of the last event, of whatever namespace, that was recorded at or before a moment; 0 if none was. */
  positionAt(moment: number): number {
    const begun = this.directory.members.filter(({ firstAt }) => firstAt <= moment);
    let found = begun.reduce((last, member) => (member.lastAt <= moment ? Math.max(last, member.last) : last), 0);
    for (const member of begun) {
      if (member.lastAt <= moment || member.last <= found) continue;
      const rows = this.unpacked(member).rows();
      const row = rows.findLast(([, , , , , , , , at]) => at <= moment);
      found = Math.max(found, row?.[0] ?? 0);
    }
    return found;
  }

  /** How many events of the namespace are at or before a position. */
  countUpTo(position: number): number {
    let count = 0;
    for (const member of this.directory.members) {
      if (member.first > position) break;
      if (member.namespace !== this.namespace) continue;
      count += member.last <= position ? member.events : this.unpacked(member).indexAfter(position);
    }
    return count;
  }

  /** The positions of all events, of whatever namespace, that lie between two positions; in rising order. */
  positionsBetween(first: number, last: number): readonly number[] {
    const within = this.directory.members.filter((member) => member.last >= first && member.first <= last);
    const positions = within.flatMap((member) => [...this.unpacked(member).positions]);
    return positions.filter((position) => position >= first && position <= last).sort((a, b) => a - b);
  }

  private unpacked(member: Member): UnpackedMember {
    return this.statements().unpacked.of(member);
  }

  /** In the order in which they were archived: what is archived later of a graph is later in the log. */
  private membersOf(graph: number): readonly Member[] {
    return this.directory.withIds(this.statements().members.all(graph) as number[]);
  }

  private accepting({ graph, types, share }: ArchiveFilter) {
    const ofGraph = graph === undefined ? null : new Set(this.statements().members.all(graph.number) as number[]);
    const ofTypes = types === undefined ? null : new Set(types);
    return {
      member: ({ id, namespace, types: there }: Member) =>
        namespace === this.namespace &&
        (ofGraph === null || ofGraph.has(id)) &&
        (ofTypes === null || [...ofTypes].some((type) => there.has(type))),
      row: (row: NamedRow) =>
        (graph === undefined || row[1] === graph.name) &&
        (ofTypes === null || ofTypes.has(row[4])) &&
        (share === undefined || isRowForShare(row, share)),
    };
  }

  private statements(): Prepared {
    this.prepared ??= {
      members: this.db.prepare('select member from archived_graphs where graph = ? order by member').pluck(),
      stream: this.db.prepare('select revision, first, last from archived_streams where stream = ?'),
      unpacked: new UnpackedMembers(this.db, this.folder),
    };
    return this.prepared;
  }
}

/** By the same rule as an event. Nothing of the namespace's own is in an archive. */
function isRowForShare([, graphId, , , type, , , , , data]: NamedRow, share: Share): boolean {
  if (isInShare(graphId, share)) return true;
  if (type !== 'GraphSubmitted' && type !== 'JobsSpawned') return false;
  const event = parsedOrText(data);
  if (!isPlainObject(event)) return false;
  const { priority = 0, jobs } = event;
  const hasOwn = (job: unknown) => isPlainObject(job) && 'priority' in job;
  return (typeof priority === 'number' && priority !== 0) || (Array.isArray(jobs) && jobs.some(hasOwn));
}

interface Prepared {
  readonly members: Statement;
  readonly stream: Statement;
  readonly unpacked: UnpackedMembers;
}

/** The nearest rows found so far, at most so many, in order. */
class Nearest {
  rows: NamedRow[] = [];

  constructor(
    private readonly limit: number,
    private readonly order: (a: NamedRow, b: NamedRow) => number,
  ) {}

  get isFull(): boolean {
    return this.rows.length >= this.limit;
  }

  /** The position of the farthest of them. */
  get farthest(): number | undefined {
    return this.rows.at(-1)?.[0];
  }

  /** Takes those of a member that are accepted, from one on, and lets go of those that are too many. */
  take(member: UnpackedMember, from: number, step: 1 | -1, accepts: (row: NamedRow) => boolean): void {
    for (let at = from, taken = 0; at >= 0 && at < member.size && taken < this.limit; at += step) {
      const row = member.row(at);
      if (!accepts(row)) continue;
      this.rows.push(row);
      taken += 1;
    }
    this.rows.sort(this.order);
    if (this.rows.length > this.limit) this.rows.length = this.limit;
  }
}
