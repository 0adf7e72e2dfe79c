import type { Look } from './theme.js';

/**
 * Draws the mark of a status: a shape of its own, so that it is told apart without its colour.
 *
 * @param size of the square that the mark fills, whose middle is given
 */
export function drawMark(
  context: CanvasRenderingContext2D,
  { shape, stroke }: Look,
  x: number,
  y: number,
  size: number,
): void {
  const r = size / 2;
  context.strokeStyle = stroke;
  context.fillStyle = stroke;
  context.lineWidth = Math.max(1.2, size / 7);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  outline(context, shape, x, y, r);
  context.stroke();
  context.lineCap = 'butt';
  context.lineJoin = 'miter';
}

/** Adds a shape to the path. What is filled is filled here. */
function outline(context: CanvasRenderingContext2D, shape: Look['shape'], x: number, y: number, r: number): void {
  switch (shape) {
    case 'check':
      context.moveTo(x - r * 0.75, y + r * 0.05);
      context.lineTo(x - r * 0.2, y + r * 0.6);
      context.lineTo(x + r * 0.8, y - r * 0.6);
      break;
    case 'play':
      context.moveTo(x - r * 0.55, y - r * 0.8);
      context.lineTo(x + r * 0.85, y);
      context.lineTo(x - r * 0.55, y + r * 0.8);
      context.closePath();
      context.fill();
      break;
    case 'dot':
      context.arc(x, y, r * 0.55, 0, 2 * Math.PI);
      context.fill();
      break;
    case 'ring':
      context.arc(x, y, r * 0.65, 0, 2 * Math.PI);
      break;
    case 'clock':
      context.arc(x, y, r * 0.85, 0, 2 * Math.PI);
      context.moveTo(x, y - r * 0.45);
      context.lineTo(x, y);
      context.lineTo(x + r * 0.4, y + r * 0.2);
      break;
    case 'bar':
      context.moveTo(x - r * 0.8, y);
      context.lineTo(x + r * 0.8, y);
      break;
    case 'question':
      context.arc(x, y - r * 0.35, r * 0.5, -Math.PI, Math.PI / 2);
      context.lineTo(x, y + r * 0.35);
      context.moveTo(x, y + r * 0.85);
      context.lineTo(x, y + r * 0.9);
      break;
    case 'later':
      chevron(context, x - r * 0.35, y, r);
      context.moveTo(x + r * 0.6, y - r * 0.6);
      context.lineTo(x + r * 0.6, y + r * 0.6);
      break;
    case 'skip':
      chevron(context, x - r * 0.4, y, r);
      chevron(context, x + r * 0.4, y, r);
      break;
    case 'cross':
      context.moveTo(x - r * 0.65, y - r * 0.65);
      context.lineTo(x + r * 0.65, y + r * 0.65);
      context.moveTo(x + r * 0.65, y - r * 0.65);
      context.lineTo(x - r * 0.65, y + r * 0.65);
      break;
    case 'slash':
      context.arc(x, y, r * 0.85, 0, 2 * Math.PI);
      context.moveTo(x - r * 0.6, y + r * 0.6);
      context.lineTo(x + r * 0.6, y - r * 0.6);
      break;
  }
}

function chevron(context: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  context.moveTo(x - r * 0.35, y - r * 0.6);
  context.lineTo(x + r * 0.35, y);
  context.lineTo(x - r * 0.35, y + r * 0.6);
}
