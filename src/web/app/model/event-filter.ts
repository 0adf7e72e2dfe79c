import type { RecordedEvent } from '../../../domain/events.js';

/** Which events of a graph are listed. Empty texts let all through. */
export interface EventFilter {
  readonly type: string;
  readonly jobId: string;
  /** A part of who wrote it. */
  readonly actor: string;
}

/** The numbers of the events that a filter lets through, rising; null if it lets all through. */
export function filteredNumbers(events: readonly RecordedEvent[], filter: EventFilter): readonly number[] | null {
  const { type, jobId, actor } = filter;
  if (type === '' && jobId === '' && actor === '') return null;
  const numbers: number[] = [];
  events.forEach((event, index) => {
    const isShown =
      (type === '' || event.type === type) &&
      (jobId === '' || event.jobId === jobId) &&
      (actor === '' || event.actor.includes(actor));
    if (isShown) numbers.push(index + 1);
  });
  return numbers;
}
