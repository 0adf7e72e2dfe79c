/** Graphs that this release cannot read, or not to their end, as a newer release or another program leaves them in a log. */
import type { Position, Store } from '../../../src/index.js';
import { rightOf } from '../../support/right.js';
import { submit } from './browser.js';

interface Strange {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: object;
}

/** Puts an event behind the last one of a graph's own stream. Restored, since no append takes it. */
async function restore(db: Store, graphId: string, { type, schemaVersion, data }: Strange): Promise<void> {
  const own = await rightOf(db.log.readStored({ graphId, limit: 100 }));
  const revision = own.filter(({ jobId }) => jobId === null).length;
  const envelope = { graphId, jobId: null, revision, causationId: null, actor: 'newer' };
  const [id, recordedAt] = [db.environment.newId(), new Date().toISOString()];
  const position = '1' as Position;
  const event = { ...envelope, id, position, recordedAt, type, schemaVersion, data: JSON.stringify(data) };
  await rightOf(db.log.restore([event]));
}

/** A graph whose submission a newer release has written. */
export async function submitUnreadable(db: Store, graphId: string): Promise<void> {
  await restore(db, graphId, { type: 'GraphSubmitted', schemaVersion: 99, data: { plan: '<b>new</b>' } });
}

/** A graph that goes on with an event of a newer release. */
export async function submitBeyond(db: Store, graphId: string): Promise<void> {
  await submit(db, graphId, 2);
  await goBeyond(db, graphId);
}

export async function goBeyond(db: Store, graphId: string): Promise<void> {
  await restore(db, graphId, { type: 'GraphPaused', schemaVersion: 99, data: { until: 'tomorrow' } });
}
