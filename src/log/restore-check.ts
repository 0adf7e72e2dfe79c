import { keptData, type StoredEvent } from '../evidence/canonical-event.js';
import { streamKey } from './event-log.js';
import { isOfNamespace } from '../domain/namespace-stream.js';
import { LogError } from './log-error.js';

/** What must be known of a log to judge whether it can take events of another. */
export interface RestoreTarget {
  /** How many events the event's stream has. */
  lengthOf(event: StoredEvent): number;
  /** The id of the stored event at the same revision of the same stream. */
  idAt(event: StoredEvent): string | null;
  /** When the last event of the log was recorded, in milliseconds since the epoch. */
  readonly lastAt: number;
}

/** An event to restore, and the text of its data as it will be stored. */
export interface Restored {
  readonly event: StoredEvent;
  readonly text: string;
}

/**
 * The events that a log must add: those that it does not have.
 *
 * @throws LogError `restore-conflict` or `restore-out-of-order`, for the first that it cannot take
 */
export function toBeRestored(
  events: readonly StoredEvent[],
  target: RestoreTarget,
  address: string,
): readonly Restored[] {
  const lengths = new Map<string, number>();
  const taken: Restored[] = [];
  let lastAt = target.lastAt;
  for (const event of events) {
    const key = streamKey(event);
    const length = lengths.get(key) ?? target.lengthOf(event);
    if (event.revision < length && !lengths.has(key) && target.idAt(event) === event.id) continue;
    if (event.revision !== length) {
      const there = event.revision < length ? 'another event is there' : `its next event must be ${length}`;
      throw conflict(`${placeOf(event)} cannot be restored into ${address}: ${there}`);
    }
    const at = Date.parse(event.recordedAt);
    if (at < lastAt) throw outOfOrder(event, lastAt, address);
    taken.push({ event, text: textOf(event) });
    lengths.set(key, length + 1);
    lastAt = at;
  }
  return taken;
}

/** The text of an event's data as a log stores it. */
function textOf(event: StoredEvent): string {
  const text = keptData(event.data);
  if (text === null) throw conflict(`${placeOf(event)} was redacted, and only whole events can be restored`);
  return text;
}

function conflict(message: string): LogError {
  return new LogError('restore-conflict', message);
}

export function outOfOrder(event: StoredEvent, lastAt: number, address: string): LogError {
  const last = new Date(lastAt).toISOString();
  const message = `${placeOf(event)} was recorded at ${event.recordedAt}, and ${address} has a later event (${last}); events cannot be restored after newer ones, so use a store without these`;
  return new LogError('restore-out-of-order', message);
}

function placeOf(event: StoredEvent): string {
  const { graphId, jobId, revision } = event;
  if (isOfNamespace(event))
    return `event ${revision} of the namespace's own stream${jobId === null ? '' : ` ${jobId}`}`;
  return `event ${revision} of ${jobId === null ? `graph ${graphId}` : `job ${graphId}/${jobId}`}`;
}
