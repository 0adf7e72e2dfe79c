import Sqlite, { type Database } from 'better-sqlite3';
import { LogError } from '../event-log.js';
import { lost } from './file-place.js';

/** "OVSR": marks a file as Overseer's, so that it never writes to another program's database. */
const applicationId = 0x4f565352;

/**
 * The file's format, step by step: entry n leads from format n to n + 1. A released step is never edited.
 *
 * Its shape keeps the cost per event low (see docs/decisions): each name is stored once and referred to by number, the
 * only index over events is the one that enforces revisions, and event ids are stored but not indexed, because stream and
 * revision identify an event. Triggers make the log append-only for every program that opens the file, not just for this one.
 */
const steps: readonly string[] = [
  `
  create table names (
    id integer primary key,
    name text not null unique
  ) strict;

  create table graphs (
    id integer primary key,
    namespace text not null,
    name text not null,
    unique (namespace, name)
  ) strict;

  -- One row per stream; job is '' for the graph's own stream.
  create table streams (
    id integer primary key,
    graph integer not null references graphs,
    job text not null,
    unique (graph, job)
  ) strict;

  create table events (
    position integer primary key autoincrement,
    stream integer not null references streams,
    revision integer not null check (revision >= 0),
    type integer not null references names,
    version integer not null,
    id blob not null check (length(id) = 16),
    causation blob,
    actor integer not null references names,
    at integer not null,
    data text not null,
    unique (stream, revision)
  ) strict;

  create table snapshots (
    namespace text not null,
    name text not null,
    position integer not null,
    bytes blob not null,
    primary key (namespace, name)
  ) strict, without rowid;

  create trigger events_are_never_updated before update on events begin select raise(abort, 'the log is append-only: events are never updated'); end;
  create trigger events_are_never_deleted before delete on events begin select raise(abort, 'the log is append-only: events are never deleted'); end;
  create trigger streams_are_never_updated before update on streams begin select raise(abort, 'the log is append-only: streams are never updated'); end;
  create trigger streams_are_never_deleted before delete on streams begin select raise(abort, 'the log is append-only: streams are never deleted'); end;
  create trigger graphs_are_never_updated before update on graphs begin select raise(abort, 'the log is append-only: graphs are never updated'); end;
  create trigger graphs_are_never_deleted before delete on graphs begin select raise(abort, 'the log is append-only: graphs are never deleted'); end;
  create trigger names_are_never_updated before update on names begin select raise(abort, 'the log is append-only: names are never updated'); end;
  create trigger names_are_never_deleted before delete on names begin select raise(abort, 'the log is append-only: names are never deleted'); end;
  `,
  // `insert or replace` deletes the row in its way without firing the triggers on delete. So no row may be in its way: an
  // event may only go to the end of its stream and of the log, not in place of another, nor between two. (A number that
  // SQLite will choose is -1 before the insert.) Positions stay below 2^53, up to where JavaScript counts exactly.
  `
  create trigger events_are_only_appended before insert on events
  when new.revision <> coalesce((select revision from events where stream = new.stream order by revision desc limit 1), -1) + 1
    or (new.position <> -1 and new.position <= coalesce((select max(position) from events), 0))
    or new.position > 9007199254740991
  begin select raise(abort, 'the log is append-only: an event goes behind the last one of its stream and of the log'); end;
  create trigger events_have_positions_from_1 after insert on events when new.position < 1
  begin select raise(abort, 'the log is append-only: an event goes behind the last one of its stream and of the log'); end;
  create trigger streams_are_never_replaced before insert on streams
  when (new.id <> -1 and exists (select 1 from streams where id = new.id)) or exists (select 1 from streams where graph = new.graph and job = new.job)
  begin select raise(abort, 'the log is append-only: streams are never replaced'); end;
  create trigger graphs_are_never_replaced before insert on graphs
  when (new.id <> -1 and exists (select 1 from graphs where id = new.id)) or exists (select 1 from graphs where namespace = new.namespace and name = new.name)
  begin select raise(abort, 'the log is append-only: graphs are never replaced'); end;
  create trigger names_are_never_replaced before insert on names
  when (new.id <> -1 and exists (select 1 from names where id = new.id)) or exists (select 1 from names where name = new.name)
  begin select raise(abort, 'the log is append-only: names are never replaced'); end;
  `,
  // Archives: files beside the database that hold events in its place. An event may be deleted only when its stream is
  // recorded as archived up to it, and never the last one, which says where the log ends and when that was.
  `
  -- A file that has no hash yet was begun, and does not count.
  create table archive_files (
    id integer primary key autoincrement,
    bytes integer,
    sha256 blob,
    check ((bytes is null) = (sha256 is null))
  ) strict;

  -- Pieces of files that are compressed each by itself. Their events are in the order of the log.
  create table archive_members (
    id integer primary key,
    file integer not null references archive_files,
    start integer not null,
    bytes integer not null,
    sha256 blob not null,
    unpacked integer not null,
    namespace text not null,
    events integer not null,
    first integer not null,
    last integer not null,
    first_at integer not null,
    last_at integer not null,
    types text not null
  ) strict;

  -- Which members hold events of a graph.
  create table archived_graphs (
    graph integer not null references graphs,
    member integer not null references archive_members,
    primary key (graph, member)
  ) strict, without rowid;

  -- The last revision of a stream that is archived, as all those before it are; and the first and the last position.
  create table archived_streams (
    stream integer primary key references streams,
    revision integer not null,
    first integer not null,
    last integer not null
  ) strict;

  drop trigger events_are_never_deleted;
  create trigger events_are_deleted_when_archived before delete on events
  when not exists (select 1 from archived_streams where stream = old.stream and revision >= old.revision and old.position between first and last)
    or old.position = (select max(position) from events)
  begin select raise(abort, 'the log is append-only: an event is deleted only when it is in an archive, and never the last one'); end;
  drop trigger events_are_only_appended;
  create trigger events_are_only_appended before insert on events
  when new.revision <> coalesce((select revision from events where stream = new.stream order by revision desc limit 1), (select revision from archived_streams where stream = new.stream), -1) + 1
    or (new.position <> -1 and new.position <= coalesce((select max(position) from events), 0))
    or new.position > 9007199254740991
  begin select raise(abort, 'the log is append-only: an event goes behind the last one of its stream and of the log'); end;

  create trigger archive_files_are_never_updated before update on archive_files when old.sha256 is not null begin select raise(abort, 'the log is append-only: archives are never updated'); end;
  create trigger archive_files_are_never_deleted before delete on archive_files when old.sha256 is not null begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archive_files_are_never_replaced before insert on archive_files when new.id <> -1 and exists (select 1 from archive_files where id = new.id)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  create trigger archive_members_are_never_updated before update on archive_members begin select raise(abort, 'the log is append-only: archives are never updated'); end;
  create trigger archive_members_are_never_deleted before delete on archive_members begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archive_members_are_never_replaced before insert on archive_members when new.id <> -1 and exists (select 1 from archive_members where id = new.id)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  create trigger archived_graphs_are_never_updated before update on archived_graphs begin select raise(abort, 'the log is append-only: archives are never updated'); end;
  create trigger archived_graphs_are_never_deleted before delete on archived_graphs begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archived_graphs_are_never_replaced before insert on archived_graphs when exists (select 1 from archived_graphs where graph = new.graph and member = new.member)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  create trigger archived_streams_are_only_extended before update on archived_streams when new.stream <> old.stream or new.revision <= old.revision or new.first <> old.first or new.last <= old.last
  begin select raise(abort, 'the log is append-only: archives only grow'); end;
  create trigger archived_streams_are_never_deleted before delete on archived_streams begin select raise(abort, 'the log is append-only: archives are never deleted'); end;
  create trigger archived_streams_are_never_replaced before insert on archived_streams when exists (select 1 from archived_streams where stream = new.stream)
  begin select raise(abort, 'the log is append-only: archives are never replaced'); end;
  `,
];

/** The first format that has archives. */
export const formatWithArchives = 3;

/** The format that this release writes. */
export const formatVersion = steps.length;

/**
 * The format of a database file; null for an empty one. Refuses a newer format and other programs' files.
 *
 * Everything is read in one transaction, since another process may be installing the file right now.
 */
export function readFormat(db: Database, path: string): number | null {
  const read = db.transaction(() => ({
    id: db.pragma('application_id', { simple: true }) as number,
    version: db.pragma('user_version', { simple: true }) as number,
    objects: db.prepare('select count(*) from sqlite_schema').pluck().get() as number,
    pages: db.pragma('page_count', { simple: true }) as number,
    journal: db.pragma('journal_mode', { simple: true }) as string,
  }));
  const { id, version, objects, pages, journal } = read();
  if (objects === 0 && id === 0 && version === 0) {
    if (pages === 0 || journal !== 'wal') return null;
    // Earlier releases wrote the tables into the -wal first.
    throw lost(
      path,
      'it has no tables: it was copied without its -wal, or the -wal was lost',
      'copy it again together with its -wal (or by `.backup`), or delete it if nothing was ever in it',
    );
  }
  if (id !== applicationId) {
    throw new LogError(
      'store-foreign-database',
      `${path} is a database of another program; give the store a file of its own`,
    );
  }
  if (version > formatVersion) {
    throw new LogError(
      'store-newer-format',
      `${path} has format ${version}, written by a newer release; this one knows formats up to ${formatVersion}, so update overseer`,
    );
  }
  return version;
}

/**
 * Brings an empty or older file to today's format, in one transaction. An empty file gets its tables before it gets a
 * `-wal`, so that they are in the file itself: it can be recognised even if it loses its `-wal`.
 */
export function migrate(db: Database, path: string): void {
  db.transaction(() => {
    for (let version = readFormat(db, path) ?? 0; version < formatVersion; version++) db.exec(steps[version]!);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${formatVersion}`);
  }).immediate();
}

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
}

const selectObjects =
  "select type, name, tbl_name as 'table', sql from sqlite_schema where name not like 'sqlite\\_%' escape '\\'";

/** The tables, indexes and triggers of a format. */
function objectsOf(format: number): readonly SchemaObject[] {
  const db = new Sqlite(':memory:');
  try {
    for (const step of steps.slice(0, format)) db.exec(step);
    return db.prepare(selectObjects).all() as SchemaObject[];
  } finally {
    db.close();
  }
}

/** How a file's tables and triggers differ from those of its format. Additional tables, indexes and views do no harm. */
export function schemaProblems(db: Database, format: number): readonly string[] {
  const found = new Map((db.prepare(selectObjects).all() as SchemaObject[]).map((each) => [each.name, each]));
  const problems: string[] = [];
  const expected = objectsOf(format);
  for (const { type, name, sql } of expected) {
    const there = found.get(name);
    if (there === undefined) problems.push(`the ${type} ${name} is missing`);
    else if (there.sql !== sql) problems.push(`the ${type} ${name} was changed`);
  }
  const ours = new Set(expected.map(({ name }) => name));
  const tables = new Set(expected.map(({ table }) => table));
  for (const { type, name, table } of found.values()) {
    if (type === 'trigger' && tables.has(table) && !ours.has(name))
      problems.push(`the trigger ${name} is not one of Overseer's`);
  }
  return problems;
}
