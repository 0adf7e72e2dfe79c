import type { Colors } from 'picocolors/types.js';
import {
  type GraphTimeline,
  isWrong,
  kindsShown,
  type JobTimeline,
  type Span,
  type SpanKind,
  spanKinds,
} from '../../../history/timeline/spans.js';
import { cleanLine } from '../paint.js';
import { coloured } from '../../../domain/status-phrases.js';
import { duration } from '../../../prelude/phrases.js';
import { cutLine, widthOf } from '../width.js';
import { ticksOf } from '../../../history/timeline/ticks.js';

export interface GanttSize {
  /** Columns of the whole picture. */
  readonly columns: number;
  /** Rows for jobs or types, at most. */
  readonly rows: number;
}

/** One column each; where an attempt went wrong is drawn over them. */
const signs: Record<SpanKind, string> = {
  ...{ blocked: '·', ready: '-', awaiting: '?', 'backing-off': '~', deferred: '>', delayed: ',', running: '█' },
};
const kindsInWords: Record<SpanKind, string> = {
  running: 'running',
  ready: 'ready, not claimed',
  awaiting: 'waiting for an answer',
  'backing-off': 'backing off',
  deferred: 'put off',
  delayed: 'delayed',
  blocked: 'blocked by parents',
};
const nameShare = 0.35;
const nameLeast = 12;
const nameMost = 40;
const plotLeast = 20;

/** Where the names, the plot and the figures behind it stand. */
export interface Frame {
  readonly nameWidth: number;
  /** Columns of time. */
  readonly width: number;
}

/** Shares out the columns between names, time and figures. */
export function frameFor(names: readonly string[], columns: number, figuresWidth: number): Frame {
  const longest = Math.max(3, ...names.map((name) => widthOf(cleanLine(name))));
  const room = Math.min(nameMost, Math.max(nameLeast, Math.floor(columns * nameShare)));
  const nameWidth = Math.min(longest, room);
  return { nameWidth, width: Math.max(plotLeast, columns - nameWidth - figuresWidth - 4) };
}

/** The attempts of a graph's jobs along time, as lines of text. */
export function ganttLines(timeline: GraphTimeline, paint: Colors, { columns, rows }: GanttSize): string[] {
  const shown = chosenJobs(timeline, rows);
  const figures = shown.map(figuresOf);
  const frame = frameFor(
    shown.map(({ jobId }) => jobId),
    columns,
    Math.max(0, ...figures.map((text) => text.length)),
  );
  return [
    axisLine(timeline, frame),
    ...shown.map((job, index) =>
      rowLine(
        job.jobId,
        { isCritical: job.isCritical, bar: barOf(job, timeline, frame.width, paint), figures: figures[index]! },
        frame,
        paint,
      ),
    ),
  ];
}

/** How many of the jobs {@link ganttLines} leaves out. */
export function leftOut({ jobs }: GraphTimeline, rows: number): number {
  return Math.max(0, jobs.length - rows);
}

/** What the signs mean, each in a few words. */
export function ganttLegend(timeline: GraphTimeline, paint: Colors): string[] {
  const kinds = kindsShown(timeline)
    .toReversed()
    .map((kind) => `${painted(kind, signs[kind], paint)} ${kindsInWords[kind]}`);
  return [...kinds, wrongLegend(paint), '* critical path'];
}

/** Several attempts in one column are counted. */
export function wrongLegend(paint: Colors): string {
  return `${paint.red('x')} went wrong (${paint.red('2')}…${paint.red('9')} so many, ${paint.red('+')} more)`;
}

/** How the time was spent, by all jobs and on the critical path. */
export function totalsRows(timeline: GraphTimeline): string[][] {
  const { totals, criticalTotals } = timeline;
  const wall = Object.values(criticalTotals).reduce((sum, ms) => sum + ms, 0) - criticalTotals.blocked;
  return kindsShown(timeline)
    .toReversed()
    .map((kind) => [
      kindsInWords[kind],
      duration(totals[kind]),
      kind === 'blocked' ? '-' : duration(criticalTotals[kind]),
      kind === 'blocked' || wall === 0 ? '-' : `${Math.round((100 * criticalTotals[kind]) / wall)} %`,
    ]);
}

/** `finished in 3.2 s`, `running for 3.2 s`. */
export function tookInWords({ status, from, to }: GraphTimeline, paint: Colors): string {
  return `${coloured(status, paint)} ${status === 'running' ? 'for' : 'in'} ${duration(to - from)}`;
}

/** As many jobs as fit, preferring those of the critical path, in the timeline's order. */
function chosenJobs({ jobs }: GraphTimeline, rows: number): readonly JobTimeline[] {
  if (jobs.length <= rows) return jobs;
  const critical = jobs.filter((job) => job.isCritical).slice(0, rows);
  const others = jobs.filter((job) => !job.isCritical).slice(0, rows - critical.length);
  const chosen = new Set([...critical, ...others]);
  return jobs.filter((job) => chosen.has(job));
}

/** How long a job ran in all, and how many of its attempts went wrong. */
function figuresOf({ attempts, totals, spans, memoizedFrom, answer }: JobTimeline): string {
  if (memoizedFrom !== null) return 'remembered';
  if (answer !== null) return `answered after ${duration(totals.awaiting)}`;
  if (attempts === 0) return '';
  const wrong = spans.filter(isWrong).length;
  return `${duration(totals.running)}${wrong > 1 ? `, ${wrong} wrong` : ''}`;
}

interface Row {
  readonly isCritical: boolean;
  readonly bar: string;
  readonly figures: string;
}

/** A line of the picture: a mark, a name, time, and figures. */
export function rowLine(name: string, { isCritical, bar, figures }: Row, { nameWidth }: Frame, paint: Colors): string {
  const cut = cutLine(cleanLine(name), nameWidth, 'middle');
  const padded = cut + ' '.repeat(nameWidth - widthOf(cut));
  const [mark, shown] = isCritical ? [paint.bold('*'), paint.bold(padded)] : [' ', padded];
  return `${mark} ${shown} ${bar} ${figures}`.trimEnd();
}

/** Round times, each above the column in which it is. One for which there is no room is left out. */
export function axisLine({ from, to }: GraphTimeline, { nameWidth, width }: Frame): string {
  const columnOf = (ms: number) => Math.min(width - 1, Math.floor((ms / Math.max(1, to - from)) * width));
  let line = '';
  for (const { at, label } of ticksOf(to - from, Math.max(1, Math.floor(width / 12)))) {
    const column = columnOf(at);
    if (column < line.length || column + label.length >= width + 8) continue;
    line = `${line.padEnd(column)}|${label} `;
  }
  return `${' '.repeat(nameWidth + 3)}${line}`.trimEnd();
}

/** The columns that a span covers: at least one. */
export function columnsOf(span: Span, { from, to }: GraphTimeline, width: number): readonly [number, number] {
  const perColumn = Math.max(1, to - from) / width;
  const first = Math.min(width - 1, Math.floor((span.from - from) / perColumn));
  return [first, Math.min(width - 1, Math.max(first, Math.ceil((span.to - from) / perColumn) - 1))];
}

/** Running spans are drawn over others, and what went wrong over all: no attempt vanishes, however short it was. */
function barOf({ spans }: JobTimeline, timeline: GraphTimeline, width: number, paint: Colors): string {
  const cells = new Array<SpanKind | null>(width).fill(null);
  for (const span of [...spans].sort(runningLast)) {
    const [first, last] = columnsOf(span, timeline, width);
    cells.fill(span.kind, first, last + 1);
  }
  const wrong = wrongByColumn(spans, timeline, width);
  return inRuns(
    cells.map((kind, at) => (wrong[at]! > 0 ? wrongSign(wrong[at]!) : kind === null ? ' ' : signs[kind])),
    (sign, text) => {
      const kind = spanKinds.find((each) => signs[each] === sign);
      if (kind !== undefined) return painted(kind, text, paint);
      return sign === ' ' ? text : paint.red(text);
    },
  );
}

/** How many attempts went wrong in each column. */
export function wrongByColumn(spans: readonly Span[], timeline: GraphTimeline, width: number): readonly number[] {
  const counts = new Array<number>(width).fill(0);
  for (const span of spans) if (isWrong(span)) counts[columnsOf(span, timeline, width)[1]]! += 1;
  return counts;
}

/** One sign for any number of attempts: `x`, `2` to `9`, `+`. */
export function wrongSign(count: number): string {
  if (count === 1) return 'x';
  return count > 9 ? '+' : String(count);
}

function runningLast(a: Span, b: Span): number {
  return Number(a.kind === 'running') - Number(b.kind === 'running');
}

/** Signs as text, painted in as few pieces as possible. */
export function inRuns(text: readonly string[], painter: (sign: string, text: string) => string): string {
  const found: [sign: string, count: number][] = [];
  for (const sign of text) {
    const last = found.at(-1);
    if (last?.[0] === sign) last[1] += 1;
    else found.push([sign, 1]);
  }
  return found.map(([sign, count]) => painter(sign, sign.repeat(count))).join('');
}

export function painted(kind: SpanKind, text: string, paint: Colors): string {
  switch (kind) {
    case 'running':
      return paint.cyan(text);
    case 'awaiting':
    case 'backing-off':
    case 'deferred':
      return paint.yellow(text);
    case 'delayed':
    case 'ready':
    case 'blocked':
      return paint.dim(text);
  }
}
