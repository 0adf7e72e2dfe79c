import type { Colors } from 'picocolors/types.js';
import type { DerivedStatus, GraphState } from '../../domain/graph.js';
import { cutLine, widthOf, wrapped } from './width.js';
import { countsInWords } from '../../domain/status-phrases.js';
import { duration, inShort, plural } from '../../prelude/phrases.js';

/** How far a graph has come, as shown while it runs. */
export interface Progress {
  readonly graphId: string;
  readonly elapsedMs: number;
  readonly counts: Readonly<Partial<Record<DerivedStatus, number>>>;
  readonly total: number;
  /** How long it will still take, in words; null if nobody can tell. */
  readonly left: string | null;
  /** Those that have run longest first. */
  readonly running: readonly {
    readonly id: string;
    readonly forMs: number;
    readonly attempt: number;
    readonly progress: number | null;
  }[];
}

export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Colors;
}

const barWidth = 30;
const runningMax = 10;
/** How much of a line stays for a graph's id. */
const idLengthMin = 20;

export interface ProgressTimes {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly elapsedMs: number;
  /** How long it will still take, in words. */
  readonly left?: string | null;
}

export function progressOf(graph: GraphState, { now, elapsedMs, left = null }: ProgressTimes): Progress {
  const counts: Partial<Record<DerivedStatus, number>> = {};
  const running: { id: string; forMs: number; attempt: number; progress: number | null }[] = [];
  for (const node of graph.jobs.values()) {
    const status = node.derivedStatus(now);
    counts[status] = (counts[status] ?? 0) + 1;
    if (status !== 'started') continue;
    const { startedAt, attempt, progress } = node.state;
    running.push({ id: node.id, forMs: Math.max(0, now - Date.parse(startedAt!)), attempt, progress });
  }
  running.sort((a, b) => b.forMs - a.forMs);
  return { graphId: graph.id, elapsedMs, counts, total: graph.jobs.size, left, running };
}

/** The picture: name, bar, counts, and the jobs that run, in as many lines as there is room for. */
export function progressLines(progress: Progress, { columns, rows, paint }: Canvas): string[] {
  const { graphId, elapsedMs, counts, total, left: timeLeft, running } = progress;
  const ended = ['finished', 'skipped', 'failed', 'aborted'] as const;
  const done = ended.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const estimate = timeLeft === null ? '' : `, ${timeLeft} left`;
  const isRoom = ticking(elapsedMs).length + estimate.length + idLengthMin <= columns;
  const times = `${ticking(elapsedMs)}${isRoom ? estimate : ''}`;
  const head = `${paint.bold(inShort(graphId, Math.max(10, columns - times.length - 4)))}  ${paint.dim(times)}`;
  const bar = `${barOf(progress, paint)} ${done}/${total}`;
  const said = countsInWords(counts, paint);
  const isOneLine = widthOf(bar) + 2 + widthOf(said) <= columns;
  const top = [head, ...(isOneLine ? [`${bar}  ${said}`] : [bar, ...wrapped(`  ${said}`, columns, 2)])];
  const room = Math.max(1, Math.min(runningMax, rows - 3 - top.length));
  const shown = running.slice(0, room).map((job) => {
    const more = [
      ticking(job.forMs),
      ...(job.attempt > 1 ? [`attempt ${job.attempt}`] : []),
      ...(job.progress === null ? [] : [`${Math.round(job.progress * 100)} %`]),
    ].join(', ');
    return `  ${paint.cyan('●')} ${inShort(job.id, Math.max(10, columns - more.length - 8))}  ${paint.dim(more)}`;
  });
  const left = running.length - shown.length;
  const lines = [...top, ...shown, ...(left > 0 ? [paint.dim(`  … and ${plural(left, 'job')} more`)] : [])];
  return lines.map((line) => cutLine(line, columns));
}

/** A duration that is still growing: in seconds alone for a minute, so that it does not jump about. */
function ticking(ms: number): string {
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}

/** Jobs that ended in full tone, running ones in half tone, in the colours of their statuses. */
function barOf({ counts, total }: Progress, paint: Colors): string {
  const parts = [
    { count: counts.finished ?? 0, draw: (width: number) => paint.green('█'.repeat(width)) },
    { count: counts.skipped ?? 0, draw: (width: number) => paint.blue('█'.repeat(width)) },
    { count: counts.failed ?? 0, draw: (width: number) => paint.red('█'.repeat(width)) },
    { count: counts.aborted ?? 0, draw: (width: number) => paint.magenta('█'.repeat(width)) },
    { count: counts.started ?? 0, draw: (width: number) => paint.cyan('▒'.repeat(width)) },
  ];
  let sum = 0;
  let used = 0;
  const drawn = parts.map(({ count, draw }) => {
    sum += count;
    const upTo = Math.floor((sum / Math.max(1, total)) * barWidth);
    const width = upTo - used;
    used = upTo;
    return width > 0 ? draw(width) : '';
  });
  return `${drawn.join('')}${paint.dim('░'.repeat(barWidth - used))}`;
}
