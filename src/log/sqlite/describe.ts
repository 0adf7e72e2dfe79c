import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { ofNamespace } from '../../domain/namespace-stream.js';
import type { LogDescription } from '../event-log.js';
import { archiveTotals } from './archive/archive-check.js';
import { formatVersion } from './schema.js';

const synchronousModes = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];

/** Describes a database file, for `overseer doctor`. */
export function describeSqlite(db: Database, path: string, namespace: string): LogDescription {
  const number = (sql: string, ...values: unknown[]) =>
    db
      .prepare(sql)
      .pluck()
      .get(...values) as number;
  const pragma = (name: string) => db.pragma(name, { simple: true }) as number;
  const archives = archiveTotals(db);
  return {
    file: path,
    bytes: statSync(path).size,
    freeBytes: pragma('freelist_count') * pragma('page_size'),
    format: pragma('user_version'),
    newestFormat: formatVersion,
    isWritable: !db.readonly,
    journal: db.pragma('journal_mode', { simple: true }) as string,
    synchronous: synchronousModes[pragma('synchronous')] ?? 'unknown',
    events: number('select count(*) from events') + archives.events,
    archiveFiles: archives.files,
    archiveBytes: archives.bytes,
    archivedEvents: archives.events,
    graphs: number('select count(*) from graphs where namespace = ? and name <> ?', namespace, ofNamespace),
    namespaces: number('select count(distinct namespace) from graphs'),
  };
}

/** The namespaces that have graphs in a file. */
export function namespacesIn(db: Database): readonly string[] {
  return db.prepare('select distinct namespace from graphs order by namespace').pluck().all() as string[];
}
