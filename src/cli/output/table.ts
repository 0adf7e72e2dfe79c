import type { Colors } from 'picocolors/types.js';
import { cleanLine } from './paint.js';
import { type CutAt, cutLine, widthOf, wrapped } from './width.js';

/** How wide a table may be, and which of its cells are cut for it. */
export interface Fit {
  /** Null if there is no limit. */
  readonly columns: number | null;
  /** By the column's index, from 0. The widest of these give way first. */
  readonly cut: Readonly<Record<number, CutAt>>;
  /** The column that gives way last, such as that of names. */
  readonly last?: number;
}

/** Rows under headings, without borders, as lines. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Colors,
  fit?: Fit,
): string[] {
  return rowLines([headings.map((heading) => paint.dim(heading.toUpperCase())), ...rows], fit);
}

/**
 * Names and values, one pair a line. Pairs without a value are left out. A value that is too long for the columns there are
 * goes on below: none is cut.
 */
export function pairLines(
  pairs: readonly (readonly [string, string | null])[],
  paint: Colors,
  columns: number | null = null,
): string[] {
  const present = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const lines = rowLines(present.map(([name, value]) => [paint.dim(name), value]));
  const indent = Math.max(0, ...present.map(([name]) => name.length)) + gap.length;
  return columns === null ? lines : lines.flatMap((line) => wrapped(line, columns, indent));
}

/** Rows without headings. Columns are as wide as their widest cell. */
export function rowLines(rows: readonly (readonly string[])[], fit?: Fit): string[] {
  // Before anything is measured: a control character has no width that is known.
  const clean = fitted(
    rows.map((row) => row.map(cleanLine)),
    fit,
  );
  const widths = widthsOf(clean);
  const padded = (cell: string, column: number) => cell + ' '.repeat(widths[column]! - widthOf(cell));
  return clean.map((row) => row.map(padded).join(gap).trimEnd());
}

const gap = '  ';
/** Less than this says nothing. The line is then longer than it should be. */
const cellLeast = 6;
/** As long as the others have so much each, the column that gives way last keeps its own. */
const cellGood = 12;

/** Cuts cells so that the rows fit: no cell of the columns that may be cut is left wider than one width, which is shared. */
function fitted(rows: readonly (readonly string[])[], fit: Fit | undefined): readonly (readonly string[])[] {
  if (fit === undefined || fit.columns === null) return rows;
  const { columns, cut, last } = fit;
  const widths = widthsOf(rows);
  const room = columns - gap.length * (widths.length - 1);
  const share = (isFirm: (column: number) => boolean) => {
    const firm = widths.reduce((sum, width, column) => sum + (isFirm(column) ? width : 0), 0);
    return sharedWidth(
      widths.filter((_, column) => !isFirm(column)),
      room - firm,
    );
  };
  const withoutLast = share((column) => !(column in cut) || column === last);
  const isLastKept = withoutLast >= cellGood;
  const most = Math.max(cellLeast, isLastKept ? withoutLast : share((column) => !(column in cut)));
  return rows.map((row) =>
    row.map((cell, column) =>
      !(column in cut) || (isLastKept && column === last) ? cell : cutLine(cell, most, cut[column]),
    ),
  );
}

/** The width that none may be over, for all of them together to fit into the room. */
function sharedWidth(widths: readonly number[], room: number): number {
  let left = room;
  const rising = [...widths].sort((a, b) => a - b);
  for (const [index, width] of rising.entries()) {
    const share = Math.floor(left / (rising.length - index));
    if (width > share) return share;
    left -= width;
  }
  return Infinity;
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))));
  return widths;
}
