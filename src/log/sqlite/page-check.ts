import type { Database } from 'better-sqlite3';
import { wordsFor } from '../../prelude/errors.js';

/**
 * Damaged pages, and indexes that differ from their tables. SQLite may end its check at a damaged page without naming it;
 * then the pages are looked at one by one.
 */
export function pageProblems(db: Database): readonly string[] {
  const problems: string[] = [];
  try {
    // SQLite may report many problems in one text.
    for (const [text] of db.prepare('pragma integrity_check').raw().iterate() as Iterable<[string]>)
      problems.push(...text.split('\n').filter((line) => line !== 'ok' && line !== ''));
  } catch (error) {
    problems.push(`SQLite's check of its pages ended early: ${wordsFor(error)}`, ...corruptedPages(db));
  }
  return problems;
}

function corruptedPages(db: Database): readonly string[] {
  const sql = "select name, pageno from dbstat where pagetype = 'corrupted' limit 100";
  try {
    const pages = db.prepare(sql).all() as { name: string; pageno: number }[];
    return pages.map(({ name, pageno }) => `page ${pageno}, of ${name}, is damaged`);
  } catch {
    return ['page 1, or one that continues it: the list of tables itself (sqlite_schema) cannot be read'];
  }
}
