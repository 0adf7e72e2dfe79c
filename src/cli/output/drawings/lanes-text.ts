import type { Colors } from 'picocolors/types.js';
import { jobsByType, timelineByType, type TypeTimeline } from '../../../history/timeline/by-type.js';
import type { GraphTimeline, JobTimeline } from '../../../history/timeline/spans.js';
import { thousands } from '../../../prelude/phrases.js';
import {
  axisLine,
  columnsOf,
  type Frame,
  frameFor,
  type GanttSize,
  inRuns,
  painted,
  rowLine,
  wrongByColumn,
  wrongLegend,
  wrongSign,
} from './gantt-text.js';
import { loadOf } from '../../../history/timeline/load.js';

const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** How many jobs of each type ran at a time, and in a line below where attempts went wrong. */
export function laneLines(timeline: GraphTimeline, paint: Colors, { columns, rows }: GanttSize): string[] {
  const types = chosenTypes(timelineByType(timeline), rows);
  const jobs = jobsByType(timeline);
  const names = types.map(({ type, jobs: count }) => `${type} × ${thousands(count)}`);
  const figures = types.map(({ runningMax }) => (runningMax === 0 ? '' : `max ${thousands(runningMax)}`));
  const frame = frameFor(names, columns, Math.max(8, ...figures.map((text) => text.length)));
  return [
    axisLine(timeline, frame),
    ...types.flatMap((each, index) => {
      const lane = jobs.get(each.type)!;
      const row = {
        isCritical: each.isCritical,
        bar: laneOf(lane, each, { timeline, frame, paint }),
        figures: figures[index]!,
      };
      const wrong = each.wrongAttempts === 0 ? [] : [wrongLine(lane, each, { timeline, frame, paint })];
      return [rowLine(names[index]!, row, frame, paint), ...wrong];
    }),
  ];
}

/** How many types {@link laneLines} leaves out. */
export function typesLeftOut({ jobs }: GraphTimeline, rows: number): number {
  return Math.max(0, new Set(jobs.map(({ type }) => type)).size - rows);
}

/** What the signs mean, each in a few words. */
export function lanesLegend({ totals }: GraphTimeline, paint: Colors): string[] {
  return [
    `${paint.cyan(heights.join(''))} how many run, up to the type's maximum`,
    `${painted('backing-off', '~', paint)} backing off`,
    ...(totals.delayed === 0 ? [] : [`${painted('delayed', ',', paint)} delayed`]),
    ...(totals.deferred === 0 ? [] : [`${painted('deferred', '>', paint)} put off`]),
    ...(totals.awaiting === 0 ? [] : [`${painted('awaiting', '?', paint)} waiting for an answer`]),
    `${painted('ready', '-', paint)} ready, not claimed`,
    `${painted('blocked', '·', paint)} blocked by parents`,
    wrongLegend(paint),
    '* critical path',
  ];
}

/** The types with most jobs, in the order in which they started. Those of the critical path go before others. */
function chosenTypes(types: readonly TypeTimeline[], rows: number): readonly TypeTimeline[] {
  const byWeight = [...types].sort((a, b) => Number(b.isCritical) - Number(a.isCritical) || b.jobs - a.jobs);
  const chosen = new Set(byWeight.slice(0, rows));
  return types.filter((each) => chosen.has(each));
}

interface Canvas {
  readonly timeline: GraphTimeline;
  readonly frame: Frame;
  readonly paint: Colors;
}

function laneOf(
  jobs: readonly JobTimeline[],
  { runningMax }: TypeTimeline,
  { timeline, frame, paint }: Canvas,
): string {
  const { width } = frame;
  const { running, ready, awaiting, 'backing-off': backingOff, deferred, blocked } = loadOf(jobs, timeline, width);
  const touched = touchedByRunning(jobs, timeline, width);
  const signs = running.map((count, at) => {
    if (touched[at] === true) {
      const height = Math.round((count / Math.max(1, runningMax)) * heights.length) - 1;
      return heights[Math.max(0, Math.min(heights.length - 1, height))]!;
    }
    if (backingOff[at]! > 0) return '~';
    if (deferred[at]! > 0) return '>';
    if (awaiting[at]! > 0) return '?';
    if (ready[at]! > 0) return '-';
    return blocked[at]! > 0 ? '·' : ' ';
  });
  return inRuns(signs, (sign, text) => {
    if (heights.includes(sign)) return paint.cyan(text);
    if (sign === '~' || sign === '>' || sign === '?') return painted('backing-off', text, paint);
    return sign === ' ' ? text : painted('ready', text, paint);
  });
}

/** Columns in which an attempt was made, however short. */
function touchedByRunning(jobs: readonly JobTimeline[], timeline: GraphTimeline, width: number): readonly boolean[] {
  const touched = new Array<boolean>(width).fill(false);
  for (const span of jobs.flatMap(({ spans }) => spans)) {
    if (span.kind !== 'running') continue;
    const [first, last] = columnsOf(span, timeline, width);
    touched.fill(true, first, last + 1);
  }
  return touched;
}

function wrongLine(
  jobs: readonly JobTimeline[],
  { wrongAttempts }: TypeTimeline,
  { timeline, frame, paint }: Canvas,
): string {
  const spans = jobs.flatMap((job) => job.spans);
  const counts = wrongByColumn(spans, timeline, frame.width);
  const signs = counts.map((count) => (count === 0 ? ' ' : wrongSign(count)));
  const bar = inRuns(signs, (sign, text) => (sign === ' ' ? text : paint.red(text)));
  return rowLine('', { isCritical: false, bar, figures: `${thousands(wrongAttempts)} wrong` }, frame, paint);
}
