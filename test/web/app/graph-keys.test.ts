/** Keys on the picture of a graph: those that it needs are its own, and all others go on to the page. */
import { layOut } from '../../../src/web/app/drawing/lay-out.js';
import { layoutRequestOf, placedGraphOf, type Target } from '../../../src/web/app/drawing/placed-graph.js';
import { readingOrder } from '../../../src/web/app/drawing/walk.js';
import { drawnGraphOf } from '../../../src/web/app/model/drawn-graph.js';
import { graphKey } from '../../../src/web/app/views/graph-keys.js';
import type { PanZoom } from '../../../src/web/app/views/pan-zoom.js';
import { assert, describe } from '../../support/spec.js';
import { job, modelOf } from './graphs.js';

const spec = describe('keys on the picture of a graph');

/** Three boxes in a row, and what was done with them. */
function picture() {
  const drawn = drawnGraphOf(modelOf([job('a'), job('b', ['a']), job('c', ['b'])]), new Set());
  const request = layoutRequestOf(drawn);
  const placed = placedGraphOf(drawn, request, layOut(request));
  const done: string[] = [];
  const panZoom = {
    view: { x: 0, y: 0, k: 1 },
    zoomBy: (factor: number) => done.push(factor > 1 ? 'larger' : 'smaller'),
    fit: () => done.push('all'),
    panBy: (x: number, y: number) => done.push(`moved ${x} ${y}`),
  } as unknown as PanZoom;
  let focused: Target | null = null;
  const press = (key: string, modifiers: { readonly shiftKey?: boolean; readonly ctrlKey?: boolean } = {}) => {
    const event = new Event('keydown', { cancelable: true });
    let isStopped = false;
    const stopPropagation = () => void (isStopped = true);
    const own = { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...modifiers, stopPropagation };
    for (const [name, value] of Object.entries(own)) Object.defineProperty(event, name, { value });
    graphKey(event as KeyboardEvent, {
      ...{ placed, panZoom, focused, size: { width: 2000, height: 1000, ratio: 1 } },
      focus: (target) => (focused = target),
      act: ({ job: index }) => done.push(`chose ${drawn.nodes[index!]!.id}`),
      choose: (jobId) => done.push(`chose ${jobId}`),
    });
    assert.is(isStopped, event.defaultPrevented);
    return isStopped;
  };
  const at = () => (focused === null ? null : drawn.nodes[focused.job!]!.id);
  return { press, at, done, order: readingOrder(placed).map(({ job: index }) => drawn.nodes[index!]!.id) };
}

spec.test('given a box in focus or none, then the page gets each key that the picture has no use for', () => {
  const others = ['[', ']', 'l', 'a', 'b', 'g', 't', 'c', 'f', '/', '?', 'Home', 'End', 'PageUp'];
  const { press, done, at } = picture();
  for (const key of [...others, ' ', 'Enter']) assert.is(press(key), false, `${key} without a box`);
  press('ArrowRight');
  assert.is(at(), 'a');
  for (const key of others) assert.is(press(key), false, `${key} on a box`);
  assert.is(press('ArrowRight', { ctrlKey: true }), false);
  assert.equal(done, []);
  assert.equal([press('Enter'), press(' '), done], [true, true, ['chose a', 'chose a']]);
});

spec.test('the arrows walk, with Shift they move the picture; plus, minus and 0 make it larger and smaller', () => {
  const { press, done, at } = picture();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) assert.is(press(key), true);
  assert.is(at(), 'b');
  for (const key of ['+', '=', '-', '0']) assert.is(press(key), true);
  press('ArrowLeft', { shiftKey: true });
  press('ArrowDown', { shiftKey: true });
  assert.equal(done, ['larger', 'larger', 'smaller', 'all', 'moved 60 0', 'moved 0 -60']);
  assert.is(press('Escape'), true);
  assert.is(at(), null);
});

spec.test('Tab goes from box to box, and leaves the picture after the last and before the first', () => {
  const { press, at, order } = picture();
  assert.is(press('Tab'), false, 'without a box, it leaves');
  press('ArrowRight');
  const seen = [at()];
  while (press('Tab')) seen.push(at());
  assert.equal(seen, order);
  assert.is(at(), null);
  press('ArrowRight');
  assert.equal([press('Tab'), at(), press('Tab', { shiftKey: true }), at()], [true, 'b', true, 'a']);
  assert.equal([press('Tab', { shiftKey: true }), at()], [false, null]);
});
spec.run();
