import type { Position, RecordedEvent } from '../domain/events.js';
import { namespaceStream } from '../domain/namespace-stream.js';
import { evolveWork, initialWork, type WorkState } from '../domain/pauses.js';
import type { EventLog } from '../log/event-log.js';
import { comparePositions } from '../domain/positions.js';
import { orThrow } from './or-throw.js';

/** @internal The events of the namespace's own stream, up to a position if one is given. They are few: an operator's. */
export async function readWorkEvents(
  log: Pick<EventLog, 'readStream'>,
  upTo: Position | null = null,
): Promise<readonly RecordedEvent[]> {
  const events = await orThrow(log.readStream(namespaceStream));
  return upTo === null ? events : events.filter(({ position }) => comparePositions(position, upTo) <= 0);
}

/** @internal Which work is paused in all graphs, now or as of a position. */
export async function loadWork(
  { log }: { readonly log: Pick<EventLog, 'readStream'> },
  asOf: Position | null = null,
): Promise<WorkState> {
  return (await readWorkEvents(log, asOf)).reduce(evolveWork, initialWork);
}
