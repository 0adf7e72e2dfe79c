import { isWrong, type SpanKind } from '../../../history/timeline/spans.js';
import type { Load } from '../../../history/timeline/load.js';
import { ticksOf } from '../../../history/timeline/ticks.js';
import { cleanText } from '../../../prelude/clean-text.js';
import type { Bar, Lane } from '../model/lanes.js';
import type { CanvasSize } from '../canvas/canvas-size.js';
import { cutToWidth } from './cut-text.js';
import type { Theme } from './theme.js';

/** The part of the time that is seen, in milliseconds since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** What is drawn of a lane: bars, or how many jobs were in each kind in each part of the window. */
export type LaneContent = { readonly bars: readonly Bar[] } | { readonly load: Load; readonly most: number };

export interface TimelineState {
  readonly window: TimeWindow;
  /** When the run began, in milliseconds since the epoch. */
  readonly origin: number;
  /** The moment that is shown. */
  readonly now: number;
  readonly lanes: readonly Lane[];
  readonly rowHeight: number;
  /** How far the lanes are scrolled, in CSS pixels. */
  readonly top: number;
  readonly labelWidth: number;
  readonly jobId: string | null;
  readonly contentOf: (lane: Lane) => LaneContent;
}

export const headHeight = 24;

/** Where a time is drawn, in CSS pixels from the left. */
function xOfTime({ window, labelWidth }: Pick<TimelineState, 'window' | 'labelWidth'>, width: number, at: number) {
  return labelWidth + ((at - window.from) / Math.max(1, window.to - window.from)) * (width - labelWidth);
}

export function timeAtX(
  { window, labelWidth }: Pick<TimelineState, 'window' | 'labelWidth'>,
  width: number,
  x: number,
) {
  return window.from + ((x - labelWidth) / Math.max(1, width - labelWidth)) * (window.to - window.from);
}

export function drawTimeline(
  context: CanvasRenderingContext2D,
  size: CanvasSize,
  theme: Theme,
  state: TimelineState,
  kept: KeptLanes,
): void {
  const lanes = kept.at(size, theme, state);
  // As many pixels as it has: it is neither smoothed nor stretched.
  context.imageSmoothingEnabled = false;
  context.drawImage(lanes, 0, 0, lanes.width / size.ratio, lanes.height / size.ratio);
  veilTheFuture(context, size, theme, state);
  drawHead(context, size, theme, state);
}

/** The lanes that are seen, as they were drawn: they stay the same while the moment changes that is shown. */
export class KeptLanes {
  private readonly layer = document.createElement('canvas');
  private drawn: readonly unknown[] = [];

  at(size: CanvasSize, theme: Theme, state: TimelineState): HTMLCanvasElement {
    const { window, lanes, rowHeight, top, labelWidth, jobId, contentOf } = state;
    const { width, height, ratio } = size;
    const wanted = [
      width,
      height,
      ratio,
      theme,
      window.from,
      window.to,
      lanes,
      rowHeight,
      top,
      labelWidth,
      jobId,
      contentOf,
    ];
    if (wanted.every((each, index) => each === this.drawn[index])) return this.layer;
    this.drawn = wanted;
    // This clears it, too.
    this.layer.width = Math.round(width * ratio);
    this.layer.height = Math.round(height * ratio);
    const context = this.layer.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawLanes(context, size, theme, state);
    return this.layer;
  }
}

function drawLanes(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, state: TimelineState): void {
  const { lanes, rowHeight, top } = state;
  const first = Math.floor(top / rowHeight);
  const last = Math.min(lanes.length, Math.ceil((top + size.height - headHeight) / rowHeight));
  context.beginPath();
  context.rect(0, headHeight, size.width, size.height - headHeight);
  context.clip();
  for (let index = first; index < last; index++) {
    const y = headHeight + index * rowHeight - top;
    drawLane(context, size, theme, state, lanes[index]!, y);
  }
}

function drawLane(
  context: CanvasRenderingContext2D,
  size: CanvasSize,
  theme: Theme,
  state: TimelineState,
  lane: Lane,
  y: number,
): void {
  const { rowHeight, labelWidth, jobId } = state;
  if (lane.jobId !== null && lane.jobId === jobId) {
    context.fillStyle = theme.line;
    context.fillRect(0, y, size.width, rowHeight);
  }
  const content = state.contentOf(lane);
  context.save();
  context.beginPath();
  context.rect(labelWidth, y, size.width - labelWidth, rowHeight);
  context.clip();
  if ('bars' in content) drawBars(context, size, theme, state, content.bars, lane, y);
  else drawLoad(context, size, theme, state, content, y);
  context.restore();
  context.fillStyle = lane.isTroubled ? theme.danger : lane.isCritical ? theme.ink : theme.dim;
  context.font = `${lane.isCritical ? '600 ' : ''}12px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const mark = lane.isCritical ? '◆ ' : '';
  const label = cutToWidth(context, `${mark}${cleanText(lane.label)}`, labelWidth - 16);
  context.fillText(label, 8, y + Math.min(rowHeight, 24) / 2);
}

function drawBars(
  context: CanvasRenderingContext2D,
  size: CanvasSize,
  theme: Theme,
  state: TimelineState,
  bars: readonly Bar[],
  lane: Lane,
  y: number,
): void {
  const { rowHeight, jobId } = state;
  let covered = -Infinity;
  for (const bar of bars) {
    const from = xOfTime(state, size.width, bar.from);
    const to = Math.max(from + 1, xOfTime(state, size.width, bar.to));
    if (to < state.labelWidth || from > size.width) continue;
    // Of many within a pixel, one is enough, unless it went wrong.
    if (to <= covered + 0.5 && !isWrong({ ...bar, attempt: null })) continue;
    covered = Math.max(covered, to);
    const isRunning = bar.kind === 'running';
    const [inset, height] = isRunning ? [3, rowHeight - 6] : [rowHeight / 2 - 2, 4];
    context.fillStyle = colourOf(theme, bar);
    context.fillRect(from, y + inset, to - from, height);
    if (isRunning && isWrong({ ...bar, attempt: null })) drawWrong(context, theme, { from, to, y: y + inset, height });
    if (lane.jobId === null && bar.jobId === jobId) {
      context.strokeStyle = theme.ink;
      context.strokeRect(from, y + inset, to - from, height);
    }
  }
}

function colourOf(theme: Theme, { kind, ending }: Bar): string {
  if (kind !== 'running') return theme.spans[kind];
  if (ending === null || ending === 'released') return theme.spans.running;
  if (ending === 'deferred') return theme.spans.deferred;
  if (ending === 'skipped') return theme.statuses.skipped.stroke;
  return ending === 'finished' ? theme.finishedBar : theme.danger;
}

/** A cross at the end, so that it is told apart without its colour. */
function drawWrong(
  context: CanvasRenderingContext2D,
  theme: Theme,
  { from, to, y, height }: { readonly from: number; readonly to: number; readonly y: number; readonly height: number },
): void {
  if (to - from < 8) return;
  context.strokeStyle = theme.ground;
  context.lineWidth = 1.5;
  context.beginPath();
  const [x, middle, arm] = [to - 5, y + height / 2, 2.5];
  context.moveTo(x - arm, middle - arm);
  context.lineTo(x + arm, middle + arm);
  context.moveTo(x + arm, middle - arm);
  context.lineTo(x - arm, middle + arm);
  context.stroke();
  context.lineWidth = 1;
}

/** In CSS pixels. */
const loadLeast = 2;
/** What is not blocked, from the bottom to the top. */
export const stacked = [
  'running',
  'backing-off',
  'deferred',
  'delayed',
  'awaiting',
  'ready',
] as const satisfies readonly SpanKind[];

/**
 * Areas on top of each other; what runs is at the bottom, since it is looked at most. What is blocked would hide all else: it
 * is a stripe along the top, the stronger the more of the jobs that are there are blocked.
 */
function drawLoad(
  context: CanvasRenderingContext2D,
  size: CanvasSize,
  theme: Theme,
  state: TimelineState,
  { load, most }: { readonly load: Load; readonly most: number },
  y: number,
): void {
  const { rowHeight, labelWidth } = state;
  const parts = load.running.length;
  const width = (size.width - labelWidth) / parts;
  const scale = (rowHeight - 8) / Math.max(1, most);
  for (let part = 0; part < parts; part++) {
    let bottom = y + rowHeight - 4;
    context.fillStyle = theme.faint;
    context.globalAlpha = blockedShare(load, part);
    context.fillRect(labelWidth + part * width, y + 1, width + 0.5, 3);
    context.globalAlpha = 1;
    for (const kind of stacked) {
      if (load[kind][part]! <= 0) continue;
      // Few are still to be seen beside many.
      const height = Math.max(loadLeast, load[kind][part]! * scale);
      context.fillStyle = theme.spans[kind];
      context.fillRect(labelWidth + part * width, bottom - height, width + 0.5, height);
      bottom -= height;
    }
  }
  context.fillStyle = theme.line;
  context.fillRect(labelWidth, y + rowHeight - 4, size.width - labelWidth, 1);
}

function blockedShare({ blocked, ...load }: Load, part: number): number {
  const others = stacked.reduce((sum, kind) => sum + load[kind][part]!, 0);
  return blocked[part]! === 0 ? 0 : 0.25 + (0.75 * blocked[part]!) / (blocked[part]! + others);
}

function veilTheFuture(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, state: TimelineState): void {
  const x = Math.max(state.labelWidth, xOfTime(state, size.width, state.now));
  if (x < size.width) {
    context.globalAlpha = 0.78;
    context.fillStyle = theme.ground;
    context.fillRect(x, headHeight, size.width - x, size.height - headHeight);
    context.globalAlpha = 1;
  }
  context.fillStyle = theme.ink;
  if (x <= size.width) context.fillRect(x - 0.75, headHeight - 8, 1.5, size.height);
}

function drawHead(context: CanvasRenderingContext2D, size: CanvasSize, theme: Theme, state: TimelineState): void {
  const { window, origin, labelWidth } = state;
  context.fillStyle = theme.line;
  context.fillRect(0, headHeight - 1, size.width, 1);
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.fillStyle = theme.dim;
  const spanMs = window.to - window.from;
  const step = ticksOf(spanMs, Math.max(2, Math.floor((size.width - labelWidth) / 110)))[1]?.at ?? spanMs;
  // The labels count from the beginning of the run, wherever the window begins.
  const all = ticksOf(window.to - origin, Math.max(2, Math.round((window.to - origin) / Math.max(1, step))));
  for (const { at, label } of all) {
    const x = xOfTime(state, size.width, origin + at);
    if (x < labelWidth - 1 || x > size.width) continue;
    context.fillRect(x, headHeight - 6, 1, 5);
    if (x + context.measureText(label).width + 6 < size.width) context.fillText(label, x + 4, headHeight / 2 - 1);
  }
}
