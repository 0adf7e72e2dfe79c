/** How times, amounts and texts are written for people. */
import stripAnsi from 'strip-ansi';
import { cleanForShell, cleanText } from './clean-text.js';
import { momentsOf, offsetAt } from './local-time.js';

/**
 * A time for people: local, to the second, or to the millisecond where it may be typed as a moment. In an hour that comes
 * twice, with its offset.
 */
export function localTime(time: string | number, precision: 'seconds' | 'milliseconds' = 'seconds'): string {
  const at = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = clockTime(at.getTime(), precision);
  const isTwice = momentsOf(`${date}T${clock}`).length > 1;
  return `${date} ${clock}${isTwice ? offsetAt(at.getTime()) : ''}`;
}

/** The time of day alone. */
export function clockTime(time: string | number, precision: 'seconds' | 'milliseconds' = 'seconds'): string {
  const at = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return precision === 'seconds' ? clock : `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** A duration for people, in two units at most. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const pair = (large: number, unit: string, small: number, smallUnit: string) =>
    small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** `1 job`, `2 jobs`, `1,234 jobs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}

/** A whole number with commas: `1,234,567`. */
export function thousands(count: number): string {
  // What formats numbers for all languages takes 30 ms to begin with, and then 50 times as long as this.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(0)} KiB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

/** Text in one line of bounded length, harmless to a terminal. */
export function inShort(text: string, lengthMax: number): string {
  const line = cleanText(
    stripAnsi(text)
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
  );
  if (line.length <= lengthMax) return line;
  // Not in the middle of a character.
  return `${line.slice(0, lengthMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A value as JSON in one line of bounded length. */
export function jsonInShort(value: unknown, lengthMax: number): string {
  return inShort(JSON.stringify(value) ?? '', lengthMax);
}

/** A list in words. Only the first things are named. */
export function listed(things: readonly string[], most = 5): string {
  const left = things.length - most;
  return left <= 0 ? things.join(', ') : `${things.slice(0, most).join(', ')} and ${thousands(left)} more`;
}

/** A word quoted for a shell. Invisible characters are written as bash and zsh read them, `$'…'`. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const clean = cleanText(word);
  if (clean === word) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${cleanForShell(word.replaceAll(/[\\']/g, '\\$&'))}'`;
}
