import type { Colors } from 'picocolors/types.js';
import {
  type GraphTimeline,
  type JobTimeline,
  type Span,
  type SpanKind,
  spanKinds,
} from '../../../history/timeline/spans.js';
import { coloured, duration, inShort, plural } from '../phrases.js';

export interface GanttSize {
  /** Columns of the whole picture. */
  readonly columns: number;
  /** Rows for jobs, at most. */
  readonly rows: number;
}

/** One column each; a running span that went wrong ends in `x`. */
const signs: Record<SpanKind, string> = { blocked: '·', ready: '-', 'backing-off': '~', running: '█' };
const kindsInWords: Record<SpanKind, string> = {
  running: 'running',
  ready: 'ready, not claimed',
  'backing-off': 'backing off',
  blocked: 'blocked by parents',
};
const idMax = 28;
const leastColumns = 20;

/** The attempts of a graph's jobs along time, as lines of text. */
export function ganttLines(timeline: GraphTimeline, paint: Colors, { columns, rows }: GanttSize): string[] {
  const shown = chosenJobs(timeline, rows);
  const idWidth = Math.min(idMax, Math.max(3, ...shown.map(({ jobId }) => jobId.length)));
  const tookWidth = 9;
  const width = Math.max(leastColumns, columns - idWidth - tookWidth - 5);
  const left = timeline.jobs.length - shown.length;
  return [
    `${' '.repeat(idWidth + 3)}${axis(timeline, width)}`,
    ...shown.map((job) => {
      const mark = job.isCritical ? paint.bold('*') : ' ';
      const id = inShort(job.jobId, idWidth).padEnd(idWidth);
      const ran = job.attempts === 0 ? '' : duration(job.totals.running);
      const took = job.memoizedFrom === null ? ran : 'remembered';
      const bar = barOf(job, timeline, width, paint);
      return `${mark} ${job.isCritical ? paint.bold(id) : id} ${bar} ${took}`.trimEnd();
    }),
    ...(left > 0 ? [paint.dim(`  … and ${plural(left, 'job')} more (--limit)`)] : []),
    '',
    `${spanKinds
      .toReversed()
      .map((kind) => `${painted(kind, signs[kind], paint)} ${kindsInWords[kind]}`)
      .join('   ')}   ${paint.red('x')} went wrong   * critical path`,
  ];
}

/** How the time was spent, by all jobs and on the critical path. */
export function totalsRows({ totals, criticalTotals }: GraphTimeline): string[][] {
  const wall = Object.values(criticalTotals).reduce((sum, ms) => sum + ms, 0) - criticalTotals.blocked;
  return spanKinds
    .toReversed()
    .map((kind) => [
      kindsInWords[kind],
      duration(totals[kind]),
      kind === 'blocked' ? '-' : duration(criticalTotals[kind]),
      kind === 'blocked' || wall === 0 ? '-' : `${Math.round((100 * criticalTotals[kind]) / wall)} %`,
    ]);
}

/** As many jobs as fit, preferring those of the critical path, in the timeline's order. */
function chosenJobs({ jobs }: GraphTimeline, rows: number): readonly JobTimeline[] {
  if (jobs.length <= rows) return jobs;
  const critical = jobs.filter((job) => job.isCritical).slice(0, rows);
  const others = jobs.filter((job) => !job.isCritical).slice(0, rows - critical.length);
  const chosen = new Set([...critical, ...others]);
  return jobs.filter((job) => chosen.has(job));
}

function axis({ from, to }: GraphTimeline, width: number): string {
  const parts = Math.max(1, Math.floor(width / 14));
  const line = Array.from({ length: parts }, (_, part) => {
    const begin = Math.round((part * width) / parts);
    const end = Math.round(((part + 1) * width) / parts);
    return inShort(`|${duration(((to - from) * begin) / width)}`, end - begin).padEnd(end - begin);
  });
  return `${line.join('')}|${duration(to - from)}`;
}

/** Running spans are drawn last, so that every attempt is seen, however short. */
function barOf({ spans }: JobTimeline, { from, to }: GraphTimeline, width: number, paint: Colors): string {
  const perColumn = Math.max(1, to - from) / width;
  const cells = new Array<{ kind: SpanKind; isWrong: boolean } | null>(width).fill(null);
  for (const span of [...spans].sort(runningLast)) {
    const first = Math.min(width - 1, Math.floor((span.from - from) / perColumn));
    const last = Math.min(width - 1, Math.max(first, Math.ceil((span.to - from) / perColumn) - 1));
    const isWrong = span.ending !== null && span.ending !== 'finished';
    for (let at = first; at <= last; at++) cells[at] = { kind: span.kind, isWrong: isWrong && at === last };
  }
  return runs(cells.map((cell) => (cell === null ? ' ' : cell.isWrong ? 'x' : signs[cell.kind])))
    .map(([sign, count]) => paintedSign(sign.repeat(count), sign, paint))
    .join('');
}

function runningLast(a: Span, b: Span): number {
  return Number(a.kind === 'running') - Number(b.kind === 'running');
}

function runs(text: readonly string[]): [sign: string, count: number][] {
  const found: [string, number][] = [];
  for (const sign of text) {
    const last = found.at(-1);
    if (last?.[0] === sign) last[1] += 1;
    else found.push([sign, 1]);
  }
  return found;
}

function paintedSign(text: string, sign: string, paint: Colors): string {
  if (sign === 'x') return paint.red(text);
  const kind = spanKinds.find((each) => signs[each] === sign);
  return kind === undefined ? text : painted(kind, text, paint);
}

function painted(kind: SpanKind, text: string, paint: Colors): string {
  switch (kind) {
    case 'running':
      return paint.cyan(text);
    case 'backing-off':
      return paint.yellow(text);
    case 'ready':
    case 'blocked':
      return paint.dim(text);
  }
}

/** `finished in 3.2 s`, `running for 3.2 s`. */
export function tookInWords({ status, from, to }: GraphTimeline, paint: Colors): string {
  return `${coloured(status, paint)} ${status === 'running' ? 'for' : 'in'} ${duration(to - from)}`;
}
