/** Proofs about the audit's tree, as RFC 9162 defines them, in two halves: which subtrees to show, and what they show. */
import { type Range, splitOf, type TreeHash } from './merkle-tree.js';

/** The subtrees whose roots prove that the tree of a size has a leaf at an index, the lowest first. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  const path: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.unshift([middle, to]);
      to = middle;
    } else {
      path.unshift([from, middle]);
      from = middle;
    }
  }
  return path;
}

/** The root that a leaf at an index leads to by its path; null if the path has the wrong length. */
export function rootByInclusion(
  leaf: string,
  index: number,
  size: number,
  path: readonly string[],
  hash: TreeHash,
): string | null {
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== path.length) return null;
  return path.reduce(
    (root, sibling, at) => (ranges[at]![0] > index ? hash.node(root, sibling) : hash.node(sibling, root)),
    leaf,
  );
}

/** The subtrees whose roots prove that the tree of one size is the beginning of that of another; 0 < old ≤ size. */
export function consistencyRanges(old: number, size: number): readonly Range[] {
  const path: Range[] = [];
  let from = 0;
  let to = size;
  // Whether the subtree at hand is the whole old tree, whose root the checker has already.
  let isWholeOld = true;
  while (old !== to) {
    const middle = from + splitOf(to - from);
    if (old <= middle) {
      path.unshift([middle, to]);
      to = middle;
    } else {
      path.unshift([from, middle]);
      from = middle;
      isWholeOld = false;
    }
  }
  return isWholeOld ? path : [[from, to], ...path];
}

/** The roots of both trees by a consistency proof; null if it has the wrong length. */
export function rootsByConsistency(
  old: { readonly size: number; readonly rootHash: string },
  size: number,
  path: readonly string[],
  hash: TreeHash,
): { readonly old: string; readonly now: string } | null {
  const ranges = consistencyRanges(old.size, size);
  if (ranges.length !== path.length) return null;
  const last = ranges[0];
  const isGiven = last === undefined || last[0] >= old.size;
  let oldRoot = isGiven ? old.rootHash : path[0]!;
  let root = oldRoot;
  ranges.forEach(([from], at) => {
    if (!isGiven && at === 0) return;
    const sibling = path[at]!;
    if (from >= old.size) root = hash.node(root, sibling);
    else {
      root = hash.node(sibling, root);
      oldRoot = hash.node(sibling, oldRoot);
    }
  });
  return { old: oldRoot, now: root };
}
