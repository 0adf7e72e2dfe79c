import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { LogError } from '../../log-error.js';
import { isLocked } from '../errors.js';
import type { ArchiveFolder } from './archive-folder.js';

/**
 * Holds the folder of archives for one run at a time. It is a lock of SQLite's, on an empty file: the system lets go of it
 * when the process ends, however it does.
 *
 * @returns how to let go
 * @throws LogError `store-locked` while another run holds it
 */
export function lockFolder({ path, database }: ArchiveFolder): () => void {
  const lock = new Sqlite(join(path, '.lock'), { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!isLocked(error)) throw error;
    throw new LogError('store-locked', `another process is archiving ${database}; wait until that has ended`);
  }
  return () => lock.close();
}
