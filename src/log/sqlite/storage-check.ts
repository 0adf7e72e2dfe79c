import type { Database } from 'better-sqlite3';
import { wordsFor } from '../../prelude/errors.js';
import { archiveTotals, missingArchives } from './archive/archive-check.js';
import { ArchivedEvents } from './archive/archived-events.js';
import { Named } from './named-problems.js';
import { pageProblems } from './page-check.js';
import { atOneMoment, damageAtEnd, isPossible } from './quick-check.js';
import { schemaProblems } from './schema.js';

type Look = (db: Database) => readonly string[];

/**
 * Everything wrong with a file that can be found without knowing what its events mean. Reads all of it.
 *
 * Where a page is damaged, a check itself may fail. Then that is reported, and the other checks run even so.
 *
 * @param why the file cannot be used; null if it can
 * @param ofArchives how to look at its archives: by default, only whether they are there
 */
export function storageProblems(
  db: Database,
  format: number,
  why: string | null,
  ofArchives = missingArchives,
): readonly string[] {
  return atOneMoment(db, () => problemsNow(db, format, why, ofArchives));
}

function problemsNow(db: Database, format: number, why: string | null, ofArchives: Look): readonly string[] {
  const looks: readonly (readonly [what: string, look: Look])[] = [
    ['its tables', () => schemaProblems(db, format)],
    ['its pages', pageProblems],
    ['what its rows refer to', referenceProblems],
    ['its events', rowProblems],
    ['its positions', gaps],
    ['its end', damageAtEnd],
    ['its archives', ofArchives],
  ];
  const problems = new Set<string>(why === null ? [] : [`it cannot be used: ${why}`]);
  for (const [what, look] of looks) {
    try {
      for (const problem of look(db)) problems.add(problem);
    } catch (error) {
      problems.add(`${what} cannot be checked: ${wordsFor(error)}`);
    }
  }
  return [...problems];
}

/** Rows that refer to missing rows. Reads join the tables, so they would skip such events. */
function referenceProblems(db: Database): readonly string[] {
  const rows = db.prepare('select "table", rowid, parent from pragma_foreign_key_check').all() as Reference[];
  const kinds = new Named();
  for (const { table, rowid, parent } of rows) {
    if (table.startsWith('archive'))
      kinds.add(`rows of ${table} that belong to no ${ofParent[parent] ?? parent}`, rowid);
    else if (table === 'streams')
      kinds.add('streams that belong to no graph, so that their events cannot be found', rowid);
    else if (parent === 'streams')
      kinds.add('events that belong to no stream, so that they cannot be found', `@${rowid}`);
    else kinds.add('events whose type or actor has no name', `@${rowid}`);
  }
  return kinds.sentences;
}

/** What a row of these tables stands for. */
const ofParent: Readonly<Record<string, string>> = {
  archive_files: 'file',
  archive_members: 'member',
  streams: 'stream',
  graphs: 'graph',
};

interface Reference {
  readonly table: string;
  readonly rowid: number;
  readonly parent: string;
}

/** Impossible values in rows of events, as conditions in SQL. */
const impossible: Readonly<Record<string, string>> = {
  'events at positions that no program can read': `not (${isPossible.position})`,
  'events with an impossible time': `not (${isPossible.at})`,
  'events with an invalid id': `typeof(id) <> 'blob' or length(id) <> 16`,
  'events whose cause is not a valid id': `causation is not null and (typeof(causation) <> 'blob' or length(causation) <> 16)`,
  'events of an impossible version': `typeof(version) <> 'integer' or version < 1`,
  'events without data': `typeof(data) <> 'text'`,
};

function rowProblems(db: Database): readonly string[] {
  const conditions = Object.values(impossible).map((condition) => `(${condition})`);
  const sql = `select cast(position as text), ${conditions.join(', ')} from events where ${conditions.join(' or ')}`;
  const kinds = new Named();
  for (const [position, ...found] of db.prepare(sql).raw().iterate() as Iterable<[string, ...number[]]>) {
    for (const [index, kind] of Object.keys(impossible).entries())
      if (found[index] === 1) kinds.add(kind, `@${position}`);
  }
  return kinds.sentences;
}

/**
 * Positions are assigned one by one, from 1, and a rolled-back transaction uses none up: a missing one had an event. It may
 * be in an archive. As a rule it is enough to count those.
 */
function gaps(db: Database): readonly string[] {
  const possible = `from events where ${isPossible.position}`;
  const [first, last, events] = db.prepare(`select min(position), max(position), count(*) ${possible}`).raw().get() as [
    number | null,
    number | null,
    number,
  ];
  if (first === null || last === null || events + archiveTotals(db).events === last) return [];
  const archived = new ArchivedEvents(db, db.name, '');
  archived.look();
  const sql = `select before + 1, position - 1 from (
    select position, lag(position, 1, 0) over (order by position) as before ${possible}
  ) where position > before + 1`;
  const kinds = new Named();
  for (const [from, to] of db.prepare(sql).raw().all() as [number, number][]) {
    let next = from;
    for (const position of [...archived.positionsBetween(from, to), to + 1]) {
      if (position > next) kinds.add('positions whose event is missing', rangeOf(next, position - 1));
      next = position + 1;
    }
  }
  return kinds.sentences;
}

function rangeOf(from: number, to: number): string {
  return from === to ? `@${from}` : `@${from} to @${to}`;
}
