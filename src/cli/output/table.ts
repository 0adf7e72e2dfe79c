import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { Colors } from 'picocolors/types.js';
import { cleanLine } from './paint.js';

const nothing = { mid: '', left: '', right: '' };
const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  'left-mid': '',
  'mid-mid': '',
  'right-mid': '',
  middle: '  ',
  ...nothing,
};

/** Rows under headings, without borders, as lines. */
export function tableLines(headings: readonly string[], rows: readonly (readonly string[])[], paint: Colors): string[] {
  return rowLines([headings.map((heading) => paint.dim(heading.toUpperCase())), ...rows]);
}

/** Names and values, one pair a line. Pairs without a value are left out. */
export function pairLines(pairs: readonly (readonly [string, string | null])[], paint: Colors): string[] {
  return rowLines(pairs.flatMap(([name, value]) => (value === null ? [] : [[paint.dim(name), value]])));
}

/** Above this many rows, the layout is a plain one of our own: the library's time grows with their square. */
const niceRowsMax = 500;

/** Rows without headings. */
export function rowLines(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  // Before anything is measured: the library splits a cell at its line feeds.
  const clean = rows.map((row) => row.map(cleanLine));
  return clean.length > niceRowsMax ? plainLines(clean) : niceLines(clean);
}

function niceLines(rows: readonly (readonly string[])[]): string[] {
  const style = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };
  const table = new Table({ chars: noBorders, style });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Each character counts as one column, though those of some scripts are wider. */
function plainLines(rows: readonly (readonly string[])[]): string[] {
  const widthOf = (cell: string) => stripVTControlCharacters(cell).length;
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))));
  const padded = (cell: string, column: number) => cell + ' '.repeat(widths[column]! - widthOf(cell));
  return rows.map((row) => row.map(padded).join('  ').trimEnd());
}
