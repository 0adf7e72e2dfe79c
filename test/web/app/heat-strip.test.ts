import { type HeatGrid, heatGridOf, heatStripOf, jobAtCell, nextCell } from '../../../src/web/app/model/heat-strip.js';
import { assert, describe } from '../../support/spec.js';
import { job, layered, modelOf } from './graphs.js';

const spec = describe('the heat strip', { timeoutMs: 60_000 });

/** A strip of levels with so many jobs each. Its jobs are numbered level by level. */
function stripOf(counts: readonly number[]) {
  let next = 0;
  const levels = counts.map((count) => Array.from({ length: count }, () => next++));
  return { levels, jobCount: next };
}

/** Shapes of graphs: wide, deep, even, and with one level that is far larger than the others. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  'one job': [1],
  'one level': [10_000],
  'a chain': Array.from({ length: 10_000 }, () => 1),
  'an even graph': Array.from({ length: 50 }, () => 200),
  'one large level': [1, 9000, 1, 30, 1],
  'many small levels and some large': Array.from({ length: 700 }, (_, level) => (level % 100 === 50 ? 1000 : 2)),
  'two thousand levels of seven': Array.from({ length: 2000 }, () => 7),
};
const areas: readonly (readonly [number, number])[] = [
  [1256, 390],
  [2536, 900],
  [500, 120],
  [60, 700],
  [9, 5],
];

function assertApart({ places, cell, width, height }: HeatGrid, [areaWidth, areaHeight]: readonly [number, number]) {
  assert.ok(width <= areaWidth + 0.01 && height <= areaHeight + 0.01, `${width} × ${height}`);
  const taken = new Set<string>();
  for (let index = 0; index < places.length / 2; index++) {
    const [x, y] = [places[2 * index]!, places[2 * index + 1]!];
    assert.ok(x >= 0 && y >= 0 && x + cell <= width + 0.01 && y + cell <= height + 0.01);
    taken.add(`${x} ${y}`);
  }
  assert.is(taken.size, places.length / 2, 'each has a place of its own');
}

for (const [name, counts] of Object.entries(shapes)) {
  spec.test(`given ${name}, then every job has one cell in the area, and is found there`, () => {
    const strip = stripOf(counts);
    for (const area of areas) {
      const grid = heatGridOf(strip, area[0], area[1]);
      assertApart(grid, area);
      assert.equal(
        grid.columns.flatMap(({ jobs }) => jobs),
        strip.levels.flat(),
        'level by level, in the order of the graph',
      );
      for (let index = 0; index < strip.jobCount; index += 7) {
        const [x, y] = [grid.places[2 * index]!, grid.places[2 * index + 1]!];
        assert.is(jobAtCell(grid, x + grid.cell / 2, y + grid.cell / 2), index);
      }
    }
  });
}

spec.test('given levels that fit side by side, then each begins its own column, right of the one before', () => {
  const grid = heatGridOf(stripOf([3, 500, 1, 40]), 1000, 300);
  assert.equal(
    grid.columns.map(({ fromLevel, toLevel, jobs }) => [fromLevel, toLevel, jobs.length]),
    [
      [0, 0, 3],
      [1, 1, 500],
      [2, 2, 1],
      [3, 3, 40],
    ],
  );
  for (const [at, { x }] of grid.columns.entries()) {
    const before = grid.columns[at - 1];
    if (before !== undefined) assert.ok(x > before.x + before.width, 'there is a gap');
  }
  const { x, width } = grid.columns[0]!;
  assert.is(jobAtCell(grid, x + width + grid.gap / 2, 1), null);
  assert.is(jobAtCell(grid, x + 1, 3 * grid.cell + 1), null, 'below the last job of a level');
  assert.is(jobAtCell(grid, -1, 1), null);
  assert.is(jobAtCell(grid, 1, grid.height + 1), null);
  assert.is(jobAtCell(grid, grid.width + 1, 1), null);
});

spec.test(
  'given an area twice as large, then the cells are larger, until they are as large as a cell has to be',
  () => {
    const strip = stripOf(shapes['an even graph']!);
    const cells = [1, 2, 4, 8, 16].map((times) => heatGridOf(strip, 600 * times, 200 * times).cell);
    assert.equal(
      cells,
      cells.toSorted((a, b) => a - b),
    );
    assert.ok(cells[0]! > 2 && cells[0]! < cells[1]!);
    assert.equal([cells[3], cells[4]], [22, 22]);
  },
);

spec.test('when one walks from cell to cell, then all are reached, and the way back leads back', () => {
  const grid = heatGridOf(stripOf([5, 90, 1, 20]), 300, 120);
  const reached = new Set([0]);
  const open = [0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      const next = nextCell(grid, at, direction);
      if (!reached.has(next)) {
        reached.add(next);
        open.push(next);
      }
      if (direction === 'down' && next !== at) assert.is(nextCell(grid, next, 'up'), at);
      if (direction === 'right' && next !== at) assert.ok(grid.places[2 * next]! > grid.places[2 * at]!);
      if (direction === 'left' && next !== at) assert.ok(grid.places[2 * next]! < grid.places[2 * at]!);
    }
  }
  assert.is(reached.size, 116);
  assert.is(nextCell(grid, 0, 'up'), 0);
  assert.is(nextCell(grid, 0, 'left'), 0);
});

spec.test('given a graph, then its jobs are in the rows of their levels', () => {
  const { latest, levels } = modelOf([...layered(3, 4, () => 'task'), job('late', ['job 1 0', 'job 0 0'])]);
  const strip = heatStripOf([...latest.jobs.values()], levels);
  assert.equal(strip, {
    jobCount: 13,
    levels: [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11, 12],
    ],
  });
});

spec.run();
