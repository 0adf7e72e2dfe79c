import { readMoment } from '../../history/moments/read-moment.js';
import { msOf } from '../../prelude/duration.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { isPlainObject } from '../../prelude/json.js';
import { readJsonText } from '../../prelude/json-text.js';
import { UsageError } from '../failure.js';

/** A flag's name, as messages give it. */
export type Flag = `--${string}`;

/**
 * Labels, each given by a flag of its own. A key that is given twice with two values is refused: one would be lost.
 *
 * @throws UsageError `usage`
 */
export function readLabels(given: readonly string[] = []): Record<string, string> {
  const labels = new Map<string, string>();
  for (const text of given) {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new UsageError('usage', `--label ${shown(text)} is not a label; give --label KEY=VALUE`);
    assertUtf8('--label', text);
    const [key, value] = [text.slice(0, equals), text.slice(equals + 1)];
    if (labels.has(key) && labels.get(key) !== value) {
      throw new UsageError('usage', `--label ${shown(key)} is given twice, with two values; give one`);
    }
    labels.set(key, value);
  }
  return Object.fromEntries(labels);
}

/** @throws UsageError `usage` */
export function readArgs(text: string | undefined): Record<string, unknown> | undefined {
  return text === undefined ? undefined : readJsonObject('--args', text, { example: '{"org": 123}' });
}

/** @throws UsageError `usage` */
export function readJsonObject(
  flag: Flag,
  text: string,
  { example }: { readonly example: string },
): Record<string, unknown> {
  const advice = `give a JSON object, such as ${flag} '${example}'`;
  const value = readJson(flag, text, advice);
  if (!isPlainObject(value)) throw new UsageError('usage', `${flag} is JSON but not an object; ${advice}`);
  return value;
}

/**
 * @param advice what to give instead of what is no JSON
 * @throws UsageError `usage`
 */
export function readJson(flag: Flag, text: string, advice: string): unknown {
  assertUtf8(flag, text);
  const read = readJsonText(text);
  if (E.isRight(read)) return read.right;
  const { offset, reason } = read.left;
  throw new UsageError('usage', `${flag} is not JSON: at character ${offset + 1}, ${reason}; ${advice}`);
}

/** Node replaces bytes that are not UTF-8 before a program sees its arguments; what they were is lost. */
function assertUtf8(flag: Flag, text: string): void {
  const at = text.indexOf('\uFFFD');
  if (at < 0) return;
  throw new UsageError('usage', `${flag}: character ${at + 1} is U+FFFD, which stands for bytes that are not UTF-8`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

/** @throws UsageError `usage` */
export function readWholeNumber(flag: Flag, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  const from = least === -Infinity ? '' : ` from ${least}`;
  throw new UsageError('usage', `${flag} ${shown(text)} is not possible; give a whole number${from}`);
}

/**
 * A length of time, in milliseconds.
 *
 * @throws UsageError `usage`
 */
export function readLength(flag: Flag, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = lengthIn(text);
  if (ms !== null) return ms;
  throw new UsageError('usage', `${flag} ${shown(text)} is no length of time; give one such as 15m, 2h or "1d 12h"`);
}

/**
 * A time to come: an instant, or how long until then, in milliseconds.
 *
 * @throws UsageError `usage`; OverseerError `moment-invalid`
 */
export function readTimeToCome(flag: Flag, text: string): { readonly at: string } | { readonly inMs: number } {
  const inMs = lengthIn(text);
  if (inMs !== null) return { inMs };
  const moment = /^\d{4}-/.test(text) ? readMoment(text) : null;
  if (moment?.kind === 'time') return { at: new Date(moment.at).toISOString() };
  throw new UsageError(
    'usage',
    `${flag} ${shown(text)}: give a time, such as 2026-03-01T12:30:00Z, or a length, such as 2h`,
  );
}

function lengthIn(text: string): number | null {
  try {
    const ms = msOf(text, 'a length');
    return ms > 0 ? Math.round(ms) : null;
  } catch (error) {
    if (error instanceof OverseerError) return null;
    throw error;
  }
}

/** Flags again, as words for the next command. A flag that was not given has none. */
export function flagWords(flags: Readonly<Record<string, string | readonly string[] | undefined>>): string[] {
  return Object.entries(flags).flatMap(([name, given]) => {
    const values = typeof given === 'string' ? [given] : (given ?? []);
    return values.flatMap((value) => [`--${name}`, value]);
  });
}
