import type { TreeHead } from '../../evidence/log-tree.js';
import type { Problem } from './invariants.js';

/** What a verification found. */
export interface Verification {
  readonly events: number;
  readonly graphs: number;
  readonly jobs: number;
  /** The first of them, up to a thousand. */
  readonly problems: readonly Problem[];
  /** How many there are in all. */
  readonly problemCount: number;
  /** What can still be read of damaged storage, in words; null where it is sound, or unknown. */
  readonly stillReadable: string | null;
  /** The tree head over these events, all of them hashed again; null where they could not all be read. */
  readonly treeHead: TreeHead | null;
}
