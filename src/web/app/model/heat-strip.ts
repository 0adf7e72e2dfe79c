import type { JobNode } from '../../../domain/graph.js';

/** Jobs of one level, or of a few levels that follow each other if there are more levels than columns. */
interface HeatColumn {
  readonly fromLevel: number;
  readonly toLevel: number;
  /** In the order of the levels, and within one in the order of the graph. */
  readonly jobs: readonly number[];
}

/** All jobs of a graph by level. Depends on no moment. */
export interface HeatStrip {
  readonly jobCount: number;
  /** By level: its jobs in the order of the graph. */
  readonly levels: readonly (readonly number[])[];
}

export function heatStripOf(nodes: readonly JobNode[], levelOf: ReadonlyMap<string, number>): HeatStrip {
  const levels: number[][] = [];
  for (const { id, index } of nodes) {
    const level = levelOf.get(id)!;
    while (levels.length <= level) levels.push([]);
    levels[level]!.push(index);
  }
  return { jobCount: nodes.length, levels };
}

/** Where the cells are: squares, column by column from the top, each level beside the one before. */
export interface HeatGrid {
  /** From the left edge of one cell to that of the next, in CSS pixels. */
  readonly cell: number;
  readonly rows: number;
  /** Between columns. */
  readonly gap: number;
  readonly columns: readonly (HeatColumn & { readonly x: number; readonly width: number })[];
  /** Of each job, its cell's left and top edge at `2 * index` and `2 * index + 1`. */
  readonly places: Float32Array;
  readonly width: number;
  readonly height: number;
}

const cellMost = 22;
/** Between levels, as a share of a cell, so that they are told apart. */
const gapShare = 0.6;

/** The grid with the largest cells that fit into an area, in CSS pixels. */
export function heatGridOf(strip: HeatStrip, width: number, height: number): HeatGrid {
  let [fits, tooLarge] = [0, Math.min(cellMost, height, width)];
  if (fitted(strip, width, height, tooLarge) !== null) fits = tooLarge;
  // Whole pixels are crisp. Only a graph of very many jobs has smaller cells.
  for (let step = 0; step < 24 && tooLarge - fits > 0.02; step++) {
    const middle = (fits + tooLarge) / 2;
    if (fitted(strip, width, height, middle) === null) tooLarge = middle;
    else fits = middle;
  }
  const cell = fits > 3 ? Math.floor(fits) : fits;
  const found = placed(strip, fitted(strip, width, height, cell) ?? fallback(strip, width, height));
  const between = found.columns.length - 1;
  if (between < 1 || found.columns[0]!.toLevel > 0) return found;
  // What is left of the width goes between the levels.
  const more = Math.min(2 * cell, Math.floor((width - found.width) / between));
  return more < 1 ? found : placed(strip, { ...found, gap: found.gap + more });
}

interface Fitted {
  readonly cell: number;
  readonly rows: number;
  /** Between columns. */
  readonly gap: number;
  readonly columns: readonly HeatColumn[];
}

/** The columns for cells of a size, or null if they do not fit. */
function fitted({ levels }: HeatStrip, width: number, height: number, cell: number): Fitted | null {
  const rows = Math.floor(height / cell);
  if (rows < 1) return null;
  const needs = (count: number) => Math.max(1, Math.ceil(count / rows));
  const columnsMost = Math.floor(width / cell);
  const gap = Math.max(cell * gapShare, Math.min(2, cell));
  const apart = levels.reduce((sum, jobs) => sum + needs(jobs.length) * cell + gap, -gap);
  if (apart <= width) {
    return { cell, rows, gap, columns: levels.map((jobs, level) => ({ fromLevel: level, toLevel: level, jobs })) };
  }
  // Levels of few jobs can share a column when there are too many levels. Those of many keep one for themselves.
  const columns: HeatColumn[] = [];
  let used = 0;
  for (const [level, jobs] of levels.entries()) {
    const last = columns.at(-1);
    if (last !== undefined && last.jobs.length + jobs.length <= rows) {
      columns[columns.length - 1] = { ...last, toLevel: level, jobs: [...last.jobs, ...jobs] };
      continue;
    }
    columns.push({ fromLevel: level, toLevel: level, jobs });
    used += needs(jobs.length);
    if (used > columnsMost) return null;
  }
  return { cell, rows, gap: 0, columns };
}

/** For an area that is too small for anything: one column, however small the cells. */
function fallback({ levels, jobCount }: HeatStrip, width: number, height: number): Fitted {
  const cell = Math.sqrt((Math.max(1, width) * Math.max(1, height)) / Math.max(1, jobCount)) / 2;
  const rows = Math.max(1, Math.floor(height / cell));
  return { cell, rows, gap: 0, columns: [{ fromLevel: 0, toLevel: levels.length - 1, jobs: levels.flat() }] };
}

function placed({ jobCount }: HeatStrip, { cell, rows, gap, columns }: Fitted): HeatGrid {
  const places = new Float32Array(jobCount * 2);
  let x = 0;
  const at = columns.map((column) => {
    const left = x;
    column.jobs.forEach((index, order) => {
      places[2 * index] = left + Math.floor(order / rows) * cell;
      places[2 * index + 1] = (order % rows) * cell;
    });
    const width = Math.max(1, Math.ceil(column.jobs.length / rows)) * cell;
    x += width + gap;
    return { ...column, x: left, width };
  });
  return { cell, rows, gap, columns: at, places, width: x - gap, height: rows * cell };
}

/** The job whose cell is at a point of the grid; null between them. */
export function jobAtCell({ columns, cell, rows }: HeatGrid, x: number, y: number): number | null {
  if (x < 0 || y < 0) return null;
  let [low, high] = [0, columns.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns[middle]!.x <= x) low = middle + 1;
    else high = middle;
  }
  const column = columns[low - 1];
  if (column === undefined || x >= column.x + column.width) return null;
  const row = Math.floor(y / cell);
  if (row >= rows) return null;
  return column.jobs[Math.floor((x - column.x) / cell) * rows + row] ?? null;
}

/** The job in the next cell up or down, or in the nearest cell of the levels beside; the same one at the edge. */
export function nextCell(grid: HeatGrid, index: number, direction: 'left' | 'right' | 'up' | 'down'): number {
  const at = grid.columns.findIndex(({ jobs }) => jobs.includes(index));
  const { jobs } = grid.columns[at]!;
  const order = jobs.indexOf(index);
  if (direction === 'up') return jobs[order - 1] ?? index;
  if (direction === 'down') return jobs[order + 1] ?? index;
  const step = direction === 'left' ? -1 : 1;
  const beside = jobs[order + step * grid.rows];
  if (beside !== undefined) return beside;
  const next = grid.columns[at + step]?.jobs;
  if (next === undefined || next.length === 0) return index;
  const row = order % grid.rows;
  if (step > 0) return next[Math.min(row, next.length - 1)]!;
  const lastColumn = Math.floor((next.length - 1) / grid.rows) * grid.rows;
  return next[Math.min(lastColumn + row, next.length - 1)]!;
}
