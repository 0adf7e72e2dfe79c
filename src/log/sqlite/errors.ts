import Sqlite from 'better-sqlite3';
import { LogError } from '../event-log.js';
import { isNativePartMissing, nativePartMissing } from './native-part.js';

/** SQLite's error in the log's words: what is wrong, with which file, and what to do. */
export function asLogError(error: unknown, path: string): LogError {
  if (error instanceof LogError) return error;
  if (isNativePartMissing(error)) return nativePartMissing(error);
  const code = error instanceof Sqlite.SqliteError ? error.code : '';
  const cause = { cause: error };
  if (isLocked(error)) {
    return new LogError('store-locked', `${path} is locked by another program; try again when that has ended`, {
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
  if (code === 'SQLITE_NOTADB') {
    return new LogError(
      'store-not-a-database',
      `${path} is not an SQLite database; name another file or restore it from a backup`,
      cause,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith('SQLITE_CORRUPT')) return damaged(path, message, cause);
  // SQLite has no code of its own for these. This program's statements name only what the format has.
  if (code === 'SQLITE_ERROR' && /^no such (table|column)/.test(message)) return damaged(path, message, cause);
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return new LogError(
      'store-read-only',
      `${path} cannot be opened; check its permissions and those of its folder`,
      cause,
    );
  }
  return new LogError('store-unavailable', `${path} failed: ${message}`, {
    ...cause,
    isTransient: code.startsWith('SQLITE_IOERR'),
    outcomeUnknown: code.startsWith('SQLITE_IOERR'),
  });
}

/** The error for a store of which something is damaged. */
export function damaged(path: string, what: string, options: { readonly cause?: unknown } = {}): LogError {
  return new LogError(
    'store-damaged',
    `${path} is damaged (${what}); \`overseer verify\` says what can still be read, and a backup brings back the rest`,
    options,
  );
}

/** Whether the file was locked by another connection. */
export function isLocked(error: unknown): boolean {
  if (error instanceof LogError) return error.code === 'store-locked';
  return error instanceof Sqlite.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}
