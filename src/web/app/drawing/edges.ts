import type { Point } from '../../../prelude/dagre.js';
import type { Rect } from './placed-graph.js';

/** A line from box to box, ready to be drawn. */
export interface Line {
  readonly path: Path2D;
  readonly end: Point;
  /** In which direction it ends. */
  readonly angle: number;
}

/**
 * A smooth line along the points of a layout, from the side of one box to the side of the other: lines that begin and end
 * in the same places are told apart most easily.
 */
export function lineAlong(points: readonly Point[], from: Rect, to: Rect): Line {
  // The layout has a point halfway between neighbours, too. Only lines that pass other boxes need more than their ends.
  const isBackward = to.x + to.width < from.x;
  const between = points.length > 3 ? points.slice(1, -1) : [];
  const start = isBackward ? sideOf(from, 'left') : sideOf(from, 'right');
  const end = isBackward ? sideOf(to, 'right') : sideOf(to, 'left');
  const path = new Path2D();
  path.moveTo(start.x, start.y);
  let last = start;
  for (const point of [...between, end]) {
    const middle = (last.x + point.x) / 2;
    path.bezierCurveTo(middle, last.y, middle, point.y, point.x, point.y);
    last = point;
  }
  return { path, end, angle: isBackward ? Math.PI : 0 };
}

function sideOf({ x, y, width, height }: Rect, side: 'left' | 'right'): Point {
  return { x: side === 'left' ? x : x + width, y: y + height / 2 };
}

/** A line between boxes that no layout knows of: from the right side of one to the left side of the other. */
export function lineBetween(from: Rect, to: Rect): Line {
  const [start, end] = [sideOf(from, 'right'), sideOf(to, 'left')];
  const bend = Math.max(30, Math.abs(end.x - start.x) / 2);
  const path = new Path2D();
  path.moveTo(start.x, start.y);
  path.bezierCurveTo(start.x + bend, start.y, end.x - bend, end.y, end.x, end.y);
  return { path, end, angle: 0 };
}

export interface Stroke {
  readonly colour: string;
  readonly width: number;
  readonly alpha?: number;
}

/** Draws a line with the head of an arrow at its end. */
export function drawLine(context: CanvasRenderingContext2D, line: Line, { colour, width, alpha = 1 }: Stroke): void {
  const before = context.globalAlpha;
  context.globalAlpha = before * alpha;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = width;
  context.stroke(line.path);
  const length = 6 + width * 1.6;
  const spread = 0.42;
  const { x, y } = line.end;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - length * Math.cos(line.angle - spread), y - length * Math.sin(line.angle - spread));
  context.lineTo(x - length * Math.cos(line.angle + spread), y - length * Math.sin(line.angle + spread));
  context.fill();
  context.globalAlpha = before;
}
