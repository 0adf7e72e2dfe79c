import type { CanvasSize } from '../canvas/canvas-size.js';
import { thousands } from '../../../prelude/phrases.js';
import type { Theme } from './theme.js';

/** How many jobs were where, at a moment while the page was open. */
export interface Sample {
  /** In milliseconds, by a clock that never goes back. */
  readonly at: number;
  readonly ready: number;
  readonly started: number;
  readonly waiting: number;
}

const kinds = ['started', 'ready', 'waiting'] as const;

/** Lines over time, with the latest numbers at their ends. */
export function drawQueues(
  context: CanvasRenderingContext2D,
  size: CanvasSize,
  theme: Theme,
  samples: readonly Sample[],
) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return;
  const [left, right, top, bottom] = [8, size.width - 120, 8, size.height - 8];
  const most = samples.reduce((max, { ready, started, waiting }) => Math.max(max, ready, started, waiting), 1);
  const spanMs = Math.max(1, last.at - first.at);
  const x = (at: number) => left + ((at - first.at) / spanMs) * (right - left);
  // Few are still to be seen beside many.
  const y = (count: number) => bottom - Math.sqrt(count / most) * (bottom - top);
  context.fillStyle = theme.line;
  context.fillRect(left, bottom, right - left, 1);
  context.font = '12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  const taken: number[] = [];
  for (const kind of kinds) {
    context.strokeStyle = theme.statuses[kind].stroke;
    context.fillStyle = theme.statuses[kind].stroke;
    context.lineWidth = 2;
    context.beginPath();
    for (const sample of samples) context.lineTo(x(sample.at), y(sample[kind]));
    context.stroke();
    let at = y(last[kind]);
    while (taken.some((other) => Math.abs(other - at) < 14)) at -= 14;
    taken.push(at);
    context.fillText(`${thousands(last[kind])} ${kind === 'started' ? 'running' : kind}`, right + 8, at);
  }
  context.lineWidth = 1;
}
