/** The audit's tree and its proofs, compared with the definitions of RFC 9162, written as plainly as possible. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  emptyTree,
  GrowingTree,
  isTree,
  rootOf,
  rootOfLeaves,
  SearchableTree,
  tileLeaves,
} from '../../src/evidence/merkle-tree.js';
import {
  consistencyRanges,
  inclusionRanges,
  rootByInclusion,
  rootsByConsistency,
} from '../../src/evidence/tree-proofs.js';
import { treeHash } from '../../src/log/tree-hash.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the audit’s tree', { timeoutMs: 60_000 });

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) };

const sha256 = (...parts: readonly (string | Buffer)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** MTH of RFC 9162, 2.1.1, over leaf hashes. */
function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

const leaf = (n: number) => treeHash.leaf(`leaf ${n}`);
const leavesTo = (size: number) => Array.from({ length: size }, (_, n) => leaf(n));
const bytes = (hashes: readonly string[]) => hashes.map((hash) => Buffer.from(hash, 'hex'));

function grown(size: number): GrowingTree {
  const tree = new GrowingTree(treeHash);
  for (let n = 0; n < size; n++) tree.add(leaf(n));
  return tree;
}

spec.test('the hashes are those of the RFC, with their first bytes', () => {
  assert.is(treeHash.leaf('ü'), sha256(Buffer.from([0]), 'ü').toString('hex'));
  assert.is(treeHash.digest('ü'), sha256(Buffer.from([2]), 'ü').toString('hex'));
  assert.is(treeHash.plain(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  const [a, b] = [leaf(1), leaf(2)];
  assert.is(treeHash.node(a, b), sha256(Buffer.from([1]), ...bytes([a, b])).toString('hex'));
});

spec.test('a tree that grows has the root that its definition gives', () => {
  const tree = new GrowingTree(treeHash);
  for (let size = 0; size <= 130; size++) {
    assert.is(tree.root(), mth(bytes(leavesTo(size))).toString('hex'), `of ${size}`);
    assert.is(rootOfLeaves(leavesTo(size), treeHash), tree.root());
    assert.ok(isTree(tree.parts));
    tree.add(leaf(size));
  }
  const large = leavesTo(3 * tileLeaves + 77);
  for (const size of [tileLeaves - 1, tileLeaves, tileLeaves + 1, 2 * tileLeaves, large.length]) {
    assert.is(grown(size).root(), mth(bytes(large.slice(0, size))).toString('hex'), `of ${size}`);
  }
});

spec.test('a tree goes on from its parts as if it had never stopped', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 * tileLeaves + 100 }), fc.nat({ max: 100 }), (size, more) => {
      const { parts } = grown(size);
      const resumed = new GrowingTree(treeHash, JSON.parse(JSON.stringify(parts)) as typeof parts);
      for (let n = size; n < size + more; n++) resumed.add(leaf(n));
      assert.equal(resumed.parts, grown(size + more).parts);
      assert.is(rootOf(parts, treeHash), grown(size).root());
    }),
    { numRuns: runs.numRuns / 10 },
  );
  assert.ok(isTree(emptyTree));
});

const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: tileLeaves - 3, max: 3 * tileLeaves + 3 }));

function searchable(size: number) {
  const leaves = leavesTo(size);
  const asked = new Set<number>();
  const tree = new SearchableTree(grown(size).parts, treeHash, (tile) => {
    asked.add(tile);
    return Promise.resolve(leaves.slice(tile * tileLeaves, (tile + 1) * tileLeaves));
  });
  return { tree, asked };
}

spec.test('every leaf is proven by its path, which hashes one tile again at most, and by no other path', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, pick, spoil) => {
      const index = pick % size;
      const { tree, asked } = searchable(size);
      const path = await Promise.all(inclusionRanges(index, size).map((range) => tree.root(range)));
      assert.ok(asked.size <= 1);
      const root = grown(size).root();
      assert.is(rootByInclusion(leaf(index), index, size, path, treeHash), root);
      assert.is.not(rootByInclusion(leaf(index + 1), index, size, path, treeHash), root);
      assert.is(rootByInclusion(leaf(index), index, size, [...path, root], treeHash), null);
      if (path.length === 0) return;
      const wrong = path.map((hash, at) => (at === spoil % path.length ? leaf(-1) : hash));
      assert.is.not(rootByInclusion(leaf(index), index, size, wrong, treeHash), root);
      assert.is(rootByInclusion(leaf(index), index, size, path.slice(1), treeHash), null);
    }),
    { numRuns: runs.numRuns / 3 },
  );
});

spec.test('every earlier tree is proven to be the beginning of a later one, and no other is', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async (size, pick) => {
      const old = 1 + (pick % size);
      const { tree, asked } = searchable(size);
      const path = await Promise.all(consistencyRanges(old, size).map((range) => tree.root(range)));
      assert.ok(asked.size <= 1);
      const roots = { old: grown(old).root(), now: grown(size).root() };
      assert.is(await tree.root([0, old]), roots.old);
      assert.equal(rootsByConsistency({ size: old, rootHash: roots.old }, size, path, treeHash), roots);
      const other = rootsByConsistency({ size: old, rootHash: leaf(-1) }, size, path, treeHash)!;
      assert.ok(other.old !== leaf(-1) || other.now !== roots.now);
      assert.is(rootsByConsistency({ size: old, rootHash: roots.old }, size, [...path, leaf(0)], treeHash), null);
    }),
    { numRuns: runs.numRuns / 3 },
  );
});

spec.run();
