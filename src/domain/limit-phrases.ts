/** How limits are written for people. */
import { inWords } from '../prelude/duration.js';
import { inShort, plural } from '../prelude/phrases.js';
import type { EventOf, PlaceEvent, RecordedEvent } from './events.js';
import type { LimitMeasure } from './limit-settings.js';

/** `2 at a time, 100 starts in any 1 min` */
export function measureInWords({ concurrency, starts, windowMs }: LimitMeasure): string {
  const atATime = concurrency === undefined ? [] : [`${concurrency} at a time`];
  const rate = starts === undefined ? [] : [`${plural(starts, 'start')} in any ${inWords(windowMs ?? 0)}`];
  return [...atATime, ...rate].join(', ');
}

/** An event that sets a limit, or that takes a place or gives one back. */
export type LimitEvent = EventOf<'LimitSet' | 'LimitRemoved'> | PlaceEvent;

export function isOfLimits(event: RecordedEvent): event is RecordedEvent & LimitEvent {
  return event.type.startsWith('Limit') || event.type.startsWith('Place');
}

/** What an event says that sets a limit, or that takes a place or gives one back. */
export function limitEventText({ type, data }: LimitEvent, textMax: number): string {
  switch (type) {
    case 'LimitSet':
      return `${data.key}: ${measureInWords(data)}, by ${data.by}: ${inShort(data.reason, textMax)}`;
    case 'LimitRemoved':
      return `${data.key}, by ${data.by}: ${inShort(data.reason, textMax)}`;
    case 'PlaceTaken': {
      const units = data.units > 1 ? `, ${data.units} units` : '';
      return `for ${data.graphId}/${data.jobId}, attempt ${data.attempt}${units}, of ${measureInWords(data)}`;
    }
    case 'PlaceGivenBack':
      return `for ${data.graphId}/${data.jobId}, attempt ${data.attempt}`;
  }
}
