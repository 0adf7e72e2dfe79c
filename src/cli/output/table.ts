import type { Colors } from 'picocolors/types.js';
import stringWidth from 'string-width';
import { cleanLine } from './paint.js';

/** Rows under headings, without borders, as lines. */
export function tableLines(headings: readonly string[], rows: readonly (readonly string[])[], paint: Colors): string[] {
  return rowLines([headings.map((heading) => paint.dim(heading.toUpperCase())), ...rows]);
}

/** Names and values, one pair a line. Pairs without a value are left out. */
export function pairLines(pairs: readonly (readonly [string, string | null])[], paint: Colors): string[] {
  return rowLines(pairs.flatMap(([name, value]) => (value === null ? [] : [[paint.dim(name), value]])));
}

/** Rows without headings. Columns are as wide as their widest cell; characters of some scripts take two places. */
export function rowLines(rows: readonly (readonly string[])[]): string[] {
  // Before anything is measured: a control character has no width that is known.
  const clean = rows.map((row) => row.map((cell) => ({ text: cleanLine(cell), width: stringWidth(cleanLine(cell)) })));
  const widths: number[] = [];
  for (const row of clean) row.forEach(({ width }, column) => (widths[column] = Math.max(widths[column] ?? 0, width)));
  const padded = ({ text, width }: Cell, column: number) => text + ' '.repeat(widths[column]! - width);
  return clean.map((row) => row.map(padded).join('  ').trimEnd());
}

interface Cell {
  readonly text: string;
  readonly width: number;
}
