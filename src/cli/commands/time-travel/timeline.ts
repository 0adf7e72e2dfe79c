import { estimateTimeLeft } from '../../../history/estimate/estimate.js';
import { timelineByType } from '../../../history/timeline/by-type.js';
import type { GraphTimeline } from '../../../history/timeline/spans.js';
import { timeLeftText } from '../../output/time-left.js';
import { timeline } from '../../../history/timeline/timeline.js';
import { graphInfo } from '../../../store/graph-info.js';
import type { Store } from '../../../store/store.js';
import { ganttSvg } from '../../output/drawings/gantt-svg.js';
import { ganttLegend, ganttLines, leftOut, tookInWords, totalsRows } from '../../output/drawings/gantt-text.js';
import { lanesSvg } from '../../output/drawings/lanes-svg.js';
import { laneLines, lanesLegend, typesLeftOut } from '../../output/drawings/lanes-text.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { filterWords, isFiltered, type JobFilterOptions, jobsMeant } from '../../input/job-filters.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { writeOutput } from '../../call/output-file.js';
import { resolveGraph } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import type { AsOf } from '../../../store/graph-info.js';
import { tableLines } from '../../output/table.js';
import { packed } from '../../output/width.js';
import { listed, plural, thousands } from '../../../prelude/phrases.js';

export interface TimelineOptions extends CommonOptions, JobFilterOptions {
  readonly at?: string;
  readonly by?: 'job' | 'type';
  readonly limit?: string;
  readonly all?: boolean;
  readonly svg?: string;
}

/** Graphs of more jobs than this are shown by type, unless the call says otherwise. */
const groupedAbove = 100;
const rowsUsual = { job: 40, type: 20 };
/** The width of the picture where no terminal says it. */
const usualColumns = 100;

export async function timelineCommand(invocation: Invocation<TimelineOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1);
  await invocation.withStore(async (store) => {
    const graphId = await resolveGraph(store, text, { advice: 'give its graph alone' });
    const at = await asOfGraph(store, graphId, options.at);
    const found = await chosen(store, await timeline(store, graphId, at), options, at);
    const by = howShown(found, options);
    const timeLeft = found.status === 'running' ? await estimateTimeLeft(store, graphId, at) : null;
    terminal.document({ ...found, timeLeft, ...(options.by === 'type' && { types: timelineByType(found) }), ...at });
    if (options.svg !== undefined) {
      return writeOutput(options.svg, by === 'type' ? lanesSvg(found) : ganttSvg(found), terminal);
    }
    const rows = limit ?? (options.all === true ? Infinity : rowsUsual[by]);
    const moment = at.asOf === undefined ? null : momentInWords(at.asOf, options.at);
    const left = timeLeft === null ? null : timeLeftText(timeLeft);
    sayTimeline(found, { by, rows, moment, left }, invocation);
  });
}

/** The timeline with the jobs that the flags mean. The figures of the graph stay those of all its jobs. */
async function chosen(store: Store, found: GraphTimeline, options: TimelineOptions, at: AsOf): Promise<GraphTimeline> {
  if (!isFiltered(options)) return found;
  const { id, jobs } = await graphInfo(store, found.graphId, at);
  const meant = new Set(jobsMeant(id, Object.values(jobs), options).map((job) => job.id));
  return { ...found, jobs: found.jobs.filter(({ jobId }) => meant.has(jobId)) };
}

function howShown({ jobs }: GraphTimeline, options: TimelineOptions): 'job' | 'type' {
  if (options.by !== undefined) return options.by;
  return jobs.length > groupedAbove && options.all !== true && !isFiltered(options) ? 'type' : 'job';
}

interface Shown {
  readonly by: 'job' | 'type';
  readonly rows: number;
  readonly moment: string | null;
  /** How long it will still take, in words, where somebody can tell. */
  readonly left: string | null;
}

function sayTimeline(
  found: GraphTimeline,
  { by, rows, moment, left: timeLeft }: Shown,
  invocation: Invocation<TimelineOptions>,
): void {
  const { terminal, options } = invocation;
  const { paint } = terminal;
  const { graphId, jobs, criticalPath } = found;
  const size = { columns: terminal.columns ?? usualColumns, rows };
  const asOf = moment === null ? '' : `, as of ${moment}`;
  terminal.saySentences(
    `graph ${paint.bold(graphId)}: ${tookInWords(found, paint)}, ${plural(jobs.length, 'job')}${asOf}`,
    ...(timeLeft === null ? [] : [`time left: ${timeLeft}`]),
  );
  terminal.sayCut('', ...(by === 'type' ? laneLines(found, paint, size) : ganttLines(found, paint, size)));
  const left = by === 'type' ? typesLeftOut(found, rows) : leftOut(found, rows);
  if (left > 0) terminal.sayCut(paint.dim(`  … and ${plural(left, by)} more (--limit)`));
  const legend = by === 'type' ? lanesLegend(found, paint) : ganttLegend(found, paint);
  terminal.sayCut('', ...packed(legend, size.columns), '');
  terminal.sayCut(...tableLines(['time spent', 'all jobs', 'critical path', ''], totalsRows(found), paint));
  terminal.saySentences(`critical path: ${listed(criticalPath, 12)}`);
  if (by === 'type' && options.by === undefined) {
    terminal.note({
      lead: `${thousands(jobs.length)} jobs are shown by type; --status, --type and --job choose, and this shows each:`,
      command: invocation.hint('timeline', graphId, ...filterWords(options), '--all'),
    });
  }
}
