import { OverseerError } from './errors.js';
import { shownName } from './known-names.js';

/** A length of time: milliseconds, or text with units, such as `'2h'`, `'1.5s'` or `'1d 12h'`. */
export type Duration = number | string;

const unitsMs = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const piece = /(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)\s*/y;

/**
 * A length of time in milliseconds.
 *
 * @throws OverseerError `duration-invalid`
 */
export function msOf(duration: Duration, what: string): number {
  const ms = typeof duration === 'string' ? parsed(duration) : duration;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const shown = typeof duration === 'string' ? shownName(duration) : String(duration);
  throw new OverseerError(
    'duration-invalid',
    `${what} is ${shown}; give milliseconds from 0, or text such as '90s', '2h' or '1d 12h'`,
  );
}

/** The same for a length of time that may be negative: `'-3h'`. */
export function signedMsOf(duration: Duration, what: string): number {
  if (typeof duration === 'number' && duration < 0) return -msOf(-duration, what);
  const text = typeof duration === 'string' ? duration.trim() : '';
  return text.startsWith('-') ? -msOf(text.slice(1), what) : msOf(duration, what);
}

function parsed(text: string): number {
  let ms = 0;
  let at = 0;
  const trimmed = text.trim();
  if (trimmed === '') return NaN;
  while (at < trimmed.length) {
    piece.lastIndex = at;
    const found = piece.exec(trimmed);
    if (found === null) return NaN;
    ms += Number(found[1]) * unitsMs[found[2] as keyof typeof unitsMs];
    at = piece.lastIndex;
  }
  return ms;
}

/** A length of time for people: `90 min`, `24 h`, `3 d`. */
export function inWords(ms: number): string {
  const units = ['d', 'h', 'min', 's'] as const;
  const unit = units.find((unit) => ms >= 2 * unitsMs[unit]) ?? 'ms';
  const length = unitsMs[unit];
  return `${Number((ms / length).toFixed(1))} ${unit}`;
}
