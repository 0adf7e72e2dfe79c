import { notThere } from '../model/moment.js';
import { type DerivedStatus, derivedStatuses } from '../../../domain/graph.js';
import type { HeatGrid } from '../model/heat-strip.js';
import type { Matches } from '../model/matches.js';
import type { Theme } from './theme.js';

/** From this many pixels on, cells are told apart by their shape too; a cross takes more. */
const shapesFrom = 3;
const crossFrom = 5;

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
      if (status === 'failed' && side >= crossFrom) drawCross(context, x, y, side, ground);
      return;
    case 'skipped':
      context.fillRect(x, y, thin, side);
      context.fillRect(x + side - thin, y, thin, side);
      return;
    case 'started':
      context.fillRect(x, y, side, side);
      punch(context, x + side / 2 - thin / 2, y + thin, thin, side - 2 * thin, ground);
      return;
    case 'ready':
    case 'awaiting':
    case 'backing-off':
    case 'deferred':
    case 'delayed':
      context.fillRect(x, y, side, side);
      punch(context, x + thin, y + thin, side - 2 * thin, side - 2 * thin, ground);
      if (status === 'backing-off' || status === 'deferred' || status === 'delayed')
        context.fillRect(x + side / 2 - thin / 2, y + thin, thin, side / 2 - thin / 2);
      if (status === 'awaiting') context.fillRect(x + thin, y + side / 2 - thin / 2, side - 2 * thin, thin);
      return;
    case 'waiting': {
      const dot = side < crossFrom ? 1 : Math.max(2, Math.round(side / 3));
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
export interface CellsWanted {
  readonly grid: HeatGrid;
  readonly theme: Theme;
  readonly matches: Matches | null;
  /** How many pixels of the screen a CSS pixel is. */
  readonly ratio: number;
}

const dimmed = 0.16;
const oneByOneMost = 400;

/**
 * The cells on a canvas of their own. From one moment to the next few change, and a jump may change all of them: so each is
 * copied from a pattern, pixel by pixel, which takes a fraction of the time that as many calls of a canvas take.
 */
export class HeatCells {
  private wanted: CellsWanted | null = null;
  private pixels = new ImageData(1, 1);
  private words = new Uint32Array(1);
  private patterns: readonly Uint32Array[] = [];
  /** Of a job that is not there. */
  private blank = new Uint32Array(1);
  private side = 1;
  private codes = new Uint8Array();

  draw(canvas: HTMLCanvasElement, codes: Uint8Array, wanted: CellsWanted): void {
    if (!isSame(this.wanted, wanted)) this.begin(canvas, codes.length, wanted);
    const changed: number[] = [];
    for (let job = 0; job < codes.length; job++) {
      const code = codes[job]!;
      if (code === this.codes[job]) continue;
      this.codes[job] = code;
      this.copy(job, code, wanted);
      changed.push(job);
    }
    this.show(canvas, changed, wanted);
  }

  /** Hands the pixels to the canvas; of a few cells, only theirs. */
  private show(canvas: HTMLCanvasElement, changed: readonly number[], { grid, ratio }: CellsWanted): void {
    if (changed.length === 0) return;
    // Such a canvas is kept in the memory of the processor, where the pixels are.
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    if (changed.length > oneByOneMost) return context.putImageData(this.pixels, 0, 0);
    for (const job of changed) {
      const [left, top] = cornerOf(grid, job, ratio);
      context.putImageData(this.pixels, 0, 0, left, top, this.side, this.side);
    }
  }

  private begin(canvas: HTMLCanvasElement, count: number, wanted: CellsWanted): void {
    const { grid, ratio, theme } = wanted;
    const [width, height] = [Math.ceil(grid.width * ratio) + 1, Math.ceil(grid.height * ratio) + 1];
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${width / ratio}px`;
    canvas.style.height = `${height / ratio}px`;
    this.pixels = new ImageData(width, height);
    this.words = new Uint32Array(this.pixels.data.buffer);
    this.side = Math.max(1, Math.round((grid.cell > 3 ? grid.cell - 1 : grid.cell) * ratio));
    this.patterns = [1, dimmed].flatMap((alpha) =>
      derivedStatuses.map((status) => patternOf(status, this.side, theme, alpha)),
    );
    this.blank = new Uint32Array(this.side * this.side);
    this.codes = new Uint8Array(count).fill(notThere);
    this.wanted = wanted;
  }

  private copy(job: number, code: number, { grid, ratio, matches }: CellsWanted): void {
    const isOff = matches !== null && !matches.isMatch(job);
    const pattern = code === notThere ? this.blank : this.patterns[isOff ? code + derivedStatuses.length : code]!;
    const { side, words } = this;
    const stride = this.pixels.width;
    const [left, top] = cornerOf(grid, job, ratio);
    for (let row = 0; row < side; row++) {
      const to = (top + row) * stride + left;
      for (let column = 0; column < side; column++) words[to + column] = pattern[row * side + column]!;
    }
  }
}

/** In pixels of the screen. */
function cornerOf({ places }: HeatGrid, job: number, ratio: number): readonly [left: number, top: number] {
  return [Math.round(places[2 * job]! * ratio), Math.round(places[2 * job + 1]! * ratio)];
}

function isSame(a: CellsWanted | null, b: CellsWanted): boolean {
  return a !== null && a.grid === b.grid && a.theme === b.theme && a.matches === b.matches && a.ratio === b.ratio;
}

/** The pixels of a cell of a status. */
function patternOf(status: DerivedStatus, side: number, theme: Theme, alpha: number): Uint32Array {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.globalAlpha = alpha;
  context.fillStyle = cellColour(theme, status);
  drawCell(context, status, 0, 0, side, theme.ground);
  return new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
}
