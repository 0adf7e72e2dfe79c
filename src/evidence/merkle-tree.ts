/**
 * The audit's tree over a log: that of RFC 9162 (Certificate Transparency), section 2.1. Its root changes with every
 * event, so anyone who kept a root can tell whether the log of that time is still the beginning of today's.
 *
 * Hashes are SHA-256, written in hexadecimal.
 */

/** Hashes of three kinds, which differ in the first byte: a leaf, a node and a digest are never equal. */
export interface TreeHash {
  /** Of 0x00 and the content. */
  leaf(content: string): string;
  /** Of 0x01 and both hashes. */
  node(left: string, right: string): string;
  /** Of 0x02 and the content. */
  digest(content: string): string;
  /** Of the content alone. */
  plain(content: string): string;
}

/** Leaves in a tile. Of a full tile, a tree keeps only the root: its events can be hashed again. */
export const tileLeaves = 4096;

/** What a tree consists of: the roots of its full tiles, and of the full subtrees after them. */
export interface TreeParts {
  readonly size: number;
  readonly tiles: readonly string[];
  /** Largest first: one per 1-bit in the number of leaves after the last full tile. */
  readonly peaks: readonly string[];
}

export const emptyTree: TreeParts = { size: 0, tiles: [], peaks: [] };

/** Whether the parts are those of one tree, as far as can be checked without its leaves. */
export function isTree({ size, tiles, peaks }: TreeParts): boolean {
  return tiles.length === Math.floor(size / tileLeaves) && peaks.length === onesIn(size % tileLeaves);
}

function onesIn(n: number): number {
  let ones = 0;
  for (let rest = n; rest > 0; rest >>>= 1) ones += rest & 1;
  return ones;
}

/** A tree that grows leaf by leaf. */
export class GrowingTree {
  private grownTo: number;
  private readonly tiles: string[];
  private peaks: string[];

  constructor(
    private readonly hash: TreeHash,
    from: TreeParts = emptyTree,
  ) {
    this.grownTo = from.size;
    this.tiles = [...from.tiles];
    this.peaks = [...from.peaks];
  }

  get size(): number {
    return this.grownTo;
  }

  get parts(): TreeParts {
    return { size: this.grownTo, tiles: [...this.tiles], peaks: [...this.peaks] };
  }

  add(leaf: string): void {
    let top = leaf;
    // One full peak per trailing 1-bit of the size is merged into the new one.
    for (let rest = this.grownTo % tileLeaves; (rest & 1) === 1; rest >>>= 1)
      top = this.hash.node(this.peaks.pop()!, top);
    this.grownTo += 1;
    if (this.grownTo % tileLeaves === 0) this.tiles.push(top);
    else this.peaks.push(top);
  }

  /** The root of the whole tree; for an empty tree, the hash of nothing. */
  root(): string {
    return rootOf(this.parts, this.hash);
  }
}

export function rootOf({ size, tiles, peaks }: TreeParts, hash: TreeHash): string {
  if (size === 0) return hash.plain('');
  const rest = peaks.length === 0 ? null : foldPeaks(peaks, hash);
  return rootOver(tiles, rest, hash);
}

/** The root over the roots of full tiles, followed by that of the rest. */
function rootOver(tiles: readonly string[], rest: string | null, hash: TreeHash): string {
  const roots = rest === null ? tiles : [...tiles, rest];
  return rootOfRoots(roots, 0, roots.length, hash);
}

function rootOfRoots(roots: readonly string[], from: number, to: number, hash: TreeHash): string {
  if (to - from === 1) return roots[from]!;
  const middle = from + splitOf(to - from);
  return hash.node(rootOfRoots(roots, from, middle, hash), rootOfRoots(roots, middle, to, hash));
}

function foldPeaks(peaks: readonly string[], hash: TreeHash): string {
  return peaks.reduceRight((right, left) => hash.node(left, right));
}

/** The root over some leaves. */
export function rootOfLeaves(leaves: readonly string[], hash: TreeHash): string {
  return leaves.length === 0 ? hash.plain('') : rootOfRoots(leaves, 0, leaves.length, hash);
}

/** The largest power of two below a size: where a tree of that size is split. */
export function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

/** A range of leaves: `from` is included, `to` is not. */
export type Range = readonly [from: number, to: number];

/** A tree that can give the root of any subtree. Roots of whole tiles are known; leaves within one are hashed again. */
export class SearchableTree {
  private readonly tiles = new Map<number, readonly string[]>();

  /** @param leavesOf the hashes of a tile's leaves, the first tile being 0; the last may be incomplete */
  constructor(
    private readonly parts: TreeParts,
    private readonly hash: TreeHash,
    private readonly leavesOf: (tile: number) => Promise<readonly string[]>,
  ) {}

  async root([from, to]: Range): Promise<string> {
    const { size, tiles, peaks } = this.parts;
    const first = Math.floor(from / tileLeaves);
    const isWithinTile = to <= (first + 1) * tileLeaves;
    const isWhole = from % tileLeaves === 0 && (to % tileLeaves === 0 || to === size);
    if (isWhole) {
      const full = tiles.slice(first, Math.floor(to / tileLeaves));
      const hasRest = to % tileLeaves !== 0;
      return rootOver(full, hasRest ? foldPeaks(peaks, this.hash) : null, this.hash);
    }
    if (isWithinTile) {
      const leaves = await this.tile(first);
      return rootOfLeaves(leaves.slice(from - first * tileLeaves, to - first * tileLeaves), this.hash);
    }
    const middle = from + splitOf(to - from);
    return this.hash.node(await this.root([from, middle]), await this.root([middle, to]));
  }

  async tile(tile: number): Promise<readonly string[]> {
    const known = this.tiles.get(tile);
    if (known !== undefined) return known;
    const leaves = await this.leavesOf(tile);
    this.tiles.set(tile, leaves);
    return leaves;
  }
}
