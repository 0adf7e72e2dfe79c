/** Appends five events at a time, for ever, and prints the stream and revision of each append that is acknowledged. */
import { randomUUID } from 'node:crypto';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { rightOf } from '../../support/right.js';

const log = openSqliteLog({ path: process.argv[2]! });
await rightOf(log.install());
const graphId = randomUUID();
for (let revision = -1; ; revision += 5) {
  const events = Array.from({ length: 5 }, () => ({
    id: randomUUID(),
    event: { type: 'GraphAborted', data: { by: 'writer', reason: 'x'.repeat(500) } } as const,
    causationId: null,
    actor: 'writer',
  }));
  await rightOf(log.append([{ graphId, jobId: null, expectedRevision: revision, events }]));
  process.stdout.write(`${graphId} ${revision + 5}\n`);
}
