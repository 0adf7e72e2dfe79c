import type { Position } from '../../domain/events.js';
import { eventLine, type StoredEvent } from '../../evidence/canonical-event.js';
import type { EventLog } from '../../log/event-log.js';
import { orThrow } from '../../store/or-throw.js';

/** How many events are read at once at first, and at most; and how many bytes of them are aimed at. */
const batch = { first: 50, most: 2000, charactersWanted: 1024 * 1024 };

/** Some events on their way to a browser: a line each, without line breaks. */
export interface EventLines {
  readonly lines: readonly string[];
  /** Of the last of them. */
  readonly last: Position;
}

/** An event as a line: its position, a space, and its canonical line. JSON has no line break in it. */
export function lineOf(event: StoredEvent): string {
  return `${event.position} ${eventLine(event)}`;
}

/**
 * The events of a graph after a position, as far as the log holds them. An event may be a hundred bytes long or half a million:
 * how many are read at once follows from the size of those before.
 */
export async function* linesOfGraph(
  log: Pick<EventLog, 'readStored'>,
  graphId: string,
  after: Position | null,
): AsyncGenerator<EventLines> {
  let limit = batch.first;
  for (let last = after; ;) {
    const events: readonly StoredEvent[] = await orThrow(log.readStored({ graphId, after: last, limit }));
    if (events.length === 0) return;
    const lines = events.map(lineOf);
    last = events.at(-1)!.position;
    yield { lines, last };
    if (events.length < limit) return;
    const characters = lines.reduce((sum, line) => sum + line.length, 0);
    const wanted = Math.floor((batch.charactersWanted * lines.length) / characters);
    limit = Math.max(1, Math.min(wanted, 2 * limit, batch.most));
  }
}
