import type { StoredEvent } from '../domain/canonical-event.js';
import type { Position } from '../domain/events.js';
import { comparePositions, type EventLog } from '../log/event-log.js';
import { orThrow } from './outcome.js';

const readBatch = 2000;

export interface StoredBatches {
  readonly graphId?: string;
  /** Events behind this position only. */
  readonly after?: Position | null;
  /** Events up to this position only. */
  readonly upTo?: Position | null;
}

/** @internal Events as they are stored, in batches, in log order. Those of one graph come in one piece. */
export async function* storedBatches(
  log: EventLog,
  request: StoredBatches = {},
): AsyncGenerator<readonly StoredEvent[]> {
  const { graphId, upTo = null } = request;
  const limit = graphId === undefined ? readBatch : Number.MAX_SAFE_INTEGER;
  const filter = graphId === undefined ? {} : { graphId };
  for (let after = request.after ?? null; ;) {
    const batch: readonly StoredEvent[] = await orThrow(log.readStored({ after, limit, ...filter }));
    const asked = upTo === null ? batch : batch.filter(({ position }) => comparePositions(position, upTo) <= 0);
    if (asked.length > 0) yield asked;
    if (asked.length < limit) return;
    after = asked.at(-1)!.position;
  }
}
