import { readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { LogError } from '../../log-error.js';
import { ArchiveFolder } from './archive-folder.js';
import { hasArchives } from './directory.js';
import { sha256 } from './member.js';

interface SealedFile {
  readonly id: number;
  readonly bytes: number;
  readonly sha256: Buffer;
}

/** What a database's archives hold, for people. */
export interface ArchiveTotals {
  readonly files: number;
  readonly bytes: number;
  readonly events: number;
}

export function archiveTotals(db: Database): ArchiveTotals {
  if (!hasArchives(db)) return { files: 0, bytes: 0, events: 0 };
  const sql = `
    select (select count(*) from archive_files where sha256 is not null) as files,
      (select coalesce(sum(bytes), 0) from archive_files) as bytes,
      (select coalesce(sum(events), 0) from archive_members) as events`;
  return db.prepare(sql).get() as ArchiveTotals;
}

/** The archives that are missing, or of another size than they had. Takes little time. */
export function missingArchives(db: Database): readonly string[] {
  return problemsOf(db, assertSize);
}

/** Everything wrong with archives. Reads all of them. */
export function archiveProblems(db: Database): readonly string[] {
  return problemsOf(db, assertWhole);
}

/** How many events are in archives that are whole, in words; null if there are no archives. */
export function readableArchives(db: Database): string | null {
  const { files } = archiveTotals(db);
  if (files === 0) return null;
  const eventsIn = db.prepare('select coalesce(sum(events), 0) from archive_members where file = ?').pluck();
  let events = 0;
  let whole = 0;
  const damaged = problemsOf(db, (folder, file) => {
    assertWhole(folder, file);
    events += eventsIn.get(file.id) as number;
    whole += 1;
  });
  const of = damaged.length === 0 ? '' : ` of ${files}`;
  return `${events} events in ${whole}${of} archives`;
}

function assertWhole(folder: ArchiveFolder, file: SealedFile): void {
  assertSize(folder, file);
  const isWhole = sha256(readFileSync(folder.file(file.id))).equals(file.sha256);
  if (!isWhole) throw folder.damaged(file.id, 'it is not what was written');
}

function assertSize(folder: ArchiveFolder, { id, bytes }: SealedFile): void {
  const size = folder.size(id);
  if (size !== bytes) throw folder.damaged(id, `it has ${size} bytes, where ${bytes} were written`);
}

function problemsOf(db: Database, look: (folder: ArchiveFolder, file: SealedFile) => void): readonly string[] {
  if (!hasArchives(db)) return [];
  const folder = new ArchiveFolder(db.name);
  const sql = 'select id, bytes, sha256 from archive_files where sha256 is not null order by id';
  const problems: string[] = [];
  for (const file of db.prepare(sql).all() as SealedFile[]) {
    try {
      look(folder, file);
    } catch (error) {
      problems.push(error instanceof LogError ? error.message : folder.unreadable(file.id, error).message);
    }
  }
  return problems;
}
