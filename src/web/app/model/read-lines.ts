import type { Position, RecordedEvent } from '../../../domain/events.js';
import { recordedEventOf } from '../../../evidence/canonical-event.js';
import { E } from '../../../prelude/fp.js';
import { parsedOrText } from '../../../prelude/json.js';

/** A line that is not what it should be: another program wrote it, or it was damaged. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/**
 * An event as the server sends it: its position in the log, a space, and its canonical line.
 *
 * @throws LineError
 */
export function eventOfLine(line: string): RecordedEvent {
  const space = line.indexOf(' ');
  if (space < 1) throw new LineError('it has no position');
  return eventAt(line.slice(space + 1), line.slice(0, space) as Position);
}

/**
 * An event by its canonical line.
 *
 * @throws LineError
 */
export function eventAt(line: string, position: Position): RecordedEvent {
  const event = recordedEventOf(parsedOrText(line), position);
  if (E.isLeft(event)) throw new LineError(event.left);
  return event.right;
}
