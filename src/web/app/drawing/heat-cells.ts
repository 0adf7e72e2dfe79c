import { type DerivedStatus, derivedStatuses } from '../../../domain/graph.js';
import type { HeatGrid } from '../model/heat-strip.js';
import type { Matches } from '../model/matches.js';
import type { Theme } from './theme.js';

/** From this size on, in CSS pixels, cells are told apart by their shape too. */
const shapesFrom = 5;

/** The colour of a cell: cells are small, so they are stronger than boxes. */
export function cellColour(theme: Theme, status: DerivedStatus): string {
  if (status === 'finished') return theme.finishedBar;
  if (status === 'waiting') return theme.faint;
  return theme.statuses[status].stroke;
}

/**
 * Draws the cell of a status within a square: full where something happened, smaller or hollow where it did not yet, so that
 * a cell is told apart without its colour.
 */
export function drawCell(
  context: CanvasRenderingContext2D,
  status: DerivedStatus,
  x: number,
  y: number,
  side: number,
  ground: string,
): void {
  if (side < shapesFrom) return context.fillRect(x, y, side, side);
  const thin = Math.max(1, Math.round(side / 6));
  switch (status) {
    case 'finished':
    case 'failed':
      context.fillRect(x, y, side, side);
      if (status === 'failed') drawCross(context, x, y, side, ground);
      return;
    case 'started':
      context.fillRect(x, y, side, side);
      punch(context, x + side / 2 - thin / 2, y + thin, thin, side - 2 * thin, ground);
      return;
    case 'ready':
    case 'backing-off':
      context.fillRect(x, y, side, side);
      punch(context, x + thin, y + thin, side - 2 * thin, side - 2 * thin, ground);
      if (status === 'backing-off') context.fillRect(x + side / 2 - thin / 2, y + thin, thin, side / 2 - thin / 2);
      return;
    case 'waiting': {
      const dot = Math.max(2, Math.round(side / 3));
      context.fillRect(x + Math.floor((side - dot) / 2), y + Math.floor((side - dot) / 2), dot, dot);
      return;
    }
    case 'blocked':
      context.fillRect(x, y + Math.floor(side / 2 - thin / 2), side, thin);
      return;
    case 'aborted':
      context.fillRect(x, y, side, thin);
      context.fillRect(x, y + side - thin, side, thin);
      return;
  }
}

function punch(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, ground: string) {
  const { fillStyle } = context;
  context.fillStyle = ground;
  context.fillRect(x, y, width, height);
  context.fillStyle = fillStyle;
}

function drawCross(context: CanvasRenderingContext2D, x: number, y: number, side: number, ground: string): void {
  context.strokeStyle = ground;
  context.lineWidth = Math.max(1, side / 8);
  const inset = side / 4;
  context.beginPath();
  context.moveTo(x + inset, y + inset);
  context.lineTo(x + side - inset, y + side - inset);
  context.moveTo(x + side - inset, y + inset);
  context.lineTo(x + inset, y + side - inset);
  context.stroke();
}

/** What the cells were drawn for; with anything else, all are drawn again. */
interface Drawn {
  readonly grid: HeatGrid;
  readonly theme: Theme;
  readonly matches: Matches | null;
  readonly ratio: number;
}

const off = 8;

/** The cells, kept as they were drawn: from one moment to the next few change, and only these are drawn. */
export class HeatCells {
  private readonly layer = document.createElement('canvas');
  private drawn: Drawn | null = null;
  private codes = new Uint8Array();

  /** The picture of the cells, for a screen with so many pixels to a CSS pixel. */
  at(codes: Uint8Array, wanted: Drawn): HTMLCanvasElement {
    const { grid, theme, matches, ratio } = wanted;
    const before = this.drawn;
    const isSame =
      before !== null &&
      before.grid === grid &&
      before.theme === theme &&
      before.matches === matches &&
      before.ratio === ratio;
    const context = this.layer.getContext('2d')!;
    if (!isSame) {
      this.layer.width = Math.max(1, Math.ceil(grid.width * ratio));
      this.layer.height = Math.max(1, Math.ceil(grid.height * ratio));
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.codes = new Uint8Array(codes.length).fill(off);
      this.drawn = wanted;
    }
    for (const [code, jobs] of this.changedTo(codes)) drawCells(context, wanted, derivedStatuses[code]!, jobs, !isSame);
    this.codes.set(codes);
    return this.layer;
  }

  /** The jobs whose status is another one than was drawn, by the new one. What is seldom comes last, and stays on top. */
  private changedTo(codes: Uint8Array): Iterable<readonly [number, readonly number[]]> {
    const found = new Map<number, number[]>(derivedStatuses.map((_, code) => [code, []]));
    for (let index = 0; index < codes.length; index++) {
      if (codes[index] !== this.codes[index]) found.get(codes[index]!)!.push(index);
    }
    return found;
  }
}

function drawCells(
  context: CanvasRenderingContext2D,
  { grid, theme, matches }: Drawn,
  status: DerivedStatus,
  jobs: readonly number[],
  isFresh: boolean,
): void {
  const { places, cell } = grid;
  const side = cell > 3 ? cell - 1 : cell;
  const colour = cellColour(theme, status);
  context.fillStyle = colour;
  for (const job of jobs) {
    const [x, y] = [places[2 * job]!, places[2 * job + 1]!];
    if (!isFresh) context.clearRect(x, y, side, side);
    if (matches !== null) context.globalAlpha = matches.isMatch(job) ? 1 : 0.16;
    drawCell(context, status, x, y, side, theme.ground);
  }
  context.globalAlpha = 1;
}
