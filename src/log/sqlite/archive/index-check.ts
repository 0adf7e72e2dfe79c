import type { Database, Statement } from 'better-sqlite3';
import { LogError } from '../../log-error.js';
import type { NamedRow } from '../event-row.js';
import { Named } from '../named-problems.js';
import { ArchiveFolder } from './archive-folder.js';
import { ArchiveDirectory, type Member } from './directory.js';
import { UnpackedMembers } from './unpacked-members.js';

const selectGraphs = 'select g.name from archived_graphs a join graphs g on g.id = a.graph where a.member = ?';

const selectStream = `
  select a.revision, a.first, a.last from archived_streams a
  join streams s on s.id = a.stream
  join graphs g on g.id = s.graph
  where g.namespace = ? and g.name = ? and s.job = ?`;

interface StreamRow {
  readonly revision: number;
  readonly first: number;
  readonly last: number;
}

/** Where the tables about archives do not say what is in them. Unpacks all of them. */
export function indexProblems(db: Database): readonly string[] {
  const directory = new ArchiveDirectory(db);
  directory.refresh();
  if (directory.isEmpty) return [];
  const check = new IndexCheck(db);
  for (const member of directory.members) check.look(member);
  const events = directory.members.reduce((sum, member) => sum + member.events, 0);
  const listed = db.prepare('select coalesce(sum(revision + 1), 0) from archived_streams').pluck().get() as number;
  const differing = `${listed} events are said to be archived of all streams, where archives hold ${events}`;
  return listed === events ? check.sentences : [...check.sentences, differing];
}

class IndexCheck {
  private readonly kinds = new Named();
  private readonly unpacked: UnpackedMembers;
  private readonly graphs: Statement;
  private readonly stream: Statement;

  constructor(db: Database) {
    this.unpacked = new UnpackedMembers(db, new ArchiveFolder(db.name));
    this.graphs = db.prepare(selectGraphs).pluck();
    this.stream = db.prepare(selectStream);
  }

  get sentences(): readonly string[] {
    return this.kinds.sentences;
  }

  look(member: Member): void {
    try {
      this.compare(member, this.unpacked.of(member).rows());
    } catch (error) {
      // A file that is missing or damaged is named already.
      if (!(error instanceof LogError)) throw error;
    }
  }

  private compare(member: Member, rows: readonly NamedRow[]): void {
    const { id, namespace, types, firstAt, lastAt } = member;
    const listed = new Set(this.graphs.all(id) as string[]);
    const graphs = new Set(rows.map((row) => row[1]));
    const isListed = graphs.size === listed.size && [...graphs].every((graph) => listed.has(graph));
    if (!isListed) this.kinds.add('pieces of archives that are not listed for their graphs', id);
    const isDescribed = rows[0]![8] === firstAt && rows.at(-1)![8] === lastAt && rows.every((row) => types.has(row[4]));
    if (!isDescribed) this.kinds.add('pieces of archives whose times or types are not those of their events', id);
    for (const { row, revision, last } of ends(rows)) {
      const [first, graph, job] = row;
      const found = this.stream.get(namespace, graph, job) as StreamRow | undefined;
      const isTakenIn = found !== undefined && found.revision >= revision && found.first <= first && found.last >= last;
      if (!isTakenIn) this.kinds.add('archived events that their streams are not said to have', `@${first}`);
    }
  }
}

/** The first event of each stream in a member, with the revision and the position of the last. */
function ends(rows: readonly NamedRow[]) {
  const streams = new Map<string, { readonly row: NamedRow; revision: number; last: number }>();
  for (const row of rows) {
    const [position, graph, job, revision] = row;
    const key = `${graph}/${job}`;
    const known = streams.get(key);
    if (known === undefined) streams.set(key, { row, revision, last: position });
    else Object.assign(known, { revision, last: position });
  }
  return streams.values();
}
