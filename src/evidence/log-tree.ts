import * as t from '../prelude/io.js';
import { intFrom, orNull, problems, record, Sha256 } from '../prelude/codec.js';
import { E, type Either } from '../prelude/fp.js';
import type { StoredEvent } from './canonical-event.js';
import { type Position, PositionText } from '../domain/events.js';
import { leafContent } from './leaf-content.js';
import { emptyTree, GrowingTree, isTree, tileLeaves, type TreeHash, type TreeParts } from './merkle-tree.js';

/** The audit's tree over the beginning of a log. */
export interface LogTree extends TreeParts {
  /** The position of the last event in it; null for a tree without events. */
  readonly position: Position | null;
  /** When that event was recorded. */
  readonly recordedAt: string | null;
  /** The position of the last event of each full tile. */
  readonly tileEnds: readonly Position[];
}

/** The tree over no events. */
export const noTree: LogTree = { ...emptyTree, position: null, recordedAt: null, tileEnds: [] };

/** Grows a tree event by event, in log order. */
export class LogTreeBuilder {
  private readonly growing: GrowingTree;
  private readonly tileEnds: Position[];
  private last: Pick<LogTree, 'position' | 'recordedAt'>;

  constructor(
    private readonly hash: TreeHash,
    from: LogTree = noTree,
  ) {
    this.growing = new GrowingTree(hash, from);
    this.tileEnds = [...from.tileEnds];
    this.last = from;
  }

  get size(): number {
    return this.growing.size;
  }

  add(event: StoredEvent): void {
    this.growing.add(this.hash.leaf(leafContent(event, this.hash)));
    this.last = event;
    if (this.growing.size % tileLeaves === 0) this.tileEnds.push(event.position);
  }

  tree(): LogTree {
    const { position, recordedAt } = this.last;
    return { ...this.growing.parts, position, recordedAt, tileEnds: [...this.tileEnds] };
  }
}

/** The tree over `front` followed by `back`; null unless `front` ends on a tile boundary. */
export function joinTrees(front: LogTree, back: LogTree): LogTree | null {
  if (front.peaks.length > 0) return null;
  if (back.size === 0) return front;
  return {
    ...back,
    size: front.size + back.size,
    tiles: [...front.tiles, ...back.tiles],
    tileEnds: [...front.tileEnds, ...back.tileEnds],
  };
}

const Checkpoint = record('checkpoint', {
  size: intFrom(0),
  tiles: t.readonlyArray(Sha256),
  peaks: t.readonlyArray(Sha256),
  position: orNull(PositionText),
  recordedAt: orNull(t.string),
  tileEnds: t.readonlyArray(PositionText),
});

/** The tree in a checkpoint, or null if it is not a valid one. */
export function readCheckpoint(value: unknown): LogTree | null {
  const decoded = Checkpoint.decode(value);
  if (E.isLeft(decoded)) return null;
  const tree = decoded.right;
  const isWhole =
    isTree(tree) && tree.tileEnds.length === tree.tiles.length && (tree.size === 0) === (tree.position === null);
  return isWhole ? tree : null;
}

/** What can be signed and kept, to compare a log with later. */
export const TreeHead = record('tree head', {
  /** Of the log. */
  namespace: t.string,
  /** The graph whose events alone are covered, as in an export of it; null for all events of the namespace. */
  graphId: orNull(t.string),
  /** How many events are covered. */
  size: intFrom(0),
  /** SHA-256, in hexadecimal. */
  rootHash: Sha256,
  /** The position of the last event in this log. Another log with the same events may have another. */
  position: orNull(PositionText),
  /** When the last event was recorded. */
  recordedAt: orNull(t.string),
});
export type TreeHead = t.TypeOf<typeof TreeHead>;

const proofFormat = t.literal(1 as const);

/** Proves that an event has an index (from 0) in the log that a tree head covers. */
export const InclusionProof = record('inclusion proof', {
  proof: t.literal('inclusion'),
  format: proofFormat,
  treeHead: TreeHead,
  index: intFrom(0),
  /** Its canonical form. */
  event: t.UnknownRecord,
  /** The roots of the subtrees beside the event, the lowest first. */
  path: t.readonlyArray(Sha256),
});
export type InclusionProof = t.TypeOf<typeof InclusionProof>;

/** Proves that the log one tree head covers is the beginning of the one that another covers. */
export const ConsistencyProof = record('consistency proof', {
  proof: t.literal('consistency'),
  format: proofFormat,
  oldHead: TreeHead,
  treeHead: TreeHead,
  path: t.readonlyArray(Sha256),
});
export type ConsistencyProof = t.TypeOf<typeof ConsistencyProof>;

/** A value as a codec reads it, or the first thing wrong with it. */
export function readAs<A>(codec: t.Decoder<unknown, A>, value: unknown): Either<string, A> {
  const decoded = codec.decode(value);
  return E.isLeft(decoded) ? E.left(problems(decoded.left)[0] ?? 'it is not valid') : decoded;
}
