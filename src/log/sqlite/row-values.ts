/** The values of a row of events, as the log returns them; for impossible ones in a damaged file, the nearest possible. */
import { isoTime } from '../../prelude/iso-time.js';
import { bounds } from './quick-check.js';

/** A time as text. */
export function timeText(at: number): string {
  return isoTime(possible(at));
}

/** In a damaged file, a time may be impossible; it is replaced by the nearest possible one, and `check` reports it. */
function possible(at: number): number {
  return Math.min(Math.max(Number(at) || 0, bounds.at.first), bounds.at.last);
}

/** In a damaged file, data may be something other than text. */
export function textOf(data: unknown): string {
  return typeof data === 'string' ? data : String(data);
}

/**
 * The UUID whose 32 hexadecimal digits (of either case) begin at `at` in a text. It is made of characters, not of slices:
 * V8 keeps a string made of slices as a tree of them, several times as large.
 */
export function uuidAt(text: string, at: number): string {
  const t = text.length < at + 32 ? text.padEnd(at + 32, '0') : text;
  // prettier-ignore
  return String.fromCharCode(
    digit(t, at), digit(t, at + 1), digit(t, at + 2), digit(t, at + 3),
    digit(t, at + 4), digit(t, at + 5), digit(t, at + 6), digit(t, at + 7), dash,
    digit(t, at + 8), digit(t, at + 9), digit(t, at + 10), digit(t, at + 11), dash,
    digit(t, at + 12), digit(t, at + 13), digit(t, at + 14), digit(t, at + 15), dash,
    digit(t, at + 16), digit(t, at + 17), digit(t, at + 18), digit(t, at + 19), dash,
    digit(t, at + 20), digit(t, at + 21), digit(t, at + 22), digit(t, at + 23),
    digit(t, at + 24), digit(t, at + 25), digit(t, at + 26), digit(t, at + 27),
    digit(t, at + 28), digit(t, at + 29), digit(t, at + 30), digit(t, at + 31),
  );
}

const dash = 45;

/** The code of a hexadecimal digit, in lower case. */
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code > 64 ? code | 32 : code;
}
