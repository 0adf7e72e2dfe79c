/** What explanations are written with, and in. */
import type { Paint } from '../../domain/status-phrases.js';
import { duration, localTime } from '../../prelude/phrases.js';

/** What explanations are written with. */
export interface Speech {
  readonly paint: Paint;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What to type next. */
  readonly hint: (...words: string[]) => string;
  /** How many jobs, workers and causes of a kind are named. */
  readonly limit: number;
}

/** Rows of cells that stand under each other. */
export interface AlignedRows {
  readonly rows: readonly (readonly string[])[];
  /** Which cells are cut where there is no room, and where: by the column's index, from 0. */
  readonly cut: Readonly<Record<number, 'middle' | 'end'>>;
  /** The column that is cut last. */
  readonly last?: number;
}

/** A command to type, and what it is for. */
interface SuggestedCommand {
  readonly lead: string;
  readonly command: string;
}

/** A sentence, indented under the one it belongs to; a command; or rows. */
export type ExplanationLine = string | SuggestedCommand | AlignedRows;

export function timeOf(time: string | null): string {
  return time === null ? 'some time' : localTime(time);
}

export function untilOf(time: string | null, now: number): string {
  const left = time === null ? 0 : Date.parse(time) - now;
  return left <= 0 ? 'which is now' : `in ${duration(left)}`;
}
