/** The log in an SQLite file, when all but its last event is in archives: it must do all that it does otherwise. */
import { join } from 'node:path';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.js';
import { archivingLog } from '../support/archiving-log.js';
import { rightOf } from '../support/right.js';
import { temporaryFolder } from '../support/stores.js';
import { eventLogConformance } from './event-log-conformance.js';

const paths = new WeakMap<object, string>();

eventLogConformance('the sqlite log, archived after every append', {
  canAppend: true,
  canRestore: true,
  hasSnapshots: true,
  hasGivenClock: true,
  open: async (options = {}) => {
    const path = join(temporaryFolder(), 'overseer.db');
    const log = archivingLog(openSqliteLog({ path, ...options }));
    await rightOf(log.install());
    paths.set(log, path);
    return log;
  },
  again: (log, options = {}) => Promise.resolve(archivingLog(openSqliteLog({ path: paths.get(log)!, ...options }))),
});
