import { type Layout, layOut, type LayoutRequest } from '../../../src/web/app/drawing/lay-out.js';
import { assert, describe } from '../../support/spec.js';

type Edges = LayoutRequest['edges'];

const size = [100, 40] as const;
const laidOut = (count: number, edges: Edges) => layOut({ sizes: Array.from({ length: count }, () => size), edges });

function pairs(count: number, isEdge: (from: number, to: number) => boolean): Edges {
  const all = Array.from({ length: count }, (_, n) => n);
  return all.flatMap((from) => all.filter((to) => isEdge(from, to)).map((to) => [from, to] as const));
}

function assertApart({ middles, width, height }: Layout): void {
  for (const [at, a] of middles.entries()) {
    assert.ok(a.x >= size[0] / 2 && a.x + size[0] / 2 <= width && a.y >= size[1] / 2 && a.y + size[1] / 2 <= height);
    const isApart = middles
      .slice(at + 1)
      .every((b) => Math.abs(a.x - b.x) >= size[0] || Math.abs(a.y - b.y) >= size[1] - 0.01);
    assert.ok(isApart, `box ${at} overlaps another`);
  }
}

const spec = describe('laying out boxes', { timeoutMs: 60_000 });

spec.test('given few edges, then all go from left to right, on lines of their own', () => {
  const edges: Edges = [
    [2, 0],
    [0, 1],
    [2, 1],
    [1, 3],
  ];
  const { middles, paths, ...rest } = laidOut(5, edges);
  assertApart({ middles, paths, ...rest });
  for (const [at, [from, to]] of edges.entries()) {
    assert.ok(middles[from]!.x < middles[to]!.x);
    assert.ok(paths[at]!.length >= 2);
  }
});

spec.test(
  'given every box after every other, then it takes no minutes, and all edges still go from left to right',
  () => {
    for (const [count, edges] of [
      [60, pairs(60, (from, to) => from < to)],
      [60, pairs(60, (from, to) => from < 30 && to >= 30)],
      [150, pairs(150, (from, to) => from < to && (from * 31 + to * 17) % 10 < 3)],
    ] as const) {
      const layout = laidOut(count, edges);
      assertApart(layout);
      assert.is(layout.paths.length, edges.length);
      for (const [from, to] of edges) assert.ok(layout.middles[from]!.x < layout.middles[to]!.x);
    }
  },
);

spec.test('given circles, then every box has a place', () => {
  assertApart(
    laidOut(
      3,
      pairs(3, (from, to) => (from + 1) % 3 === to),
    ),
  );
  assertApart(
    laidOut(
      40,
      pairs(40, (from, to) => from !== to && (from * 7 + to * 3) % 5 === 0),
    ),
  );
});

spec.test('given no boxes, then there is an empty picture', () => {
  const { middles, paths, width, height } = laidOut(0, []);
  assert.equal([middles, paths], [[], []]);
  assert.ok(width > 0 && height > 0 && Number.isFinite(width + height));
});

spec.run();
