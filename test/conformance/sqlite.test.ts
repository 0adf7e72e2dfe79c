import { join } from 'node:path';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.js';
import { rightOf } from '../support/right.js';
import { temporaryFolder } from '../support/stores.js';
import { eventLogConformance } from './event-log-conformance.js';

for (const synchronous of ['FULL', 'NORMAL'] as const) {
  const paths = new WeakMap<object, string>();
  eventLogConformance(`the sqlite log, synchronous ${synchronous}`, {
    canAppend: true,
    canRestore: true,
    hasSnapshots: true,
    findsOpenGraphs: true,
    hasGivenClock: true,
    open: async (options = {}) => {
      const path = join(temporaryFolder(), 'overseer.db');
      const log = openSqliteLog({ path, synchronous, ...options });
      await rightOf(log.install());
      paths.set(log, path);
      return log;
    },
    again: (log, options = {}) => Promise.resolve(openSqliteLog({ path: paths.get(log)!, synchronous, ...options })),
  });
}
