/** Stores in files, and an event to append where any event will do. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Append } from '../../../src/log/event-log.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { rightOf } from '../../support/right.js';
import { temporaryFolder } from '../../support/stores.js';

/** The endings of the files that make up a store: the database, its write-ahead log and the index of that log. */
export const fileEndings = ['', '-wal', '-shm'];

/** The first event of a graph. */
export const anAppend = (graphId: string): Append => ({
  graphId,
  jobId: null,
  expectedRevision: -1,
  events: [
    {
      id: randomUUID(),
      event: { type: 'GraphAborted', data: { by: 'x', reason: 'y' } },
      causationId: null,
      actor: 't',
    },
  ],
});

/** Installs a store that holds these graphs, and closes it; returns its path. */
export async function installedFile(
  graphIds: readonly string[],
  path = join(temporaryFolder(), 'overseer.db'),
): Promise<string> {
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  await rightOf(log.append(graphIds.map(anAppend)));
  await log.close();
  return path;
}
