import { createRequire } from 'node:module';
import Sqlite from 'better-sqlite3';
import { LogError } from '../event-log.js';

/** The versions of better-sqlite3 and SQLite. Throws a LogError if the compiled part cannot be loaded. */
export function sqliteRelease(): string {
  try {
    const db = new Sqlite(':memory:');
    const sqlite = db.prepare('select sqlite_version()').pluck().get() as string;
    db.close();
    return `better-sqlite3 ${libraryVersion()}, SQLite ${sqlite}`;
  } catch (error) {
    throw isNativePartMissing(error) ? nativePartMissing(error) : error;
  }
}

function libraryVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('better-sqlite3/package.json') as { version: string }).version;
}

/** Whether the compiled part failed to load. better-sqlite3 loads it with the first database; Node's loader then throws. */
export function isNativePartMissing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Sqlite.SqliteError) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND') return true;
  return /could not locate the bindings file/i.test(error.message);
}

export function nativePartMissing(cause: unknown): LogError {
  const isOther = (cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED';
  const what = isOther ? `cannot be loaded by Node.js ${process.version} on this machine` : 'is missing';
  return new LogError(
    'store-native-part-missing',
    `the compiled part of better-sqlite3 ${what}; where overseer is installed, run \`npm install-scripts approve better-sqlite3\` (npm 11 and later) and \`npm rebuild better-sqlite3\``,
    { cause },
  );
}
