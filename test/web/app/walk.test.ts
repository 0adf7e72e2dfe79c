import { layOut } from '../../../src/web/app/drawing/lay-out.js';
import {
  layoutRequestOf,
  type PlacedGraph,
  placedGraphOf,
  targetAt,
} from '../../../src/web/app/drawing/placed-graph.js';
import { sharedPrefix } from '../../../src/web/app/drawing/fit-text.js';
import { readingOrder, walked } from '../../../src/web/app/drawing/walk.js';
import { drawnGraphOf } from '../../../src/web/app/model/drawn-graph.js';
import { failed, started } from '../../support/given.js';
import { assert, describe } from '../../support/spec.js';
import { type Happening, job, layered, modelOf } from './graphs.js';

function placedOf(model: ReturnType<typeof modelOf>, unfolded: readonly string[] = []): PlacedGraph {
  const drawn = drawnGraphOf(model, new Set(unfolded));
  const request = layoutRequestOf(drawn);
  return placedGraphOf(drawn, request, layOut(request));
}

const named = (placed: PlacedGraph, name: string) =>
  placed.targets.find(({ unit, job: at }) => {
    return (at === null ? placed.drawn.units[unit]!.name : placed.drawn.nodes[at]!.id) === name;
  })!;
const nameOf = ({ drawn }: PlacedGraph, { unit, job: at }: PlacedGraph['targets'][number]) =>
  at === null ? drawn.units[unit]!.name : drawn.nodes[at]!.id;

/** Two types of forty jobs, one of which has failed. */
function grouped() {
  const jobs = layered(2, 40, (layer) => `type ${layer}`);
  const happenings: readonly Happening[] = [
    ['job 0 7', started()],
    ['job 0 7', failed()],
  ];
  return modelOf(jobs, happenings);
}

const spec = describe('walking through a graph', { timeoutMs: 60_000 });

spec.test('given jobs, then the arrows lead to parents, to children, and to what is above and below', () => {
  const placed = placedOf(modelOf([job('a'), job('b', ['a']), job('c', ['a']), job('d', ['b', 'c'])]));
  const step = (name: string, direction: 'left' | 'right' | 'up' | 'down') =>
    nameOf(placed, walked(placed, named(placed, name), direction));
  const [above, below] = named(placed, 'b').rect.y < named(placed, 'c').rect.y ? ['b', 'c'] : ['c', 'b'];
  assert.ok(['b', 'c'].includes(step('a', 'right')));
  assert.equal([step('b', 'left'), step('c', 'left'), step('b', 'right')], ['a', 'a', 'd']);
  assert.equal([step(above, 'down'), step(below, 'up')], [below, above]);
  assert.equal([step('a', 'left'), step('d', 'right'), step('a', 'up')], ['a', 'd', 'a'], 'it stays where nothing is');
});

spec.test('given a layer of many, then up and down lead from each to the next, and along edges to the nearest', () => {
  const middle = Array.from({ length: 6 }, (_, n) => job(`m${n}`, ['a']));
  const placed = placedOf(modelOf([job('a'), ...middle, job('z', ['m0', 'm5'])]));
  const byHeight = placed.targets
    .filter((target) => nameOf(placed, target).startsWith('m'))
    .toSorted((one, other) => one.rect.y - other.rect.y);
  for (const [at, target] of byHeight.entries()) {
    assert.is(walked(placed, target, 'down'), byHeight[at + 1] ?? target);
    assert.is(walked(placed, target, 'up'), byHeight[at - 1] ?? target);
  }
});

spec.test('given groups, then one walks to them, into them, and from job to job where these are drawn', () => {
  const placed = placedOf(grouped());
  const step = (name: string, direction: 'left' | 'right' | 'up' | 'down') =>
    nameOf(placed, walked(placed, named(placed, name), direction));
  assert.equal([step('type 0', 'right'), step('type 1', 'left')], ['type 1', 'type 0']);
  assert.equal([step('type 0', 'down'), step('job 0 7', 'up')], ['job 0 7', 'type 0']);
  assert.is(step('job 0 7', 'right'), 'type 1', 'to the group that its children are in');
  const [first, second] = placed.drawn.units.map(({ key }) => key) as [string, string];
  const unfolded = placedOf(grouped(), [first, second]);
  const next = walked(unfolded, named(unfolded, 'job 0 7'), 'right');
  assert.ok(unfolded.drawn.nodes[next.job!]!.parents.some(({ id }) => id === 'job 0 7'));
});

spec.test('then every box is read once, from left to right, those in a group after it', () => {
  const model = grouped();
  const first = drawnGraphOf(model, new Set()).units[0]!.key;
  const placed = placedOf(model, [first]);
  const order = readingOrder(placed);
  assert.is(new Set(order).size, placed.targets.length);
  assert.equal(order.map((target) => nameOf(placed, target)).toSpliced(3, 38), [
    'type 0',
    'job 0 0',
    'job 0 1',
    'type 1',
  ]);
});

spec.test('given a point, then the box there is found, and that of a job before its group', () => {
  const placed = placedOf(grouped());
  for (const target of placed.targets) {
    const { x, y } = target.rect;
    assert.is(targetAt(placed, { x: x + 1, y: y + 1 }), target);
  }
  assert.is(targetAt(placed, { x: -1, y: -1 }), null);
});

spec.test('given names that begin alike, then that is left out up to the end of a word', () => {
  assert.is(sharedPrefix(['NFCORE_RNASEQ.ALIGN_1', 'NFCORE_RNASEQ.ASSESS_2']), 'NFCORE_RNASEQ.'.length);
  assert.is(sharedPrefix(['job-1', 'job-2']), 0, 'it is short');
  assert.is(sharedPrefix(['NFCORE_RNASEQ.ALIGN_1']), 0);
  assert.is(sharedPrefix(['entirely-different', 'something-else']), 0);
  assert.is(sharedPrefix([]), 0);
});

spec.run();
