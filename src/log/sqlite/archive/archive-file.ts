import type { NamedRow } from '../event-row.js';
import { memberMax, pack, type PackedMember, sha256 } from './member.js';

/** An event that goes into an archive, and the number of its stream. */
export interface Leaving {
  readonly row: NamedRow;
  readonly stream: number;
  readonly graph: number;
}

/** A member as it goes into a file. */
export interface NewMember extends PackedMember {
  /** Where it begins in the file. */
  readonly start: number;
  readonly leaving: readonly Leaving[];
}

/** A file of archived events before it is written. */
export interface NewFile {
  readonly members: readonly NewMember[];
  readonly bytes: Buffer;
  readonly sha256: Buffer;
}

/** Packs events, which are in log order, into a file. */
export function fileOf(namespace: string, leaving: readonly Leaving[], pieceEventsMax: number): NewFile {
  const members: NewMember[] = [];
  let start = 0;
  for (const piece of pieces(leaving, pieceEventsMax)) {
    const packed = pack(
      namespace,
      piece.map(({ row }) => row),
    );
    members.push({ ...packed, start, leaving: piece });
    start += packed.bytes.length;
  }
  const bytes = Buffer.concat(members.map((member) => member.bytes));
  return { members, bytes, sha256: sha256(bytes) };
}

function pieces(leaving: readonly Leaving[], eventsMax: number): readonly (readonly Leaving[])[] {
  const all: Leaving[][] = [];
  let bytes = Infinity;
  for (const each of leaving) {
    const size = each.row[9].length;
    const isFull = bytes + size > memberMax.bytes || all.at(-1)!.length >= eventsMax;
    if (isFull) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)!.push(each);
    bytes += size;
  }
  return all;
}
