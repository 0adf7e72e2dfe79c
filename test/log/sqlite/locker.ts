/**
 * Holds the write lock of a file, again and again, as a program with a long transaction does.
 *
 *     locker.ts FILE HOLD_MS TIMES
 */
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';

const [path, holdMs, times] = process.argv.slice(2);
const db = new Sqlite(path, { timeout: 60_000 });
for (let time = 0; time < Number(times); time++) {
  db.exec('begin immediate');
  await delay(Number(holdMs));
  db.exec('rollback');
  await delay(20);
}
db.close();
