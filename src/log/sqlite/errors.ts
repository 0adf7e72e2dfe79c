import Sqlite from 'better-sqlite3';
import { LogError } from '../event-log.js';

/** SQLite's error in the log's words: what is wrong with which file, and what to do. */
export function asLogError(error: unknown, path: string): LogError {
  if (error instanceof LogError) return error;
  const code = error instanceof Sqlite.SqliteError ? error.code : '';
  const cause = { cause: error };
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new LogError('store-locked', `${path} is locked by another program; try again when it lets go`, {
      ...cause,
      isTransient: true,
    });
  }
  if (code.startsWith('SQLITE_FULL')) {
    return new LogError('store-full', `the disk under ${path} is full; nothing was written, make room and try again`, {
      ...cause,
      isTransient: true,
    });
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM')) {
    return new LogError(
      'store-read-only',
      `${path} cannot be written to; check its permissions and those of its folder`,
      cause,
    );
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    const what = code === 'SQLITE_NOTADB' ? 'is not an SQLite database' : 'is damaged';
    return new LogError(
      'store-not-a-database',
      `${path} ${what}; name another file or restore it from a backup`,
      cause,
    );
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return new LogError(
      'store-read-only',
      `${path} cannot be opened; check its permissions and those of its folder`,
      cause,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LogError('store-unavailable', `${path} failed: ${message}`, {
    ...cause,
    isTransient: code.startsWith('SQLITE_IOERR'),
    outcomeUnknown: code.startsWith('SQLITE_IOERR'),
  });
}
