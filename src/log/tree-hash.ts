import { hash } from 'node:crypto';
import type { TreeHash } from '../evidence/merkle-tree.js';

/** A byte that marks an inner node, and two hashes. Hashing is synchronous, so all calls can share it. */
const nodeBytes = Buffer.alloc(65);
nodeBytes[0] = 1;

/** SHA-256, as the audit tree uses it. */
export const treeHash: TreeHash = {
  leaf: (content) => hash('sha256', `\u0000${content}`),
  node: (left, right) => {
    nodeBytes.write(left, 1, 32, 'hex');
    nodeBytes.write(right, 33, 32, 'hex');
    return hash('sha256', nodeBytes);
  },
  digest: (content) => hash('sha256', `\u0002${content}`),
  plain: (content) => hash('sha256', content),
};
