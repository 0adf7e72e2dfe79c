import Sqlite from 'better-sqlite3';

/**
 * Runs statements on a file as somebody with a tool of their own may: the list of tables can be written to, and nothing is
 * checked. A statement that fails is passed over.
 */
export function alter(path: string, statements: readonly string[]): void {
  const db = new Sqlite(path);
  try {
    db.unsafeMode(true);
    for (const setting of ['foreign_keys = off', 'ignore_check_constraints = on', 'writable_schema = on'])
      db.pragma(setting);
    for (const statement of statements) {
      try {
        db.exec(statement);
      } catch {
        // Not every statement makes sense after the ones before it.
      }
    }
  } finally {
    db.close();
  }
}
