/** How limits are written for people. */
import { inWords } from '../prelude/duration.js';
import { inShort, plural } from '../prelude/phrases.js';
import type { EventOf, PlaceEvent } from './events.js';
import type { LimitMeasure } from './limit-settings.js';

/** `2 at a time, 100 starts in any 1 min` */
export function measureInWords({ concurrency, starts, windowMs }: LimitMeasure): string {
  const atATime = concurrency === undefined ? [] : [`${concurrency} at a time`];
  const rate = starts === undefined ? [] : [`${plural(starts, 'start')} in any ${inWords(windowMs ?? 0)}`];
  return [...atATime, ...rate].join(', ');
}

/** What an operator's event says of a limit. */
export function limitText(event: EventOf<'LimitSet' | 'LimitRemoved'>, textMax: number): string {
  const { key, by, reason } = event.data;
  const measure = event.type === 'LimitSet' ? `: ${measureInWords(event.data)}` : '';
  return `${key}${measure}, by ${by}: ${inShort(reason, textMax)}`;
}

/** What an event of a key's stream says. */
export function placeText(event: PlaceEvent): string {
  const { graphId, jobId, attempt } = event.data;
  const units = event.type === 'PlaceTaken' && event.data.units > 1 ? `, ${event.data.units} units` : '';
  const under = event.type === 'PlaceTaken' ? `, of ${measureInWords(event.data)}` : '';
  return `for ${graphId}/${jobId}, attempt ${attempt}${units}${under}`;
}
