/**
 * Members: the pieces of an archive. Each is a gzip file of its own, and a file of several such is one too (RFC 1952), so
 * `zcat` reads all of it, and a read of ours only the members that it needs.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { NamedRow } from '../event-row.js';
import { lineOf, rowOf } from './event-line.js';

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
  const lines = rows.map((row) => {
    const line = lineOf(namespace, row);
    const again = rowOf(line);
    for (const [index, value] of row.entries()) {
      const written = index === 6 ? String(value).toLowerCase() : value;
      if (again[index] !== written) throw new Error(`event @${row[0]} cannot be written to an archive unchanged`);
    }
    return `${line}\n`;
  });
  const text = Buffer.from(lines.join(''));
  const bytes = gzipSync(text);
  return { bytes, sha256: sha256(bytes), unpacked: text.length };
}

/**
 * @param unpacked how many bytes it must have
 * @throws Error if these bytes are no member
 */
export function unpack(bytes: Buffer, unpacked: number): readonly NamedRow[] {
  const text = gunzipSync(bytes, { maxOutputLength: Math.max(unpacked, 1) });
  if (text.length !== unpacked)
    throw new Error(`it has ${text.length} bytes unpacked, where ${unpacked} were expected`);
  return text.toString().slice(0, -1).split('\n').map(rowOf);
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
