import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { TreeHash } from '../../../evidence/merkle-tree.js';

const ofText = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));

/** A byte that marks an inner node, and two hashes. Hashing is synchronous, so all calls can share it. */
const nodeBytes = new Uint8Array(65);
nodeBytes[0] = 1;

/** SHA-256, as the audit tree uses it: `crypto.subtle` would need a promise for each of many short texts. */
export const treeHash: TreeHash = {
  leaf: (content) => ofText(`\u0000${content}`),
  node: (left, right) => {
    nodeBytes.set(hexToBytes(left), 1);
    nodeBytes.set(hexToBytes(right), 33);
    return bytesToHex(sha256(nodeBytes));
  },
  digest: (content) => ofText(`\u0002${content}`),
  plain: ofText,
};
