import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { LogDescription } from '../event-log.js';
import { formatVersion } from './schema.js';

const synchronousModes = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];

/** Describes a database file, for `overseer doctor`. */
export function describeSqlite(db: Database, path: string, namespace: string): LogDescription {
  const number = (sql: string, ...values: unknown[]) =>
    db
      .prepare(sql)
      .pluck()
      .get(...values) as number;
  return {
    file: path,
    bytes: statSync(path).size,
    format: db.pragma('user_version', { simple: true }) as number,
    newestFormat: formatVersion,
    isWritable: !db.readonly,
    journal: db.pragma('journal_mode', { simple: true }) as string,
    synchronous: synchronousModes[db.pragma('synchronous', { simple: true }) as number] ?? 'unknown',
    events: number('select count(*) from events'),
    graphs: number('select count(*) from graphs where namespace = ?', namespace),
    namespaces: number('select count(distinct namespace) from graphs'),
  };
}

/** The namespaces that have graphs in a file. */
export function namespacesIn(db: Database): readonly string[] {
  return db.prepare('select distinct namespace from graphs order by namespace').pluck().all() as string[];
}
