import type { Database, Statement } from 'better-sqlite3';
import type { NewFile, NewMember } from './archive-file.js';
import type { ArchiveFolder } from './archive-folder.js';

/** What of a stream goes into a file. */
interface Part {
  readonly from: number;
  to: number;
  readonly first: number;
  last: number;
}

/** The tables that say what is in which archive. Writes to them, each time in one transaction. */
export class ArchiveIndex {
  private readonly insertFile: Statement;
  private readonly deleteFile: Statement;
  private readonly sealFile: Statement;
  private readonly insertMember: Statement;
  private readonly insertGraph: Statement;
  private readonly readStream: Statement;
  private readonly insertStream: Statement;
  private readonly extendStream: Statement;
  private readonly deleteEvent: Statement;
  private readonly transactBegin: () => number;
  private readonly transactSeal: (id: number, file: NewFile) => void;

  constructor(
    private readonly db: Database,
    private readonly namespace: string,
    private readonly folder: ArchiveFolder,
  ) {
    this.insertFile = db.prepare('insert into archive_files default values');
    this.deleteFile = db.prepare('delete from archive_files where id = ?');
    this.sealFile = db.prepare('update archive_files set bytes = ?, sha256 = ? where id = ? and sha256 is null');
    this.insertMember = db.prepare(
      `insert into archive_members (file, start, bytes, sha256, unpacked, namespace, events, first, last, first_at, last_at, types)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.insertGraph = db.prepare('insert into archived_graphs (graph, member) values (?, ?)');
    this.readStream = db.prepare('select revision from archived_streams where stream = ?').pluck();
    this.insertStream = db.prepare('insert into archived_streams (stream, revision, first, last) values (?, ?, ?, ?)');
    this.extendStream = db.prepare('update archived_streams set revision = ?, last = ? where stream = ?');
    this.deleteEvent = db.prepare('delete from events where position = ?');
    const begin = db.transaction(() => this.beginFile());
    this.transactBegin = () => begin.immediate();
    const seal = db.transaction((id: number, file: NewFile) => this.moveInto(id, file));
    this.transactSeal = (id, file) => seal.immediate(id, file);
  }

  /** Begins a file, and so gives it its number, which no other file has had. */
  begin(): number {
    return this.transactBegin();
  }

  /** Forgets the files that were begun and never sealed, and removes what was written of them. */
  discardBegun(): void {
    const begun = this.db.prepare('select id from archive_files where sha256 is null').pluck().all() as number[];
    for (const id of begun) {
      this.folder.discard(id);
      this.deleteFile.run(id);
    }
  }

  /** Gives a file that was written its name, records what is in it, and deletes that from the database: all of it, or none. */
  seal(id: number, file: NewFile): void {
    this.transactSeal(id, file);
  }

  /** A file of that name may be there, if the database was restored from an older backup than the folder. It stays. */
  private beginFile(): number {
    for (;;) {
      const id = Number(this.insertFile.run().lastInsertRowid);
      if (!this.folder.has(id)) return id;
      this.deleteFile.run(id);
    }
  }

  private moveInto(id: number, { members, bytes, sha256 }: NewFile): void {
    this.folder.seal(id);
    assertOne(this.sealFile.run(bytes.length, sha256, id).changes);
    const parts = new Map<number, Part>();
    for (const member of members) this.addMember(id, member, parts);
    for (const [stream, part] of parts) this.extend(stream, part);
    for (const { leaving } of members) {
      for (const { row } of leaving) assertOne(this.deleteEvent.run(row[0]).changes);
    }
  }

  private addMember(file: number, member: NewMember, parts: Map<number, Part>): void {
    const { start, bytes, sha256, unpacked, leaving } = member;
    const first = leaving[0]!.row;
    const last = leaving.at(-1)!.row;
    const types = [...new Set(leaving.map(({ row }) => row[4]))].sort();
    const ends = [leaving.length, first[0], last[0], first[8], last[8], JSON.stringify(types)];
    const inserted = this.insertMember.run(file, start, bytes.length, sha256, unpacked, this.namespace, ...ends);
    for (const graph of new Set(leaving.map((each) => each.graph)))
      this.insertGraph.run(graph, inserted.lastInsertRowid);
    for (const { stream, row } of leaving) {
      const [position, , , revision] = row;
      const part = parts.get(stream);
      if (part === undefined) parts.set(stream, { from: revision, to: revision, first: position, last: position });
      else {
        part.to = revision;
        part.last = position;
      }
    }
  }

  private extend(stream: number, { from, to, first, last }: Part): void {
    const archived = (this.readStream.get(stream) as number | undefined) ?? -1;
    if (from !== archived + 1) throw new Error(`revision ${from} of stream ${stream} does not follow ${archived}`);
    if (archived < 0) this.insertStream.run(stream, to, first, last);
    else this.extendStream.run(to, last, stream);
  }
}

function assertOne(changes: number): void {
  if (changes !== 1) throw new Error('what was to be archived is not there any more');
}
