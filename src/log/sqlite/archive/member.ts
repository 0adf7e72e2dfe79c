/**
 * Members: the pieces of an archive. Each is a gzip file of its own, and a file of several such is one too (RFC 1952), so
 * `zcat` reads all of it, and a read of ours only the members that it needs.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { leastWhere } from '../../../prelude/least-where.js';
import type { NamedRow } from '../event-row.js';
import { lineOf, markOf, rowOf } from './event-line.js';

/** A member is closed when it has this many events, or this many bytes before they are compressed. */
export const memberMax = { events: 1000, bytes: 1024 * 1024 };

export interface PackedMember {
  /** Compressed. */
  readonly bytes: Buffer;
  readonly sha256: Buffer;
  /** How many bytes it has when it is unpacked. */
  readonly unpacked: number;
}

/**
 * Packs events, in the order of the log.
 *
 * @throws Error if an event would not be read again as it was written
 */
export function pack(namespace: string, rows: readonly NamedRow[]): PackedMember {
  const text = Buffer.from(rows.map((row) => `${lineOf(namespace, row)}\n`).join(''));
  const written = new UnpackedMember(text);
  for (const [index, row] of rows.entries()) {
    const again = written.row(index);
    if (!row.every((value, column) => value === again[column])) {
      throw new Error(`event @${row[0]} cannot be written to an archive unchanged`);
    }
  }
  const bytes = gzipSync(text);
  return { bytes, sha256: sha256(bytes), unpacked: text.length };
}

/**
 * @param unpacked how many bytes it must have
 * @throws Error if these bytes are no member
 */
export function unpack(bytes: Buffer, unpacked: number): UnpackedMember {
  const text = gunzipSync(bytes, { maxOutputLength: unpacked });
  if (text.length === unpacked) return new UnpackedMember(text);
  throw new Error(`it has ${text.length} bytes unpacked, where ${unpacked} were expected`);
}

const lineBreak = 10;
/** The beginning of every line, up to the position. */
const beforePosition = '{"position":';

/**
 * The events of a member, in the order of the log. A row is made of its line when it is asked for: what is kept for long is
 * bytes, which cost the garbage collector nothing.
 */
export class UnpackedMember {
  readonly positions: Float64Array;
  /** Where each line ends. */
  private readonly ends: Uint32Array;

  constructor(private readonly text: Buffer) {
    const ends: number[] = [];
    for (let end = text.indexOf(lineBreak); end >= 0; end = text.indexOf(lineBreak, end + 1)) ends.push(end);
    this.ends = Uint32Array.from(ends);
    this.positions = Float64Array.from(ends, (_, index) => numberAt(text, this.startOf(index) + beforePosition.length));
  }

  get size(): number {
    return this.ends.length;
  }

  /** @throws Error if its line is not one that was written */
  row(index: number): NamedRow {
    return rowOf(this.text, this.startOf(index), this.ends[index]!);
  }

  rows(): readonly NamedRow[] {
    return Array.from(this.ends, (_, index) => this.row(index));
  }

  /** The events of a graph, or of one of its streams. */
  rowsOf(graphId: string, job?: string): readonly NamedRow[] {
    const mark = markOf(graphId, job);
    const rows: NamedRow[] = [];
    for (let at = this.text.indexOf(mark); at >= 0;) {
      const index = leastWhere(0, this.ends.length, (each) => this.ends[each]! > at);
      const row = this.row(index);
      // The same text may stand in the data of another event.
      if (row[1] === graphId && (job === undefined || row[2] === job)) rows.push(row);
      at = this.text.indexOf(mark, this.ends[index]);
    }
    return rows;
  }

  /** The number of the first event after a position. */
  indexAfter(position: number): number {
    return leastWhere(0, this.positions.length, (index) => this.positions[index]! > position);
  }

  private startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]! + 1;
  }
}

/** The whole number that is written from a place on. */
function numberAt(text: Buffer, from: number): number {
  let number = 0;
  for (let at = from; ; at++) {
    const digit = (text[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
