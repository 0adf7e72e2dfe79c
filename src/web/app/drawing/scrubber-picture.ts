import type { GraphModel, Mark, Trouble } from '../model/graph-model.js';
import type { TimeScale } from '../model/time-scale.js';
import { ticksOf } from '../../../history/timeline/ticks.js';
import type { CanvasSize } from '../canvas/canvas-size.js';
import type { Theme } from './theme.js';

/** What the strip shows. */
export interface ScrubberState {
  readonly model: GraphModel;
  readonly scale: TimeScale;
  readonly counts: Float64Array;
  /** See {@link marksOf}. */
  readonly marks: ReadonlyMap<Trouble, Path2D>;
  readonly number: number;
  readonly a: number | null;
  readonly b: number | null;
  readonly jobId: string | null;
  readonly isByTime: boolean;
}

/** Room at the edges, for what stands on the first and the last event. */
export const padding = 10;
const axisHeight = 16;
const marksHeight = 10;

export function drawScrubber(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, state: ScrubberState) {
  const bars = { top: marksHeight + 2, bottom: size.height - axisHeight };
  drawHistogram(context, bars, theme, state);
  drawMarks(context, theme, state);
  drawJobTicks(context, bars, theme, state);
  if (state.isByTime) drawAxis(context, size, theme, state);
  for (const [name, number] of [
    ['A', state.a],
    ['B', state.b],
  ] as const)
    if (number !== null) drawPin(context, size, theme, name, xOf(state, number));
  drawCursor(context, size, theme, xOf(state, state.number));
}

const xOf = ({ scale }: ScrubberState, number: number) => padding + scale.ofNumber(number);

type Band = Readonly<Record<'top' | 'bottom', number>>;

function drawHistogram(
  context: CanvasRenderingContext2D,
  { top, bottom }: Band,
  theme: Theme,
  state: ScrubberState,
): void {
  const { counts, scale } = state;
  const most = counts.reduce((max, count) => Math.max(max, count), 1);
  const width = scale.width / counts.length;
  const cursor = scale.ofNumber(state.number);
  counts.forEach((count, index) => {
    if (count === 0) return;
    // Few events beside many are still to be seen.
    const height = Math.max(2, Math.sqrt(count / most) * (bottom - top));
    const x = index * width;
    context.fillStyle = x <= cursor ? theme.spans.running : theme.spans.blocked;
    context.fillRect(padding + x, bottom - height, Math.max(1, width - 1), height);
  });
  context.fillStyle = theme.line;
  context.fillRect(padding, bottom, scale.width, 1);
}

const markColours = (theme: Theme): Readonly<Record<Trouble, string>> => ({
  fault: theme.statuses['backing-off'].stroke,
  failed: theme.danger,
  abort: theme.statuses.aborted.stroke,
  reset: theme.accent,
});

function drawMarks(context: CanvasRenderingContext2D, theme: Theme, { marks }: ScrubberState): void {
  const colours = markColours(theme);
  for (const [trouble, shapes] of marks) {
    context.fillStyle = colours[trouble];
    context.fill(shapes);
  }
}

/** The shapes of all marks, by kind. Many at one place are one. */
export function marksOf(marks: readonly Mark[], scale: TimeScale): ReadonlyMap<Trouble, Path2D> {
  // What is worse is drawn later, and stays on top.
  const paths = new Map((['fault', 'reset', 'abort', 'failed'] as const).map((each) => [each, new Path2D()]));
  const drawn = new Set<string>();
  for (const { number, trouble } of marks) {
    const x = Math.round(padding + scale.ofNumber(number));
    const key = `${trouble} ${Math.round(x / 2)}`;
    if (drawn.has(key)) continue;
    drawn.add(key);
    addTrouble(paths.get(trouble)!, trouble, x);
  }
  return paths;
}

/** A shape for each kind, since colours alone do not tell everybody. */
function addTrouble(path: Path2D, trouble: Trouble, x: number): void {
  switch (trouble) {
    case 'fault':
      path.moveTo(x - 4, 1);
      path.lineTo(x + 4, 1);
      path.lineTo(x, 9);
      break;
    case 'failed':
      path.moveTo(x - 4, 1);
      path.lineTo(x - 2, 1);
      path.lineTo(x, 3.5);
      path.lineTo(x + 2, 1);
      path.lineTo(x + 4, 1);
      path.lineTo(x + 1.2, 5);
      path.lineTo(x + 4, 9);
      path.lineTo(x + 2, 9);
      path.lineTo(x, 6.5);
      path.lineTo(x - 2, 9);
      path.lineTo(x - 4, 9);
      path.lineTo(x - 1.2, 5);
      break;
    case 'abort':
      path.rect(x - 3.5, 1.5, 7, 7);
      break;
    case 'reset':
      path.moveTo(x + 3.8, 5);
      path.arc(x, 5, 3.8, 0, 2 * Math.PI);
      break;
  }
}

function drawJobTicks(context: CanvasRenderingContext2D, { bottom }: Band, theme: Theme, state: ScrubberState): void {
  if (state.jobId === null) return;
  context.fillStyle = theme.accent;
  for (const number of state.model.eventsOf(state.jobId))
    context.fillRect(xOf(state, number) - 0.75, bottom - 9, 1.5, 9);
}

function drawAxis(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, { scale, model }: ScrubberState) {
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'bottom';
  context.fillStyle = theme.dim;
  const from = model.times[model.first - 1]!;
  const spanMs = Math.max(1, model.times.at(-1)! - from);
  for (const { at, label } of ticksOf(spanMs, Math.floor(scale.width / 110))) {
    const x = scale.ofTime(from + at);
    const width = context.measureText(label).width;
    if (x + width > scale.width + padding) continue;
    context.fillRect(padding + x, size.height - axisHeight, 1, 4);
    context.fillText(label, padding + x + 3, size.height - 1);
  }
}

function drawPin(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, name: string, x: number): void {
  context.fillStyle = theme.accent;
  context.fillRect(x - 0.75, 0, 1.5, size.height - axisHeight);
  context.beginPath();
  context.arc(x, size.height - axisHeight - 7, 7, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = theme.ground;
  context.font = 'bold 10px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(name, x, size.height - axisHeight - 6.5);
  context.textAlign = 'start';
}

function drawCursor(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, x: number): void {
  context.fillStyle = theme.ink;
  context.fillRect(x - 1, 0, 2, size.height - axisHeight + 1);
  context.beginPath();
  context.moveTo(x - 6, size.height - axisHeight + 8);
  context.lineTo(x + 6, size.height - axisHeight + 8);
  context.lineTo(x, size.height - axisHeight - 1);
  context.fill();
}
