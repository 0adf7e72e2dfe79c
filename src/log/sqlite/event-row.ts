/**
 * An event as a row: the columns that reads select, in their order (SQLite's arrays are read faster than its objects). In
 * the tables, names are numbers; in archives they are written out, and so are the ids.
 */
import { uuidAt } from './row-values.js';

export type Row<Name extends number | string = number> = readonly [
  position: number,
  graph: Name,
  /** '' for the graph's own stream. */
  job: string,
  revision: number,
  type: Name,
  version: number,
  /** The id of the event, then that of its cause, in hexadecimal. In an archive, the id of the event as it is shown. */
  ids: string,
  actor: Name,
  /** Milliseconds since the epoch. */
  at: number,
  data: string,
];

export type NamedRow = readonly [...Row<string>, causationId: string | null];

/** A row of the database, or one of an archive. */
export type AnyRow = Row | NamedRow;

export function idOf(row: AnyRow): string {
  return isNamed(row) ? row[6] : uuidAt(row[6], 0);
}

export function causationIdOf(row: AnyRow): string | null {
  if (isNamed(row)) return row[10];
  return row[6].length < 64 ? null : uuidAt(row[6], 32);
}

function isNamed(row: AnyRow): row is NamedRow {
  return typeof row[1] === 'string';
}
