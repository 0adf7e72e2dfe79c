/**
 * Moves what is in the -wal of a file into the file itself, as far as its readers allow.
 *
 *     checkpointer.ts FILE
 */
import Sqlite from 'better-sqlite3';

const db = new Sqlite(process.argv[2], { timeout: 60_000 });
db.pragma('wal_checkpoint(passive)');
db.close();
