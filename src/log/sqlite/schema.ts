import type { Database } from 'better-sqlite3';
import { LogError } from '../event-log.js';

/** "OVSR": marks a file as ours, so that no other program's database is ever written to. */
const applicationId = 0x4f565352;

/**
 * The file's format, step by step: entry n leads from format n to n + 1. A released step is never edited.
 *
 * What shapes it is cost per event (see docs/decisions): names are kept once and referred to by number, the only index
 * over events is the one that enforces revisions, and event ids are stored but not indexed, because stream and revision
 * identify an event. Triggers make the log append-only for every program that opens the file, not just for this one.
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
];

/** The format this release writes. */
export const formatVersion = steps.length;

/** What format a database file has; 0 for an empty one. Refuses a newer format and other programs' files. */
export function readFormat(db: Database, path: string): number {
  const id = db.pragma('application_id', { simple: true }) as number;
  const version = db.pragma('user_version', { simple: true }) as number;
  const isEmpty = db.prepare('select count(*) from sqlite_schema').pluck().get() === 0;
  if (isEmpty && id === 0 && version === 0) return 0;
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

/** Brings an empty or older file to today's format, in one transaction. */
export function migrate(db: Database, path: string): void {
  db.pragma('journal_mode = wal');
  db.transaction(() => {
    for (let version = readFormat(db, path); version < formatVersion; version++) db.exec(steps[version]!);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${formatVersion}`);
  }).immediate();
}
