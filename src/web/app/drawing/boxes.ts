import { derivedStatuses, type JobNode, type JobRecord } from '../../../domain/graph.js';
import type { DerivedStatus } from '../../../domain/graph.js';
import { thousands } from '../../../prelude/phrases.js';
import type { Unit } from '../model/drawn-graph.js';
import { lineOfJob } from '../model/job-lines.js';
import { countsInWords, statusCount } from '../model/moment.js';
import { nameToWidth, textToWidth } from './fit-text.js';
import { drawMark } from './marks.js';
import { groupHead, type Rect } from './placed-graph.js';
import type { Look, Theme } from './theme.js';

const family = 'system-ui, "Segoe UI", "Noto Sans", sans-serif';
export const fonts = {
  name: `600 13px ${family}`,
  small: `11px ${family}`,
  member: `12px ${family}`,
  value: '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
} as const;

/** With what boxes are drawn. */
export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly theme: Theme;
  /** How many pixels of the page one of the picture is: what nobody could read is left out. */
  readonly scale: number;
  /** How many characters all names have in common: the first to be left out. */
  readonly prefix: number;
}

/** Text of a size is worth drawing from here on. */
const legibleFrom = 5;

function isLegible({ scale }: Pen, size: number): boolean {
  return size * scale >= legibleFrom;
}

export function roundedRect(context: CanvasRenderingContext2D, rect: Rect, radius: number, by = 0): void {
  const { x, y, width, height } = rect;
  context.beginPath();
  context.roundRect(x - by, y - by, width + 2 * by, height + 2 * by, radius + Math.max(0, by));
}

export interface JobInBox {
  readonly node: JobNode;
  readonly record: JobRecord;
  readonly status: DerivedStatus;
  readonly isCritical: boolean;
}

function drawGround({ context, scale }: Pen, rect: Rect, look: Look, radius: number): void {
  roundedRect(context, rect, radius);
  context.fillStyle = look.fill;
  context.fill();
  context.strokeStyle = look.stroke;
  context.lineWidth = Math.max(1.25, 1 / scale);
  if (look.isDashed) context.setLineDash([5, 3]);
  context.stroke();
  if (look.isDashed) context.setLineDash([]);
}

/** A job with all there is room for: id, type, attempt, and its result, its failure, or what it waits for. */
export function drawJobBox(pen: Pen, rect: Rect, job: JobInBox): void {
  const { context, theme } = pen;
  const { node, record, status } = job;
  const look = theme.statuses[status];
  drawGround(pen, rect, look, 6);
  const { x, y, width } = rect;
  if (!isLegible(pen, 13)) return drawMark(context, look, x + width / 2, y + rect.height / 2, rect.height * 0.6);
  drawMark(context, look, x + 16, y + 16, 13);
  context.textBaseline = 'alphabetic';
  const attempt = drawAttempt(pen, rect, record, y + 20);
  context.font = fonts.name;
  context.fillStyle = theme.ink;
  drawName(pen, fonts.name, job, { x: x + 28, y: y + 20.5, width: width - 38 - attempt });
  context.font = fonts.small;
  context.fillStyle = theme.ink;
  context.globalAlpha *= 0.8;
  context.fillText(nameToWidth(context, fonts.small, node.definition.type, width - 20, pen.prefix), x + 10, y + 37);
  context.globalAlpha /= 0.8;
  if (status === 'started' && record.state.progress !== null) drawProgress(pen, rect, look, record.state.progress);
  else drawLine(pen, rect, lineOfJob(record, status), status);
}

/** The id, after a mark if the job is on the critical path. */
function drawName(
  { context, prefix }: Pen,
  font: string,
  { node, isCritical }: JobInBox,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): void {
  const mark = isCritical ? 14 : 0;
  if (isCritical) context.fillText('◆', x, y);
  context.fillText(nameToWidth(context, font, node.id, width - mark, prefix), x + mark, y);
}

/** How often it was tried, at the right; how wide that is. */
function drawAttempt({ context, theme }: Pen, { x, width }: Rect, { state }: JobRecord, y: number): number {
  if (state.attempt <= 1) return 0;
  context.font = fonts.small;
  context.fillStyle = theme.ink;
  const text = `×${thousands(state.attempt)}`;
  const wide = context.measureText(text).width;
  context.fillText(text, x + width - 9 - wide, y);
  return wide + 6;
}

function drawLine({ context, theme }: Pen, { x, y, width }: Rect, line: string, status: DerivedStatus): void {
  if (line === '') return;
  context.font = status === 'finished' ? fonts.value : fonts.small;
  context.fillStyle = theme.ink;
  context.fillText(textToWidth(context, line, width - 20), x + 10, y + 52);
}

function drawProgress({ context, theme }: Pen, { x, y, width }: Rect, look: Look, progress: number): void {
  const bar = { x: x + 10, y: y + 45, width: width - 56, height: 6 };
  context.fillStyle = theme.raised;
  roundedRect(context, bar, 3);
  context.fill();
  context.fillStyle = look.stroke;
  roundedRect(context, { ...bar, width: Math.max(6, bar.width * progress) }, 3);
  context.fill();
  context.font = fonts.small;
  context.fillStyle = theme.ink;
  context.textAlign = 'right';
  context.fillText(`${Math.round(progress * 100)} %`, x + width - 10, y + 52);
  context.textAlign = 'left';
}

/** A job in the frame of its group: there is room for its id. */
export function drawMember(pen: Pen, rect: Rect, job: JobInBox): void {
  const { record, status } = job;
  const { context, theme } = pen;
  const look = theme.statuses[status];
  drawGround(pen, rect, look, 4);
  const { x, y, width, height } = rect;
  const middle = y + height / 2;
  if (!isLegible(pen, 12)) return drawMark(context, look, x + width / 2, middle, height * 0.7);
  drawMark(context, look, x + 14, middle, 11);
  context.textBaseline = 'alphabetic';
  const attempt = drawAttempt(pen, rect, record, middle + 4);
  context.font = fonts.member;
  context.fillStyle = theme.ink;
  drawName(pen, fonts.member, job, { x: x + 25, y: middle + 4, width: width - 33 - attempt });
  if (status !== 'started' || record.state.progress === null) return;
  context.fillStyle = look.stroke;
  context.fillRect(x + 4, y + height - 3, (width - 8) * record.state.progress, 2);
}

/** A group: what its jobs have in common, a bar of their statuses, and the counts; the frame around its boxes, if any. */
export function drawGroup(pen: Pen, rect: Rect, unit: Unit, counts: Uint32Array): void {
  const { context, theme } = pen;
  roundedRect(context, rect, 8);
  context.fillStyle = theme.raised;
  context.fill();
  context.strokeStyle = counts[derivedStatuses.indexOf('failed')]! > 0 ? theme.statuses.failed.stroke : theme.faint;
  context.lineWidth = Math.max(1.5, 1 / pen.scale);
  context.stroke();
  const { x, y, width, height } = rect;
  const inset = groupHead.padding;
  const bar = { x: x + inset, y: y + 28, width: width - 2 * inset, height: 10 };
  if (!isLegible(pen, 13)) return drawShares(pen, { ...bar, y: y + 8, height: 40 }, counts, unit.jobs.length);
  context.textBaseline = 'alphabetic';
  context.font = fonts.name;
  context.fillStyle = theme.ink;
  const many = ` × ${thousands(unit.jobs.length)}`;
  const manyWide = context.measureText(many).width;
  const name = nameToWidth(context, fonts.name, unit.name, width - 2 * inset - 18 - manyWide, pen.prefix);
  context.fillText(name + many, x + inset, y + 20);
  drawFold(pen, x + width - inset - 5, y + 16, unit.isUnfolded);
  drawShares(pen, bar, counts, unit.jobs.length);
  context.font = fonts.small;
  context.fillStyle = theme.dim;
  context.fillText(textToWidth(context, countsInWords(counts), width - 2 * inset), x + inset, y + 53);
  const rest = unit.jobs.length - unit.shown.length;
  if (unit.isUnfolded && rest > 0) context.fillText(`and ${thousands(rest)} more`, x + inset, y + height - 9);
}

/** Points to the right while folded, and down to what is unfolded. */
function drawFold({ context, theme }: Pen, x: number, y: number, isUnfolded: boolean): void {
  context.strokeStyle = theme.dim;
  context.lineWidth = 1.6;
  context.beginPath();
  if (isUnfolded) {
    context.moveTo(x - 4, y - 2);
    context.lineTo(x, y + 2);
    context.lineTo(x + 4, y - 2);
  } else {
    context.moveTo(x - 2, y - 4);
    context.lineTo(x + 2, y);
    context.lineTo(x - 2, y + 4);
  }
  context.stroke();
}

/** A bar in the colours of the statuses, each as long as its share, with its mark where there is room. */
function drawShares(pen: Pen, bar: Rect, counts: Uint32Array, total: number): void {
  const { context, theme } = pen;
  context.save();
  roundedRect(context, bar, 3);
  context.clip();
  let x = bar.x;
  for (let code = 0; code < statusCount; code++) {
    const count = counts[code]!;
    if (count === 0) continue;
    const look = theme.statuses[derivedStatuses[code]!];
    const width = (bar.width * count) / total;
    // What is light is wide: most jobs wait at first, and all are finished in the end.
    context.fillStyle = look.fill;
    context.fillRect(x, bar.y, width, bar.height);
    if (width >= 14) drawMark(context, look, x + width / 2, bar.y + bar.height / 2, Math.min(9, bar.height - 2));
    else {
      context.fillStyle = look.stroke;
      context.fillRect(x, bar.y, Math.max(1.5, width), bar.height);
    }
    x += width;
    context.fillStyle = theme.raised;
    if (x < bar.x + bar.width - 1) context.fillRect(x - 0.5, bar.y, 1, bar.height);
  }
  context.restore();
  context.strokeStyle = theme.faint;
  context.lineWidth = 0.75;
  roundedRect(context, bar, 3);
  context.stroke();
}

/** What stands for jobs that are too many to be drawn. */
export function drawMore(pen: Pen, rect: Rect, { name }: Unit): void {
  const { context, theme } = pen;
  roundedRect(context, rect, 6);
  context.fillStyle = theme.raised;
  context.fill();
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.stroke();
  context.setLineDash([]);
  context.font = fonts.small;
  context.fillStyle = theme.dim;
  context.textBaseline = 'alphabetic';
  context.fillText(textToWidth(context, `and ${name}`, rect.width - 20), rect.x + 10, rect.y + rect.height / 2 + 4);
}
