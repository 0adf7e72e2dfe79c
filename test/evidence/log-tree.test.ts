/** A tree over a log that was grown in pieces is the tree that was grown at once. */
import type { Position } from '../../src/domain/events.js';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import { joinTrees, type LogTree, LogTreeBuilder, noTree, readCheckpoint } from '../../src/evidence/log-tree.js';
import { tileLeaves } from '../../src/evidence/merkle-tree.js';
import { treeHash } from '../../src/log/tree-hash.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the tree over a log');

const event = (number: number): StoredEvent => ({
  graphId: 'g',
  jobId: 'a',
  revision: number,
  id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  type: 'Heartbeat',
  schemaVersion: 1,
  recordedAt: new Date(1.7e12 + number).toISOString(),
  causationId: null,
  actor: 'w',
  position: String(number + 1) as Position,
  data: '{"attempt":1}',
});

function grown(from: number, to: number, before: LogTree = noTree): LogTree {
  const builder = new LogTreeBuilder(treeHash, before);
  for (let number = from; number < to; number++) builder.add(event(number));
  return builder.tree();
}

const total = 3 * tileLeaves + 5;
const whole = grown(0, total);

spec.test('given two trees, the first of whole tiles, when they are joined, then that is the tree over both', () => {
  for (const cut of [tileLeaves, 2 * tileLeaves]) {
    assert.equal(joinTrees(grown(0, cut), grown(cut, total)), whole);
  }
  assert.equal(joinTrees(noTree, whole), whole);
  const front = grown(0, tileLeaves);
  assert.equal(joinTrees(front, noTree), front);
  assert.equal(joinTrees(front, grown(tileLeaves, 2 * tileLeaves)), grown(0, 2 * tileLeaves));
});

spec.test('given a first tree that ends within a tile, then they cannot be joined', () => {
  assert.is(joinTrees(grown(0, tileLeaves + 1), grown(tileLeaves + 1, total)), null);
});

spec.test('given a tree that is kept and grown on, then it is the same, and each tile says where it ends', () => {
  const kept = readCheckpoint(JSON.parse(JSON.stringify(grown(0, tileLeaves + 7))));
  assert.equal(grown(tileLeaves + 7, total, kept!), whole);
  assert.equal(
    whole.tileEnds,
    [1, 2, 3].map((tiles) => String(tiles * tileLeaves)),
  );
});

spec.run();
