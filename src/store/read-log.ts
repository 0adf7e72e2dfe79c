import type { Position, RecordedEvent } from '../domain/events.js';
import { comparePositions, type EventLog } from '../log/event-log.js';
import { orThrow } from './outcome.js';

const readBatch = 2000;

/** @internal The log from its start, in batches, up to a position if one is given. */
export async function* eventBatches(log: EventLog, upTo?: Position): AsyncGenerator<readonly RecordedEvent[]> {
  for (let after: Position | null = null; ;) {
    const batch: readonly RecordedEvent[] = await orThrow(log.readAll({ after, limit: readBatch }));
    const asked = upTo === undefined ? batch : batch.filter((event) => comparePositions(event.position, upTo) <= 0);
    if (asked.length > 0) yield asked;
    if (asked.length < readBatch) return;
    after = asked.at(-1)!.position;
  }
}
