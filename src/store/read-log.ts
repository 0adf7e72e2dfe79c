import type { StoredEvent } from '../evidence/canonical-event.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventLog, LogError } from '../log/event-log.js';
import { comparePositions } from '../domain/positions.js';
import type { TaskEither } from '../prelude/fp.js';
import { orThrow } from './or-throw.js';

const readBatch = 2000;

export interface Batches {
  /** Only events after this position. */
  readonly after?: Position | null;
  /** Only events up to this position. */
  readonly upTo?: Position | null;
  /** At most this many in a batch. */
  readonly limit?: number;
}

/** @internal Events of a log in batches, in log order. */
export function eventBatches(log: EventLog, request: Batches = {}): AsyncGenerator<readonly RecordedEvent[]> {
  return batches((after, limit) => log.readAll({ after, limit }), request);
}

/** @internal Events as they are stored, in batches, in log order. Those of one graph come in one batch. */
export function storedBatches(
  log: EventLog,
  { graphId, ...request }: Batches & { readonly graphId?: string } = {},
): AsyncGenerator<readonly StoredEvent[]> {
  if (graphId === undefined) return batches((after, limit) => log.readStored({ after, limit }), request);
  const whole = { ...request, limit: Number.MAX_SAFE_INTEGER };
  return batches((after, limit) => log.readStored({ after, limit, graphId }), whole);
}

async function* batches<Event extends { readonly position: Position }>(
  read: (after: Position | null, limit: number) => TaskEither<LogError, readonly Event[]>,
  { after: start = null, upTo = null, limit = readBatch }: Batches,
): AsyncGenerator<readonly Event[]> {
  for (let after = start; ;) {
    const batch: readonly Event[] = await orThrow(read(after, limit));
    const last = batch.at(-1);
    const isBeyond = upTo !== null && last !== undefined && comparePositions(last.position, upTo) > 0;
    const asked = isBeyond ? batch.filter(({ position }) => comparePositions(position, upTo) <= 0) : batch;
    if (asked.length > 0) yield asked;
    if (asked.length < limit || last?.position === upTo) return;
    after = last!.position;
  }
}

/** @internal The latest events, the last one first; with `upTo`, as of that position. */
export async function* latestBatches(
  log: EventLog,
  {
    upTo,
    types,
    limit = readBatch,
  }: { readonly upTo?: Position | undefined; readonly types?: readonly string[]; readonly limit?: number },
): AsyncGenerator<readonly RecordedEvent[]> {
  // Going backwards, `after` means before. So begin at the next event, for the one at the position itself to count too.
  const [next] = upTo === undefined ? [] : await orThrow(log.readAll({ after: upTo, limit: 1 }));
  const filter = types === undefined ? {} : { types };
  for (let after = next?.position ?? null; ;) {
    const events: readonly RecordedEvent[] = await orThrow(
      log.readAll({ after, direction: 'backwards', filter, limit }),
    );
    if (events.length > 0) yield events;
    if (events.length < limit) return;
    after = events.at(-1)!.position;
  }
}

/** @internal Where a log ends now; null if it is empty. */
export async function lastPosition(log: Pick<EventLog, 'readAll'>): Promise<Position | null> {
  const [last] = await orThrow(log.readAll({ direction: 'backwards', limit: 1 }));
  return last?.position ?? null;
}
