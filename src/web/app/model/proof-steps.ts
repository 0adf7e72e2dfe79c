import type { Position } from '../../../domain/events.js';
import { eventOf } from '../../../evidence/canonical-event.js';
import { leafContent } from '../../../evidence/leaf-content.js';
import { inclusionRanges } from '../../../evidence/tree-proofs.js';
import { E } from '../../../prelude/fp.js';
import { treeHash } from './tree-hash.js';

/** A step from a leaf to the root: two subtrees beside each other, and the hash over both. */
export interface ProofStep {
  /** Which events the subtree on the path covers, from 0, the end excluded; and the one beside it. */
  readonly own: readonly [from: number, to: number];
  readonly beside: readonly [from: number, to: number];
  readonly ownHash: string;
  readonly besideHash: string;
  readonly isBesideLeft: boolean;
}

/** How an event leads to the root hash. */
export interface ProofPath {
  readonly leaf: string;
  readonly steps: readonly ProofStep[];
  readonly root: string;
}

interface Proof {
  readonly index: number;
  readonly event: Readonly<Record<string, unknown>>;
  readonly path: readonly string[];
  readonly treeHead: { readonly size: number };
}

/** Hashes the event of a proof, and follows its path. Null if it is no such proof. */
export function proofPath({ index, event, path, treeHead: { size } }: Proof): ProofPath | null {
  const read = eventOf(event, '0' as Position);
  const ranges = inclusionRanges(index, size);
  if (E.isLeft(read) || ranges.length !== path.length) return null;
  const leaf = treeHash.leaf(leafContent(read.right, treeHash));
  const steps: ProofStep[] = [];
  let [own, hash]: [readonly [number, number], string] = [[index, index + 1], leaf];
  ranges.forEach((beside, at) => {
    const besideHash = path[at]!;
    const isBesideLeft = beside[0] < own[0];
    steps.push({ own, beside, ownHash: hash, besideHash, isBesideLeft });
    hash = isBesideLeft ? treeHash.node(besideHash, hash) : treeHash.node(hash, besideHash);
    own = isBesideLeft ? [beside[0], own[1]] : [own[0], beside[1]];
  });
  return { leaf, steps, root: hash };
}
