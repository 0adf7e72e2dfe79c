import type { Database, Statement } from 'better-sqlite3';
import { parsedOrText } from '../../../prelude/json.js';
import { leastWhere } from '../../../prelude/least-where.js';
import { damaged } from '../errors.js';
import { formatWithArchives } from '../schema.js';

/** What is known of a member without unpacking it. */
export interface Member {
  readonly id: number;
  readonly namespace: string;
  readonly events: number;
  /** The first and the last position. */
  readonly first: number;
  readonly last: number;
  /** The times of these two. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The types of its events. */
  readonly types: ReadonlySet<string>;
}

type MemberRow = readonly [
  id: number,
  namespace: string,
  events: number,
  first: number,
  last: number,
  firstAt: number,
  lastAt: number,
  types: string,
];

/**
 * All members of a database's archives, in memory: about a hundred bytes each, for a thousand events. They are only ever
 * added, so it is brought up to date by what was added. Members of one run follow on each other, but those of a later
 * run may lie between them: of a graph that began early and ended late.
 */
export class ArchiveDirectory {
  /** By their first positions. */
  members: readonly Member[] = [];
  private readonly byId = new Map<number, Member>();
  /** For each of them, the last position of it and all before it. */
  private lasts: readonly number[] = [];
  private latest = 0;
  private readonly knownTypes = new Map<string, ReadonlySet<string>>();
  private statements: { readonly latest: Statement; readonly added: Statement } | null = null;

  constructor(private readonly db: Database) {}

  get isEmpty(): boolean {
    return this.members.length === 0;
  }

  /** Looks what was added. Costs a microsecond if nothing was. */
  refresh(): void {
    const statements = this.prepared();
    if (statements === null) return;
    const latest = (statements.latest.get() as number | null) ?? 0;
    if (latest === this.latest) return;
    const added = statements.added.raw().all(this.latest) as MemberRow[];
    this.latest = latest;
    for (const row of added) this.byId.set(row[0], this.memberOf(row));
    this.members = [...this.byId.values()].sort((a, b) => a.first - b.first);
    let last = 0;
    this.lasts = this.members.map((member) => (last = Math.max(last, member.last)));
  }

  /** Some of them, by their ids. */
  withIds(ids: readonly number[]): readonly Member[] {
    return ids.map((id) => this.byId.get(id) ?? impossible(this.db, id));
  }

  /** The number of the first member of which, or of one before it, an event may be after a position. */
  firstBehind(position: number): number {
    return leastWhere(0, this.lasts.length, (index) => this.lasts[index]! > position);
  }

  /** How many members have events before a position. */
  countBefore(position: number): number {
    return leastWhere(0, this.members.length, (index) => this.members[index]!.first >= position);
  }

  /** The last position of the members up to the nth. */
  lastUpTo(index: number): number {
    return this.lasts[index]!;
  }

  /** Null for a file of a format without archives, until another program brings it to one that has them. */
  private prepared() {
    if (this.statements !== null) return this.statements;
    if (!hasArchives(this.db)) return null;
    const columns = 'id, namespace, events, first, last, first_at, last_at, types';
    this.statements = {
      latest: this.db.prepare('select max(id) from archive_members').pluck(),
      added: this.db.prepare(`select ${columns} from archive_members where id > ? order by id`),
    };
    return this.statements;
  }

  private memberOf([id, namespace, events, first, last, firstAt, lastAt, types]: MemberRow): Member {
    let known = this.knownTypes.get(types);
    if (known === undefined) {
      const list = parsedOrText(types);
      if (!Array.isArray(list)) return impossible(this.db, id);
      known = new Set(list as string[]);
      this.knownTypes.set(types, known);
    }
    return { id, namespace, events, first, last, firstAt, lastAt, types: known };
  }
}

/** Whether a database has tables for archives. */
export function hasArchives(db: Database): boolean {
  return (db.pragma('user_version', { simple: true }) as number) >= formatWithArchives;
}

/** For a row of a member that is missing, or was not written by a release of ours. */
export function impossible({ name }: Database, member: number): never {
  throw damaged(name, `what it says of piece ${member} of its archives is not possible`);
}
