import type { Position } from '../../domain/events.js';
import { eventLine, type StoredEvent } from '../../evidence/canonical-event.js';
import type { EventLog } from '../../log/event-log.js';
import { orThrow } from '../../store/or-throw.js';
import { BatchSize } from './batch-size.js';

/** Events that are read at once, and their characters. */
const batch = { first: 50, most: 2000, wanted: 1024 * 1024 };

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

/** The events of a graph after a position, as far as the log holds them. */
export async function* linesOfGraph(
  log: Pick<EventLog, 'readStored'>,
  graphId: string,
  after: Position | null,
): AsyncGenerator<EventLines> {
  const size = new BatchSize(batch);
  for (let last = after; ;) {
    const { limit } = size;
    const events: readonly StoredEvent[] = await orThrow(log.readStored({ graphId, after: last, limit }));
    if (events.length === 0) return;
    const lines = events.map(lineOf);
    last = events.at(-1)!.position;
    yield { lines, last };
    if (events.length < limit) return;
    size.note(
      lines.length,
      lines.reduce((sum, line) => sum + line.length, 0),
    );
  }
}
