import type { Colors } from 'picocolors/types.js';
import type { Position } from '../../../domain/events.js';
import type { DerivedStatus } from '../../../domain/graph.js';
import { graphInfo, type GraphInfo, jobInfo, type JobInfo } from '../../../store/graph-info.js';
import type { Store } from '../../../store/store.js';
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
} from '../../output/phrases.js';

export interface ShowOptions extends CommonOptions {
  readonly at?: string;
  readonly dot?: string;
  readonly svg?: string;
}

export async function showCommand(invocation: Invocation<ShowOptions>, text: string): Promise<void> {
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const { at } = invocation.options;
    const { asOf = null } = await asOfGraph(store, graphId, at);
    if (jobId !== null && (invocation.options.dot ?? invocation.options.svg) !== undefined) {
      throw new UsageError('usage', `${text} names a job; --dot and --svg draw graphs, so give its graph alone`);
    }
    if (jobId === null) await showGraph(invocation, store, graphId, asOf);
    else await showJob(invocation, store, graphId, jobId, asOf);
  });
}

async function showGraph(
  { terminal, options }: Invocation<ShowOptions>,
  store: Store,
  graphId: string,
  asOf: Position | null,
): Promise<void> {
  const { paint } = terminal;
  const info = await graphInfo(store, graphId, asOf === null ? {} : { asOf });
  const now = asOf === null ? store.environment.now() : Date.parse(info.lastEventAt);
  terminal.document(asOf === null ? info : { ...info, asOf });
  if (options.dot !== undefined) writeOutput(options.dot, graphDot(info), terminal);
  if (options.svg !== undefined) {
    // Its layout takes a library that nothing else needs.
    const { graphSvg } = await import('../../output/drawings/graph-svg.js');
    writeOutput(options.svg, graphSvg(info), terminal);
  }
  if (options.dot !== undefined || options.svg !== undefined) return;
  const jobs = Object.values(info.jobs);
  const rows = jobs.map((job) => [
    job.id,
    job.type,
    coloured(job.derivedStatus, paint),
    job.attempt === 0 ? '-' : String(job.attempt),
    took(job, now),
    remark(job),
  ]);
  terminal.say(
    ...pairLines(graphPairs(info, asOf, options.at, paint), paint),
    '',
    ...tableLines(['job', 'type', 'status', 'attempt', 'took', ''], rows, paint),
  );
}

function graphPairs(info: GraphInfo, asOf: Position | null, at: string | undefined, paint: Colors): [string, string][] {
  const counts: Partial<Record<DerivedStatus, number>> = {};
  for (const { derivedStatus } of Object.values(info.jobs)) counts[derivedStatus] = (counts[derivedStatus] ?? 0) + 1;
  const labels = Object.entries(info.labels).map(([key, value]) => `${key}=${value}`);
  return [
    ['graph', paint.bold(info.id)],
    ['status', `${coloured(info.status, paint)} (${countsInWords(counts, paint)})`],
    ...(info.unreadable === null ? [] : [['left alone', paint.red(info.unreadable)] as [string, string]]),
    ...(info.abort === null ? [] : [['aborted by', `${info.abort.by}: ${info.abort.reason}`] as [string, string]]),
    ...(labels.length === 0 ? [] : [['labels', labels.join(' ')] as [string, string]]),
    ...(info.forkedFrom === null
      ? []
      : [['fork of', `${info.forkedFrom.graphId} @${info.forkedFrom.position}`] as [string, string]]),
    ...(info.priority === 0 ? [] : [['priority', String(info.priority)] as [string, string]]),
    ['submitted', localTime(info.submittedAt, 'milliseconds')],
    ['last event', localTime(info.lastEventAt, 'milliseconds')],
    ...asOfPair(asOf, at),
  ];
}

function asOfPair(asOf: Position | null, at: string | undefined): [string, string][] {
  return asOf === null ? [] : [['as of', momentInWords(asOf, at)]];
}

function took({ startedAt, endedAt, status }: JobInfo, now: number): string {
  if (startedAt === null || status === 'aborted') return '-';
  if (status === 'started') return duration(Math.max(0, now - Date.parse(startedAt)));
  return endedAt === null ? '-' : duration(Date.parse(endedAt) - Date.parse(startedAt));
}

/** What matters most about a job in its state. */
function remark(job: JobInfo): string {
  const { derivedStatus, result, failure, abort, worker, progress, notBefore, parents } = job;
  switch (derivedStatus) {
    case 'finished': {
      const from = job.carriedFrom === null ? '' : `from ${job.carriedFrom.graphId}`;
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

async function showJob(
  { terminal, options }: Invocation<ShowOptions>,
  store: Store,
  graphId: string,
  jobId: string,
  asOf: Position | null,
): Promise<void> {
  const { paint } = terminal;
  const job = await jobInfo(store, graphId, jobId, asOf === null ? {} : { asOf });
  terminal.document(asOf === null ? job : { ...job, asOf });
  const pairs: [string, string | null][] = [
    ['job', paint.bold(job.id)],
    ['graph', job.graphId],
    ['type', job.type],
    ['status', coloured(job.derivedStatus, paint)],
    ['attempt', job.attempt === 0 ? 'none yet' : String(job.attempt)],
    ['parents', job.parents.length === 0 ? null : listed(job.parents, 20)],
    ['args', isEmpty(job.args) ? null : JSON.stringify(job.args)],
    ['retry', job.retry === null ? null : JSON.stringify(job.retry)],
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
    ['result', job.status === 'finished' ? JSON.stringify(job.result) : null],
    ['failure', job.failure === null ? null : failureInShort(job.failure, 2000)],
    ['failure data', job.failure?.data === undefined ? null : JSON.stringify(job.failure.data)],
    ['aborted by', job.abort === null ? null : `${job.abort.by}: ${job.abort.message}`],
    ['lost leases', job.lostLeases === 0 ? null : String(job.lostLeases)],
    ...asOfPair(asOf, options.at),
  ];
  const said = pairs.filter((pair): pair is [string, string] => pair[1] !== null);
  terminal.say(...pairLines(said, paint));
}

function carriedText({ carriedFrom }: JobInfo): string | null {
  if (carriedFrom === null) return null;
  const { graphId, attempt, finishedAt } = carriedFrom;
  return `from ${graphId}, where attempt ${attempt} finished it at ${localTime(finishedAt, 'milliseconds')}`;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function atTime(time: string | null): string | null {
  return time === null ? null : localTime(time, 'milliseconds');
}
