import type { Position } from '../../domain/events.js';
import { OverseerError } from '../../prelude/errors.js';
import { shownName } from '../../prelude/known-names.js';
import { momentsOf, offsetAt } from '../../prelude/local-time.js';

/** A moment as people write it, read but not yet looked up in a log. */
export type Moment =
  | { readonly kind: 'position'; readonly position: Position }
  /** The n-th event of a graph, from 1. */
  | { readonly kind: 'event'; readonly number: number }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'time'; readonly at: number };

/** How a moment is written. */
export const momentForms = 'give a time such as 2026-03-01T12:30:00, @POSITION or #N';

/**
 * Reads a moment: `@POSITION` in the log, `#N` for the N-th event of a graph, or an ISO time, which is local unless it
 * says otherwise, like all times shown to people. A local time that comes twice, or not at all, is refused.
 *
 * @throws OverseerError `moment-invalid`
 */
export function readMoment(text: string): Moment {
  if (/^@\d{1,20}(\/\d{1,20})?$/.test(text)) return { kind: 'position', position: plainPosition(text.slice(1)) };
  if (/^#\d{1,15}$/.test(text)) return { kind: 'event', number: Number(text.slice(1)) };
  return { kind: 'time', at: readTime(text) };
}

/** Positions are compared as text, so leading zeros must go. */
function plainPosition(text: string): Position {
  return text.replaceAll(/\b0+(?=\d)/g, '') as Position;
}

const timePattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

function readTime(text: string): number {
  const [, date = '', time = '00:00', zone = ''] = timePattern.exec(text) ?? [];
  const at = Date.parse(`${date}T${time}${zone}`);
  const day = Number(date.slice(8));
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = new Date(`${date}T00:00Z`).getUTCDate() === day;
  if (Number.isNaN(at) || !isDay) throw momentInvalid(`${shownName(text)} is no moment; ${momentForms}`);
  return zone === '' ? onlyMoment(`${date}T${time}`) : at;
}

function onlyMoment(local: string): number {
  const moments = momentsOf(local);
  if (moments.length === 1) return moments[0]!;
  if (moments.length === 0)
    throw momentInvalid(`${local} is left out by the clocks here; say it with an offset: ${local}Z`);
  const which = moments.map((at) => `${local}${offsetAt(at)}`).join(' or ');
  throw momentInvalid(`${local} comes twice by the clocks here; say which: ${which}`);
}

/** The error for a text that is no moment, or one that is not there. */
export function momentInvalid(message: string): OverseerError {
  return new OverseerError('moment-invalid', message);
}
