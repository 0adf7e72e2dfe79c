/**
 * An event as a row: the columns that reads select, in their order (SQLite's arrays are read faster than its objects). In
 * the tables, names are numbers; in archives they are written out.
 */
export type Row<Name extends number | string = number> = readonly [
  position: number,
  graph: Name,
  /** '' for the graph's own stream. */
  job: string,
  revision: number,
  type: Name,
  version: number,
  /** The id of the event, then that of its cause, in hexadecimal. */
  ids: string,
  actor: Name,
  /** Milliseconds since the epoch. */
  at: number,
  data: string,
];

export type NamedRow = Row<string>;

/** The number of the first row, in rows that rise by position, that is after a position. */
export function indexAfter(rows: readonly Row<number | string>[], position: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]![0] <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
