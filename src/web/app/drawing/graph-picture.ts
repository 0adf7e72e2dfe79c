import { isUnitThere, statusCount, type Moment, statusOf, statusText } from '../model/moment.js';
import type { Matches } from '../model/matches.js';
import { drawGroup, drawJobBox, drawMember, drawMore, fonts, type Pen, roundedRect } from './boxes.js';
import { drawLine, type Line, lineAlong, lineBetween, type Stroke } from './edges.js';
import { nameToWidth } from './fit-text.js';
import { type PlacedGraph, type Rect, rectOfJob, type Target } from './placed-graph.js';
import type { Theme } from './theme.js';

/** What is drawn of a graph besides its boxes and edges. */
export interface GraphPicture {
  readonly placed: PlacedGraph;
  readonly moment: Moment;
  /** By unit: see `countsByUnit`. */
  readonly counts: Uint32Array;
  readonly chosen: number | null;
  readonly focused: Target | null;
  readonly hovered: Target | null;
  readonly matches: Matches | null;
}

/** How the picture lies on the canvas: moved, then made larger or smaller. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

/** The part of the picture that is seen on a canvas of a size. */
export function seenPart({ x, y, k }: View, width: number, height: number): Rect {
  return { x: -x / k, y: -y / k, width: width / k, height: height / k };
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

const dimmed = 0.25;
const shining = 0.3;

export function drawGraph(
  context: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  theme: Theme,
  view: View,
  picture: GraphPicture,
): void {
  context.save();
  context.translate(view.x, view.y);
  context.scale(view.k, view.k);
  const pen: Pen = { context, theme, scale: view.k, prefix: picture.placed.prefix };
  const seen = seenPart(view, size.width, size.height);
  const isInside = isInsideFrame(picture);
  if (!isInside) drawHalo(pen, picture);
  drawFrames(pen, picture, seen);
  if (isInside) drawHalo(pen, picture);
  drawEdges(pen, picture);
  drawEmphasis(pen, picture, 1);
  drawBoxes(pen, picture, seen);
  // A line to a box within a group passes below others: there it shines through.
  if (picture.placed.drawn.units.some(({ shown }) => shown.length > 0)) drawEmphasis(pen, picture, shining);
  drawRings(pen, picture);
  context.restore();
}

/** The groups that have boxes in them are below the edges, so that these can be seen to lead there. */
function drawFrames(pen: Pen, { placed, counts, matches }: GraphPicture, seen: Rect): void {
  const { units } = placed.drawn;
  units.forEach((unit, index) => {
    if (unit.shown.length === 0 || !overlaps(seen, placed.rects[index]!) || !isUnitThere(counts, index)) return;
    pen.context.globalAlpha = matches !== null && matches.byUnit[index] === 0 ? dimmed : 1;
    drawGroup(pen, placed.rects[index]!, unit, countsOfUnit(counts, index));
  });
  pen.context.globalAlpha = 1;
}

function countsOfUnit(counts: Uint32Array, unit: number): Uint32Array {
  return counts.subarray(unit * statusCount, (unit + 1) * statusCount);
}

/** Lines are made once for each layout. */
const lines = new WeakMap<PlacedGraph, readonly Line[]>();

function linesOf(placed: PlacedGraph): readonly Line[] {
  const before = lines.get(placed);
  if (before !== undefined) return before;
  const made = placed.paths.map((points, index) => {
    const { from, to } = placed.drawn.edges[index]!;
    return lineAlong(points, placed.rects[from]!, placed.rects[to]!);
  });
  lines.set(placed, made);
  return made;
}

function drawEdges({ context, theme }: Pen, { placed, counts, matches }: GraphPicture): void {
  const { edges } = placed.drawn;
  const all = linesOf(placed);
  // Where there are very many, each is thinner.
  const alpha = edges.length > 300 ? 0.5 : 1;
  edges.forEach(({ from, to, count }, index) => {
    if (!isUnitThere(counts, from) || !isUnitThere(counts, to)) return;
    const isOff = matches !== null && (matches.byUnit[from] === 0 || matches.byUnit[to] === 0);
    const stroke = { colour: theme.faint, width: Math.min(7, 1.1 + 1.4 * Math.log10(count)) };
    drawLine(context, all[index]!, { ...stroke, alpha: isOff ? dimmed * alpha : alpha });
  });
}

/** Dependencies that are looked at: the critical path, those of the chosen job, and what the last event set in motion. */
function drawEmphasis({ context, theme, scale }: Pen, picture: GraphPicture, alpha: number): void {
  const { placed, moment, chosen, focused, hovered, matches } = picture;
  const { nodes, critical } = placed.drawn;
  context.globalAlpha = matches === null ? alpha : dimmed * alpha;
  const isThere = (job: number) => statusOf(moment, job) !== null;
  const thick = (width: number) => Math.max(width, width / scale / 2);
  for (let at = 1; at < critical.length; at++) {
    const [from, to] = [critical[at - 1]!, critical[at]!];
    // Between groups, a line would stand for all of their dependencies.
    if (!placed.boxOf.has(from) || !placed.boxOf.has(to)) continue;
    if (!isThere(from) || !isThere(to)) continue;
    drawDependency(context, placed, from, to, { colour: theme.ink, width: thick(2.2) });
  }
  context.globalAlpha = alpha;
  const looked = new Set([chosen, focused?.job ?? null, hovered?.job ?? null]);
  for (const job of looked) {
    if (job === null || !isThere(job)) continue;
    const stroke = { colour: theme.dim, width: thick(1.8) };
    for (const { index } of nodes[job]!.parents)
      if (isThere(index)) drawDependency(context, placed, index, job, stroke);
    for (const { index } of nodes[job]!.children)
      if (isThere(index)) drawDependency(context, placed, job, index, stroke);
  }
  for (const job of moment.changed === null ? [] : moment.madeReady) {
    drawDependency(context, placed, moment.changed!, job, { colour: theme.accent, width: thick(3.2) });
  }
  context.globalAlpha = 1;
}

function drawDependency(
  context: CanvasRenderingContext2D,
  placed: PlacedGraph,
  from: number,
  to: number,
  stroke: Stroke,
): void {
  const line = lineOf(placed, from, to);
  if (line !== null) drawLine(context, line, stroke);
}

/** Along the layout where it has a line for these two; null where both are in one box, or one is not drawn. */
function lineOf(placed: PlacedGraph, from: number, to: number): Line | null {
  const { unitOf, units } = placed.drawn;
  const [start, end] = [rectOfJob(placed, from), rectOfJob(placed, to)];
  if (start === null || end === null || start === end) return null;
  const isWhole = (job: number) => units[unitOf[job]!]!.shown.length === 0;
  if (isWhole(from) && isWhole(to)) {
    const index = edgeIndex(placed, unitOf[from]!, unitOf[to]!);
    if (index !== undefined) return linesOf(placed)[index]!;
  }
  return lineBetween(start, end);
}

const edgeIndexes = new WeakMap<PlacedGraph, ReadonlyMap<number, number>>();

function edgeIndex(placed: PlacedGraph, from: number, to: number): number | undefined {
  const { edges, units } = placed.drawn;
  let known = edgeIndexes.get(placed);
  if (known === undefined) {
    known = new Map(edges.map((edge, index) => [edge.from * units.length + edge.to, index]));
    edgeIndexes.set(placed, known);
  }
  return known.get(from * units.length + to);
}

function drawBoxes(pen: Pen, picture: GraphPicture, seen: Rect): void {
  const { placed, counts, matches, moment } = picture;
  const { units } = placed.drawn;
  const critical = criticalSet(placed);
  for (const { unit: index, job, rect } of placed.targets) {
    const unit = units[index]!;
    if (!overlaps(seen, rect) || (job === null && unit.shown.length > 0)) continue;
    const status = job === null ? null : statusOf(moment, job);
    const isThere = job === null ? unit.kind === 'more' || isUnitThere(counts, index) : status !== null;
    if (!isThere) continue;
    const isOff = matches !== null && (job === null ? matches.byUnit[index] === 0 : !matches.isMatch(job));
    pen.context.globalAlpha = isOff ? dimmed : 1;
    if (unit.kind === 'more') drawMore(pen, rect, unit);
    else if (job === null) drawGroup(pen, rect, unit, countsOfUnit(counts, index));
    else {
      const box = { ...jobInBox(placed, moment, job, critical), status: status! };
      if (unit.kind === 'job') drawJobBox(pen, rect, box);
      else drawMember(pen, rect, box);
    }
  }
  pen.context.globalAlpha = 1;
}

const criticalSets = new WeakMap<PlacedGraph, ReadonlySet<number>>();

function criticalSet(placed: PlacedGraph): ReadonlySet<number> {
  const known = criticalSets.get(placed) ?? new Set(placed.drawn.critical);
  criticalSets.set(placed, known);
  return known;
}

function jobInBox({ drawn }: PlacedGraph, moment: Moment, job: number, critical: ReadonlySet<number>) {
  return {
    node: drawn.nodes[job]!,
    record: moment.records[job]!,
    isCritical: critical.has(job),
  };
}

function isInsideFrame({ placed, moment }: GraphPicture): boolean {
  const { units, unitOf } = placed.drawn;
  return moment.changed !== null && (units[unitOf[moment.changed]!]?.shown.includes(moment.changed) ?? false);
}

/** Lifts out what the last event changed: a glow below its box, and a ring around it. */
function drawHalo({ context, theme }: Pen, { placed, moment }: GraphPicture): void {
  const rect = moment.changed === null ? null : rectOfJob(placed, moment.changed);
  if (rect === null) return;
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.16;
  roundedRect(context, rect, 6, 11);
  context.fill();
  context.globalAlpha = 0.3;
  roundedRect(context, rect, 6, 6);
  context.fill();
  context.globalAlpha = 1;
}

function drawRings(pen: Pen, { placed, moment, chosen, focused, hovered, matches }: GraphPicture): void {
  const { context, theme, scale } = pen;
  const ring = (rect: Rect | null, colour: string, width: number, by: number, dash: readonly number[] = []) => {
    if (rect === null) return;
    roundedRect(context, rect, 6, by);
    context.strokeStyle = colour;
    context.lineWidth = Math.max(width, width / scale / 1.5);
    context.setLineDash([...dash]);
    context.stroke();
    context.setLineDash([]);
  };
  if (matches !== null && matches.count < placed.drawn.nodes.length) {
    for (const { unit, job, rect } of placed.targets) {
      const isFound = job === null ? matches.byUnit[unit]! > 0 : matches.isMatch(job);
      if (isFound) ring(rect, theme.warning, 2, 2);
    }
  }
  if (hovered !== null) ring(hovered.rect, theme.ink, 1.2, 0.5);
  if (moment.changed !== null) {
    ring(rectOfJob(placed, moment.changed), theme.accent, 2.2, 1);
    drawTag(pen, placed, moment.changed, moment);
  }
  if (chosen !== null) ring(rectOfJob(placed, chosen), theme.accent, 3, 3.5);
  if (focused !== null) ring(focused.rect, theme.ink, 2.2, 7, [6, 3]);
}

/** Names the job that changed where it has no box of its own. */
function drawTag({ context, theme }: Pen, placed: PlacedGraph, job: number, moment: Moment): void {
  const rect = rectOfJob(placed, job);
  if (rect === null || placed.boxOf.has(job)) return;
  context.font = fonts.small;
  context.textBaseline = 'alphabetic';
  const name = nameToWidth(context, fonts.small, placed.drawn.nodes[job]!.id, rect.width - 90, placed.prefix);
  const text = `${name}: ${statusText(moment, job)}`;
  const tag = { x: rect.x + 8, y: rect.y - 20, width: context.measureText(text).width + 14, height: 18 };
  roundedRect(context, tag, 5);
  context.fillStyle = theme.accent;
  context.fill();
  context.fillStyle = theme.ground;
  context.fillText(text, tag.x + 7, tag.y + 12.5);
}
