import type { RecordedEvent } from '../../../domain/events.js';
import type { Terminal } from '../../output/terminal.js';
import { localTime, thousands } from '../../../prelude/phrases.js';
import { tableLines } from '../../output/table.js';

/** An event with its number in the graph. */
export type NumberedEvent = RecordedEvent & { readonly number: number };

/** More events than this are shown by type unless they are asked for. */
const printedMost = 60;
const matterMost = 24;

export function isLong(events: readonly NumberedEvent[]): boolean {
  return events.length > printedMost;
}

/** The progress of a graph, of which a large one makes thousands. */
const progress: readonly NumberedEvent['type'][] = ['JobStarted', 'Heartbeat', 'JobFinished', 'JobDeferred'];

/** The latest events that somebody may want to know of: what went wrong, and what people did. */
export function eventsThatMatter(events: readonly NumberedEvent[]): readonly NumberedEvent[] {
  return events.filter(({ type }) => !progress.includes(type)).slice(-matterMost);
}

/** How many events there are of each type, and when the first and the last of them was. */
export function eventTypeTable(events: readonly NumberedEvent[], { paint }: Terminal): string[] {
  const types = new Map<string, { count: number; first: NumberedEvent; last: NumberedEvent }>();
  for (const event of events) {
    const known = types.get(event.type);
    if (known === undefined) types.set(event.type, { count: 1, first: event, last: event });
    else {
      known.count += 1;
      known.last = event;
    }
  }
  const rows = [...types].map(([type, { count, first, last }]) => [
    type,
    thousands(count),
    localTime(first.recordedAt, 'milliseconds'),
    localTime(last.recordedAt, 'milliseconds'),
  ]);
  return tableLines(['type', 'events', 'first', 'last'], rows, paint);
}
