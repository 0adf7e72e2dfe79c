import { type DerivedStatus, derivedStatuses, type JobNode } from '../../../domain/graph.js';
import type { HeatGrid } from '../model/heat-strip.js';
import type { Moment } from '../model/moment.js';
import { fonts } from './boxes.js';
import { cellColour, drawCell } from './heat-cells.js';
import type { Theme } from './theme.js';

/** Room around the cells, in CSS pixels, as style/graph.css has it too: below them are the numbers of the levels, and what the cells mean. */
export const heatInset = { left: 12, right: 12, top: 6, bottom: 40 } as const;

export interface HeatPicture {
  readonly grid: HeatGrid;
  readonly nodes: readonly JobNode[];
  readonly critical: readonly number[];
  readonly moment: Moment;
  readonly chosen: number | null;
  readonly hovered: number | null;
  readonly focused: number | null;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is drawn over the cells: what has changed, is chosen or pointed at, and what it all means. */
export function drawHeat(context: CanvasRenderingContext2D, size: Size, theme: Theme, picture: HeatPicture): void {
  const { grid } = picture;
  context.save();
  context.translate(heatInset.left, heatInset.top);
  drawCritical(context, theme, picture);
  drawChange(context, theme, picture);
  const { chosen, hovered, focused } = picture;
  if (chosen !== null) drawAround(context, theme, picture, chosen);
  if (hovered !== null) ring(context, grid, hovered, theme.ink, 1.5, 1);
  if (focused !== null) ring(context, grid, focused, theme.ink, 2, 4, [4, 2]);
  drawLevels(context, theme, grid);
  context.restore();
  drawMeanings(context, theme, size);
}

function middle({ places, cell }: HeatGrid, job: number): readonly [number, number] {
  const side = cell > 3 ? cell - 1 : cell;
  return [places[2 * job]! + side / 2, places[2 * job + 1]! + side / 2];
}

function ring(
  context: CanvasRenderingContext2D,
  grid: HeatGrid,
  job: number,
  colour: string,
  width: number,
  by: number,
  dash: number[] = [],
): void {
  const side = Math.max(3, grid.cell > 3 ? grid.cell - 1 : grid.cell);
  const [x, y] = middle(grid, job);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  context.roundRect(x - side / 2 - by, y - side / 2 - by, side + 2 * by, side + 2 * by, 2);
  context.stroke();
  context.setLineDash([]);
}

function drawCritical(context: CanvasRenderingContext2D, theme: Theme, { critical, grid }: HeatPicture): void {
  if (critical.length < 2) return;
  context.beginPath();
  critical.forEach((job, at) => {
    const [x, y] = middle(grid, job);
    if (at === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.globalAlpha = 0.35;
  context.stroke();
  context.globalAlpha = 1;
  for (const job of critical) ring(context, grid, job, theme.ink, 1.2, 0.5);
}

function link(context: CanvasRenderingContext2D, grid: HeatGrid, from: number, to: number): void {
  const [x, y] = middle(grid, from);
  const [endX, endY] = middle(grid, to);
  const bend = (endX - x) / 2;
  context.moveTo(x, y);
  context.bezierCurveTo(x + bend, y, endX - bend, endY, endX, endY);
}

/** The job that the last event changed, and lines to those it made ready. */
function drawChange(context: CanvasRenderingContext2D, theme: Theme, { grid, moment }: HeatPicture): void {
  const { changed, madeReady } = moment;
  if (changed === null) return;
  for (const [colour, width] of [
    [theme.ground, 5],
    [theme.accent, 2.2],
  ] as const) {
    context.beginPath();
    for (const job of madeReady) link(context, grid, changed, job);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
  for (const job of madeReady) ring(context, grid, job, theme.accent, 1.5, 1);
  ring(context, grid, changed, theme.ground, 5, 3);
  ring(context, grid, changed, theme.accent, 2.5, 3);
}

/** The chosen job, and its parents and children. */
function drawAround(context: CanvasRenderingContext2D, theme: Theme, { grid, nodes }: HeatPicture, job: number): void {
  const { parents, children } = nodes[job]!;
  context.beginPath();
  for (const { index } of parents) link(context, grid, index, job);
  for (const { index } of children) link(context, grid, job, index);
  context.strokeStyle = theme.dim;
  context.lineWidth = 1.2;
  context.stroke();
  for (const { index } of [...parents, ...children]) ring(context, grid, index, theme.ink, 1.2, 1);
  ring(context, grid, job, theme.ground, 5, 3);
  ring(context, grid, job, theme.ink, 2.5, 3);
}

function drawLevels(context: CanvasRenderingContext2D, theme: Theme, { columns, height }: HeatGrid): void {
  context.font = fonts.small;
  context.fillStyle = theme.dim;
  context.textBaseline = 'alphabetic';
  let free = -Infinity;
  for (const { fromLevel, toLevel, x } of columns) {
    const label = fromLevel === toLevel ? String(fromLevel + 1) : `${fromLevel + 1}–${toLevel + 1}`;
    if (x < free) continue;
    context.fillText(label, x, height + 13);
    free = x + context.measureText(label).width + 12;
  }
}

const legend: readonly DerivedStatus[] = derivedStatuses;

/** What the cells mean, at the bottom. */
function drawMeanings(context: CanvasRenderingContext2D, theme: Theme, { width, height }: Size): void {
  context.font = fonts.small;
  context.textBaseline = 'alphabetic';
  const side = 9;
  let x: number = heatInset.left;
  for (const status of legend) {
    const wide = context.measureText(status).width;
    if (x + side + 6 + wide > width) return;
    context.fillStyle = cellColour(theme, status);
    drawCell(context, status, x, height - 14, side, theme.ground);
    context.fillStyle = theme.dim;
    context.fillText(status, x + side + 5, height - 5.5);
    x += side + 5 + wide + 16;
  }
}
