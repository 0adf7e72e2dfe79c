/**
 * Copies a file that is in use, with SQLite's own backup: all of it in one step, since a writer in between would have it
 * begin anew.
 *
 *     copier.ts FILE COPY
 */
import Sqlite from 'better-sqlite3';

const [path, copy] = process.argv.slice(2);
const db = new Sqlite(path, { timeout: 60_000 });
await db.backup(copy!, { progress: () => 2 ** 30 });
db.close();
