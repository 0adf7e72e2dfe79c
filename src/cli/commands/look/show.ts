import type { Colors } from 'picocolors/types.js';
import type { Memoize, MemoizedFrom } from '../../../domain/memoize.js';
import type { DerivedStatus } from '../../../domain/graph.js';
import { graphInfo, type GraphInfo, jobInfo, type JobInfo } from '../../../store/graph-info.js';
import { estimateTimeLeft } from '../../../history/estimate/estimate.js';
import type { TimeLeft } from '../../../history/estimate/remaining.js';
import { timeLeftText } from '../../output/time-left.js';
import { graphDot } from '../../output/drawings/graph-dot.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { writeOutput } from '../../call/output-file.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { pairLines, tableLines } from '../../output/table.js';
import {
  clockTime,
  coloured,
  countsInWords,
  duration,
  failureInShort,
  inShort,
  jsonInShort,
  listed,
  localTime,
  rememberedFrom,
} from '../../output/phrases.js';

export interface ShowOptions extends CommonOptions {
  readonly at?: string;
  readonly dot?: string;
  readonly svg?: string;
}

export async function showCommand(invocation: Invocation<ShowOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const { dot, svg } = options;
  const isDrawing = (dot ?? svg) !== undefined;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const asOf = await asOfGraph(store, graphId, options.at);
    if (jobId !== null && isDrawing) {
      throw new UsageError('usage', `${text} names a job; --dot and --svg draw graphs, so give its graph alone`);
    }
    const moment = asOf.asOf === undefined ? null : momentInWords(asOf.asOf, options.at);
    if (jobId !== null) {
      const job = await jobInfo(store, graphId, jobId, asOf);
      terminal.document({ ...job, ...asOf });
      return terminal.say(...jobLines(job, moment, terminal.paint));
    }
    const graph = await graphInfo(store, graphId, asOf);
    const timeLeft = graph.status === 'running' ? await estimateTimeLeft(store, graphId, asOf) : null;
    terminal.document({ ...graph, timeLeft, ...asOf });
    if (dot !== undefined) writeOutput(dot, graphDot(graph), terminal);
    if (svg !== undefined) writeOutput(svg, await drawnGraph(graph), terminal);
    if (isDrawing) return;
    const now = moment === null ? store.environment.now() : Date.parse(graph.lastEventAt);
    terminal.say(...graphLines(graph, { moment, now, timeLeft }, terminal.paint));
  });
}

/** @throws UsageError `graph-too-large` */
async function drawnGraph(graph: GraphInfo): Promise<string> {
  // Its library lays graphs out, which nothing else needs.
  const { drawnJobsMax, graphSvg } = await import('../../output/drawings/graph-svg.js');
  const jobs = Object.keys(graph.jobs).length;
  if (jobs <= drawnJobsMax) return graphSvg(graph);
  const message = `graph ${graph.id} has ${jobs} jobs; up to ${drawnJobsMax} are drawn as SVG. --dot writes any number`;
  throw new UsageError('graph-too-large', message);
}

interface GraphMoment {
  /** In words; null for now. */
  readonly moment: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly timeLeft: TimeLeft | null;
}

function graphLines(graph: GraphInfo, { moment, now, timeLeft }: GraphMoment, paint: Colors): string[] {
  const { id, status, unreadable, abort, forkedFrom, priority } = graph;
  const counts: Partial<Record<DerivedStatus, number>> = {};
  const jobs = Object.values(graph.jobs);
  for (const { derivedStatus } of jobs) counts[derivedStatus] = (counts[derivedStatus] ?? 0) + 1;
  const labels = Object.entries(graph.labels).map(([key, value]) => `${key}=${value}`);
  const rows = jobs.map((job) => [
    job.id,
    job.type,
    coloured(job.derivedStatus, paint),
    job.attempt === 0 ? '-' : String(job.attempt),
    took(job, now),
    remark(job),
  ]);
  return [
    ...pairLines(
      [
        ['graph', paint.bold(id)],
        ['status', `${coloured(status, paint)} (${countsInWords(counts, paint)})`],
        ['left alone', unreadable === null ? null : paint.red(unreadable)],
        ['aborted by', abort === null ? null : `${abort.by}: ${abort.reason}`],
        ['labels', labels.length === 0 ? null : labels.join(' ')],
        ['fork of', forkedFrom === null ? null : `${forkedFrom.graphId} @${forkedFrom.position}`],
        ['priority', priority === 0 ? null : String(priority)],
        ['submitted', localTime(graph.submittedAt, 'milliseconds')],
        ['last event', localTime(graph.lastEventAt, 'milliseconds')],
        ['time left', timeLeft === null ? null : timeLeftText(timeLeft)],
        ['as of', moment],
      ],
      paint,
    ),
    '',
    ...tableLines(['job', 'type', 'status', 'attempt', 'took', ''], rows, paint),
  ];
}

function took({ startedAt, endedAt, status }: JobInfo, now: number): string {
  if (startedAt === null || status === 'aborted') return '-';
  if (status === 'started') return duration(Math.max(0, now - Date.parse(startedAt)));
  return endedAt === null ? '-' : duration(Date.parse(endedAt) - Date.parse(startedAt));
}

/** What matters most about a job in its status. */
function remark(job: JobInfo): string {
  const { derivedStatus, result, failure, abort, worker, progress, notBefore, parents } = job;
  switch (derivedStatus) {
    case 'finished': {
      const from =
        job.memoizedFrom !== null
          ? rememberedFrom(job.memoizedFrom)
          : job.carriedFrom !== null
            ? `from ${job.carriedFrom.graphId}`
            : '';
      return [from, result === null ? '' : jsonInShort(result, 60)].filter((text) => text !== '').join(': ');
    }
    case 'failed':
      return failure === null ? '' : failureInShort(failure, 80);
    case 'aborted':
      return abort === null ? 'through another' : inShort(abort.message, 80);
    case 'started':
      return `on ${worker?.id}${progress === null ? '' : `, ${Math.round(progress * 100)} %`}`;
    case 'backing-off':
      return `until ${clockTime(notBefore!)}${failure === null ? '' : `, after ${failureInShort(failure, 60)}`}`;
    case 'waiting':
    case 'blocked':
      return `after ${inShort(listed(parents, 4), 60)}`;
    case 'ready':
      return '';
  }
}

function jobLines(job: JobInfo, moment: string | null, paint: Colors): string[] {
  const pairs: [string, string | null][] = [
    ['job', paint.bold(job.id)],
    ['graph', job.graphId],
    ['type', job.type],
    ['status', coloured(job.derivedStatus, paint)],
    ['attempt', job.attempt === 0 ? 'none yet' : String(job.attempt)],
    ['parents', job.parents.length === 0 ? null : listed(job.parents, 20)],
    ['args', isEmpty(job.args) ? null : JSON.stringify(job.args)],
    ['retry', job.retry === null ? null : JSON.stringify(job.retry)],
    ['memoized', job.memoize === null ? null : memoizeText(job.memoize)],
    ['timeout', job.timeoutMs === null ? null : duration(job.timeoutMs)],
    ['started', atTime(job.startedAt)],
    ['worker', job.worker?.id ?? null],
    ['last sign of life', job.status === 'started' ? atTime(job.heartbeatAt) : null],
    ['lease', job.status === 'started' && job.leaseMs !== null ? duration(job.leaseMs) : null],
    ['progress', job.progress === null ? null : `${Math.round(job.progress * 100)} %`],
    ['details', job.details === null ? null : JSON.stringify(job.details)],
    ['may start from', job.derivedStatus === 'backing-off' ? atTime(job.notBefore) : null],
    ['ended', atTime(job.endedAt)],
    ['carried over', carriedText(job)],
    ['remembered', job.memoizedFrom === null ? null : rememberedText(job.memoizedFrom)],
    ['result', job.status === 'finished' ? JSON.stringify(job.result) : null],
    ['failure', job.failure === null ? null : failureInShort(job.failure, 2000)],
    ['failure data', job.failure?.data === undefined ? null : JSON.stringify(job.failure.data)],
    ['aborted by', job.abort === null ? null : `${job.abort.by}: ${job.abort.message}`],
    ['lost leases', job.lostLeases === 0 ? null : String(job.lostLeases)],
    ['as of', moment],
  ];
  return pairLines(pairs, paint);
}

function carriedText({ carriedFrom }: JobInfo): string | null {
  if (carriedFrom === null) return null;
  const { graphId, attempt, finishedAt } = carriedFrom;
  return `from ${graphId}, where attempt ${attempt} finished it at ${localTime(finishedAt, 'milliseconds')}`;
}

function memoizeText({ key, maxAgeMs, fresh }: Memoize): string {
  const age = maxAgeMs === undefined ? '' : `, for ${duration(maxAgeMs)}`;
  return `under ${key}${age}${fresh === true ? ', run in any case' : ''}`;
}

function rememberedText({ graphId, jobId, attempt, finishedAt }: MemoizedFrom): string {
  return `from ${graphId}/${jobId}, where attempt ${attempt} finished it at ${localTime(finishedAt, 'milliseconds')}`;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function atTime(time: string | null): string | null {
  return time === null ? null : localTime(time, 'milliseconds');
}
