import { pauseOfGraph } from '../../../domain/pauses.js';
import type { DerivedStatus } from '../../../domain/graph.js';
import { estimateTimeLeft } from '../../../history/estimate/estimate.js';
import type { TimeLeft } from '../../../history/estimate/remaining.js';
import type { GraphInfo, JobInfo } from '../../../domain/graph-info.js';
import { graphInfo, jobInfo } from '../../../store/graph-info.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import {
  filterWords,
  isFiltered,
  type JobFilterOptions,
  jobsMeant,
  type PageOptions,
  type Part,
  partOf,
} from '../../input/job-filters.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { distinctPauses, pausedPairs } from '../../../domain/pause-phrases.js';
import { timeLeftText } from '../../output/time-left.js';
import { pairLines } from '../../output/table.js';
import { coloured, countsInWords } from '../../../domain/status-phrases.js';
import { localTime, plural } from '../../../prelude/phrases.js';
import { drawGraph, type PictureOptions } from './graph-picture.js';
import { jobTable } from './job-rows.js';
import { isLarge, jobsThatMatter, typeTable } from './large-graph.js';
import { jobLines } from './show-job.js';

export interface ShowOptions extends CommonOptions, JobFilterOptions, PageOptions, PictureOptions {
  readonly at?: string;
}

/** How many jobs a list names that was asked for without `--limit`. */
const listedMost = 50;

export async function showCommand(invocation: Invocation<ShowOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const isDrawing = (options.dot ?? options.svg) !== undefined;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const asOf = await asOfGraph(store, graphId, options.at);
    const moment = asOf.asOf === undefined ? null : momentInWords(asOf.asOf, options.at);
    if (jobId !== null) {
      refuseForJob(text, options);
      const job = await jobInfo(store, graphId, jobId, asOf);
      terminal.document({ ...job, ...asOf });
      return terminal.saySentences(...jobLines(job, moment, terminal));
    }
    const graph = await graphInfo(store, graphId, asOf);
    const timeLeft = graph.status === 'running' ? await estimateTimeLeft(store, graphId, asOf) : null;
    const isAsked = isFiltered(options) || (options.limit ?? options.after) !== undefined;
    const all = Object.values(graph.jobs);
    const meant = jobsMeant(graphId, all, options);
    const limit = terminal.isJson || isDrawing || !isAsked ? Infinity : listedMost;
    const part = partOf(graphId, all, meant, { options, limit });
    if (terminal.isJson || isDrawing) {
      const shown = { ...graph, jobs: Object.fromEntries(part.items.map((job) => [job.id, job])) };
      terminal.document({ ...shown, timeLeft, ...(isAsked && { next: part.next }), ...asOf });
      return isDrawing ? await drawGraph(shown, options, terminal) : undefined;
    }
    const now = moment === null ? store.environment.now() : Date.parse(graph.lastEventAt);
    terminal.say(...headLines(graph, all, { moment, timeLeft }, invocation), '');
    if (isAsked || options.all === true || !isLarge(all)) sayJobs(graph, { part, now }, invocation);
    else saySummary(graphId, { jobs: all, now }, invocation);
  });
}

function refuseForJob(text: string, options: ShowOptions): void {
  const { dot, svg, limit, after, all } = options;
  const advice = 'so give its graph alone';
  if ((dot ?? svg) !== undefined) {
    throw new UsageError('usage', `${text} names a job; --dot and --svg draw graphs, ${advice}`);
  }
  if (isFiltered(options) || [limit, after, all].some((flag) => flag !== undefined)) {
    throw new UsageError('usage', `${text} names a job; flags that choose jobs are for graphs, ${advice}`);
  }
}

interface Beside {
  /** In words; null for now. */
  readonly moment: string | null;
  readonly timeLeft: TimeLeft | null;
}

function headLines(
  graph: GraphInfo,
  jobs: readonly JobInfo[],
  { moment, timeLeft }: Beside,
  { terminal: { paint, columns } }: Invocation,
): string[] {
  const { id, status, unreadable, abort, forkedFrom, priority } = graph;
  // It holds nothing back when the graph has ended, and will if it is retried.
  const ownPause = pauseOfGraph(graph);
  const counts: Partial<Record<DerivedStatus, number>> = {};
  for (const { derivedStatus } of jobs) counts[derivedStatus] = (counts[derivedStatus] ?? 0) + 1;
  const labels = Object.entries(graph.labels).map(([key, value]) => `${key}=${value}`);
  return pairLines(
    [
      ['graph', paint.bold(id)],
      ['status', `${coloured(status, paint)} (${countsInWords(counts, paint)})`],
      ['left alone', unreadable === null ? null : paint.red(unreadable)],
      ...pausedPairs(distinctPauses([...jobs, { pauses: ownPause === null ? [] : [ownPause] }]), paint),
      ['aborted by', abort === null ? null : `${abort.by}: ${abort.reason}`],
      ['labels', labels.length === 0 ? null : labels.join(' ')],
      ['fork of', forkedFrom === null ? null : `${forkedFrom.graphId} @${forkedFrom.position}`],
      ['priority', priority === 0 ? null : String(priority)],
      ['submitted', localTime(graph.submittedAt, 'milliseconds')],
      ['starts from', graph.startAfter === null ? null : localTime(graph.startAfter)],
      ['deadline', graph.deadline === null ? null : localTime(graph.deadline, 'milliseconds')],
      ['last event', localTime(graph.lastEventAt, 'milliseconds')],
      ['time left', timeLeft === null ? null : timeLeftText(timeLeft)],
      ['as of', moment],
    ],
    paint,
    columns,
  );
}

interface Listed {
  readonly part: Part<JobInfo>;
  /** The moment that is shown, in milliseconds since the epoch. */
  readonly now: number;
}

function sayJobs({ id }: GraphInfo, { part, now }: Listed, invocation: Invocation<ShowOptions>): void {
  const { terminal, options } = invocation;
  const { items, next, left } = part;
  if (items.length === 0) return terminal.note('no such jobs');
  terminal.sayCut(...jobTable(items, { now, paint: terminal.paint, columns: terminal.columns }));
  if (next === null) return;
  const limit = options.limit === undefined ? [] : ['--limit', options.limit];
  terminal.note({
    lead: `${plural(left, 'more job')}:`,
    command: invocation.hint('show', id, ...filterWords(options), ...limit, '--after', next),
  });
}

/** What a screen has room for: figures by type, and the jobs that somebody may have to look at. */
function saySummary(
  graphId: string,
  { jobs, now }: { readonly jobs: readonly JobInfo[]; readonly now: number },
  invocation: Invocation<ShowOptions>,
): void {
  const { terminal, options } = invocation;
  const context = { now, paint: terminal.paint, columns: terminal.columns };
  const matter = jobsThatMatter(jobs);
  terminal.sayCut(...typeTable(jobs, context));
  if (matter.length > 0) terminal.sayCut('', ...jobTable(matter, context));
  terminal.note({
    lead: `${plural(jobs.length - matter.length, 'more job')}; --status, --type and --job choose, and this lists all:`,
    command: invocation.hint('show', graphId, ...filterWords(options), '--all'),
  });
}
