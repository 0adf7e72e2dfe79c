import type { Colors } from 'picocolors/types.js';
import type { RecordedEvent } from '../../domain/events.js';
import { eventText } from '../../domain/event-phrases.js';
import { absurd } from '../../prelude/absurd.js';
import { cleanLine } from './paint.js';
import { cutLine, widthOf } from './width.js';
import { clockTime, localTime } from '../../prelude/phrases.js';

const idWidthMax = 24;
/** Terminals narrower than this are shown the time of day alone. */
const narrow = 100;

/** The width of a column of job ids: that of the longest, up to a maximum. */
export function idWidth(ids: Iterable<string>, most = idWidthMax): number {
  let width = 0;
  for (const id of ids) width = Math.max(width, Math.min(widthOf(id), most));
  return width;
}

/** The most that the place of an event may take of a line: all there is to say, where lines are not cut. */
export function placeWidthMax(columns: number | null): number {
  return columns === null ? Infinity : Math.max(16, Math.floor(columns * 0.3));
}

export interface EventLineOptions {
  /** The graph, the job or both; empty if that is clear. */
  readonly place: string;
  /** The width of the column of places, if they stand below each other. */
  readonly placeWidth?: number;
  /** The event's number in its graph, which is then named by it and not by its position where there is little room. */
  readonly number?: number;
  readonly paint: Colors;
  /** How wide lines are; null if they are not cut. */
  readonly columns: number | null;
}

/** An event as a line of columns: number, position, time, type, place, text. */
export function eventLine(event: RecordedEvent, options: EventLineOptions): string {
  const { place, placeWidth = 0, number, paint, columns } = options;
  const isNarrow = columns !== null && columns < narrow;
  const type = event.type === 'Unreadable' ? `${event.data.storedType} (unreadable)` : event.type;
  const front = number === undefined ? '' : `#${number}`.padEnd(5);
  const position = isNarrow && number !== undefined ? [] : [paint.dim(`@${event.position}`.padStart(7))];
  const time = isNarrow ? clockTime(event.recordedAt, 'milliseconds') : localTime(event.recordedAt, 'milliseconds');
  const shownPlace = cutLine(cleanLine(place), placeWidthMax(columns), 'middle');
  const line = [
    ...position,
    paint.dim(time),
    colourOf(event, paint)(type.padEnd(14)),
    ...(placeWidth === 0 && shownPlace === ''
      ? []
      : [shownPlace + ' '.repeat(Math.max(0, placeWidth - widthOf(shownPlace)))]),
    eventText(event),
  ].join('  ');
  const gap = position.length === 0 && front !== '' ? ' ' : '';
  return `${front}${gap}${line}`.trimEnd();
}

function colourOf(event: RecordedEvent, paint: Colors): (text: string) => string {
  switch (event.type) {
    case 'JobFinished':
      return paint.green;
    case 'JobStarted':
      return paint.cyan;
    case 'JobFaulted':
      return event.data.next.kind === 'failed' ? paint.red : paint.yellow;
    case 'JobAborted':
    case 'GraphAborted':
      return paint.magenta;
    case 'JobSkipped':
      return paint.blue;
    case 'JobDeferred':
      return paint.yellow;
    case 'JobExpired':
      return paint.red;
    case 'JobAnswered':
      return event.data.failure !== undefined ? paint.red : paint.green;
    case 'Unreadable':
      return paint.red;
    case 'Heartbeat':
    case 'ResultMemoized':
    case 'ScheduleNamed':
    case 'ClaimRevoked':
    case 'PlaceTaken':
    case 'PlaceGivenBack':
      return paint.dim;
    case 'GraphSubmitted':
    case 'JobsSpawned':
    case 'GraphReset':
    case 'GraphResumed':
    case 'WorkResumed':
    case 'JobReset':
    case 'ScheduleSet':
    case 'ScheduleResumed':
    case 'ScheduleTriggered':
    case 'LimitSet':
      return paint.bold;
    case 'GraphPaused':
    case 'WorkPaused':
    case 'SchedulePaused':
    case 'ScheduleSkipped':
      return paint.yellow;
    case 'ScheduleFired':
    case 'ScheduleBuffered':
      return paint.cyan;
    case 'ScheduleRemoved':
    case 'LimitRemoved':
      return paint.magenta;
    default:
      return absurd(event);
  }
}
