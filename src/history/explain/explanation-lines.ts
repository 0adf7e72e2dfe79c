/** Explanations in sentences. */
import type { Pause } from '../../domain/pauses.js';
import { pauseLine, resumeWords } from '../../domain/pause-phrases.js';
import { whenReady, whySkipped } from '../../domain/rule-phrases.js';
import { finisherOf } from '../../domain/answer-phrases.js';
import { isTimeOver } from '../../domain/timing.js';
import { coloured, countsInWords, failureInShort } from '../../domain/status-phrases.js';
import { clockTime, duration, inShort, listed, plural } from '../../prelude/phrases.js';
import type { AbortCause, GraphExplanation, JobExplanation } from './explanation.js';
import { briefLines } from './brief-lines.js';
import { awaitingLines, whyAnswered } from './answer-lines.js';
import { type ExplanationLine, type Speech, timeOf, untilOf } from './speech.js';
import { readyInGraph, readyLines } from './ready-lines.js';
import { stackLines } from './stack-lines.js';

/** Why a job is where it is, and what would make it run. */
export function jobLines(job: JobExplanation, speech: Speech): ExplanationLine[] {
  const { paint } = speech;
  const head = `job ${paint.bold(job.jobId)} (type ${job.type}) of graph ${job.graphId} is ${coloured(job.status, paint)}`;
  const unreadable = job.unreadable === null ? [] : [unreadableLine(job.unreadable)];
  return [
    head,
    ...unreadable,
    ...pauseLines(job.pauses, speech),
    ...reasonLines(job, speech),
    ...leaseLines(job),
    ...expiryLines(job, speech),
    ...dependentLines(job),
    ...causeLines(job, speech),
  ];
}

function reasonLines(job: JobExplanation, speech: Speech): ExplanationLine[] {
  switch (job.status) {
    case 'finished':
      return [`  ${finishedBy(job)}; there is nothing to wait for`, ...whyAnswered(job.answer)];
    case 'failed':
      return [
        ...(job.answer === null
          ? [`  ${failedWhat(job)} at ${timeOf(job.endedAt)}: ${failureOf(job)}`]
          : [`  ${job.answer.by} failed it at ${timeOf(job.endedAt)}: ${failureOf(job)}`, ...whyAnswered(job.answer)]),
        ...stackOf(job, speech),
        {
          lead: job.answer === null ? 'to run it again:' : 'to ask for another answer:',
          command: speech.hint('retry', `${job.graphId}/${job.jobId}`),
        },
      ];
    case 'aborted':
      return abortedLines(job.graphId, job.abortedBy, speech);
    case 'skipped':
      return skippedLines(job, speech);
    case 'started':
      return runningLines(job, speech);
    case 'ready':
      return readyLines(job, speech);
    case 'backing-off':
      return [
        `  attempt ${job.attempt} went wrong: ${failureOf(job)}`,
        ...stackOf(job, speech),
        `  it may start again at ${timeOf(job.notBefore)}, ${untilOf(job.notBefore, speech.now)}`,
        job.pauses.length > 0
          ? 'a worker takes it then, if it is not paused any more'
          : 'nothing has to be done: a worker takes it then',
      ];
    case 'deferred':
      return [
        `  attempt ${job.attempt} was deferred by its handler: ${inShort(job.deferReason!, 200)}`,
        `  it may start again at ${timeOf(job.notBefore)}, ${untilOf(job.notBefore, speech.now)}`,
        job.pauses.length > 0
          ? 'a worker takes it then, if it is not paused any more'
          : 'nothing has to be done: a worker takes it then',
      ];
    case 'delayed':
      return [
        `  it is delayed as its graph asks: it may start at ${timeOf(job.notBefore)}, ${untilOf(job.notBefore, speech.now)}`,
        job.pauses.length > 0
          ? 'a worker takes it then, if it is not paused any more'
          : 'nothing has to be done: a worker takes it then',
      ];
    case 'awaiting':
      return awaitingLines(job, speech);
    case 'waiting':
      return waitingLines(job, speech);
    case 'blocked':
      return blockedLines(job, speech);
  }
}

function failedWhat({ attempt, failure }: JobExplanation): string {
  return failure !== null && isTimeOver(failure) ? 'its time ran out' : `attempt ${attempt} failed for good`;
}

/** When its time runs out, unless something happens before. */
function expiryLines({ expiry, awaits }: JobExplanation, { now }: Speech): ExplanationLine[] {
  if (expiry === null) return [];
  const isTo = expiry.limit === 'scheduleToStart' ? 'started' : awaits === null ? 'ended' : 'been answered';
  return [`  it fails unless it has ${isTo} by ${timeOf(expiry.at)}, ${untilOf(expiry.at, now)} (${expiry.limit}Ms)`];
}

function finishedBy({ attempt, endedAt, carriedFrom, memoizedFrom, answer }: JobExplanation): string {
  if (memoizedFrom !== null) {
    const { graphId, jobId, finishedAt } = memoizedFrom;
    return `its result was remembered from ${graphId}/${jobId}, which finished at ${timeOf(finishedAt)}, so no handler ran`;
  }
  if (answer !== null) return `${answer.by} answered it at ${timeOf(endedAt)}`;
  if (carriedFrom === null) return `attempt ${attempt} finished it at ${timeOf(endedAt)}`;
  const { graphId, attempt: there, finishedAt } = carriedFrom;
  return `its result was carried over from graph ${graphId}, where ${finisherOf(there)} it at ${timeOf(finishedAt)}`;
}

function waitingLines(job: JobExplanation, speech: Speech): ExplanationLine[] {
  const parents = job.unfinishedParents;
  const held = job.heldUpBy.filter((brief) => !parents.some((parent) => parent.id === brief.id));
  const isNot = `${parents.length === 1 ? 'is' : 'are'} not finished`;
  const hasNot = `${parents.length === 1 ? 'has' : 'have'} not ended`;
  return [
    `  it waits for ${plural(parents.length, 'parent')} that ${job.when === 'all-finished' ? isNot : hasNot}:`,
    ...briefLines(parents, speech),
    ...(held.length === 0 ? [] : ['  and these wait, in the end, for:', ...briefLines(held, speech)]),
    ...(job.waitsBelow.length === 0 ? [] : [`  and for all that ${belowText(job.waitsBelow)} may still spawn`]),
    ...(job.skippedBy.length === 0
      ? [`it becomes ready ${whenReady[job.when]}`]
      : [
          '  when they have ended it is skipped, since it needs what was skipped:',
          ...briefLines(job.skippedBy, speech),
        ]),
  ];
}

function belowText(jobs: JobExplanation['waitsBelow']): string {
  return jobs.length === 1 ? jobs[0]!.id : `these ${jobs.length}`;
}

function skippedLines(job: JobExplanation, speech: Speech): ExplanationLine[] {
  if (job.carriedFrom !== null) {
    const { graphId, attempt, finishedAt } = job.carriedFrom;
    return [
      `  it skipped itself in graph ${graphId}, in attempt ${attempt} at ${timeOf(finishedAt)}, and is skipped here too`,
    ];
  }
  if (job.skipReason !== null) {
    return [
      `  its handler found nothing to do at ${timeOf(job.endedAt)}, in attempt ${job.attempt}: ${inShort(job.skipReason, 200)}`,
      { lead: 'to run it all the same:', command: speech.hint('retry', `${job.graphId}/${job.jobId}`) },
    ];
  }
  return [`  ${whySkipped[job.when]}:`, ...briefLines(job.skippedBy, speech)];
}

function blockedLines(job: JobExplanation, speech: Speech): ExplanationLine[] {
  const commands = job.blockedBy.slice(0, speech.limit).map(({ id }) => speech.hint('retry', `${job.graphId}/${id}`));
  const [only] = commands;
  return [
    `  it can never start, because ${job.blockedBy.length === 1 ? 'a job' : 'jobs'} it depends on failed:`,
    ...briefLines(job.blockedBy, speech),
    ...(job.heldUpBy.length === 0 ? [] : ['  it also waits for:', ...briefLines(job.heldUpBy, speech)]),
    ...(commands.length === 1
      ? [{ lead: 'to let it run:', command: only! }]
      : ['to let it run:', ...commands.map((command) => ({ lead: ' ', command }))]),
  ];
}

function abortedLines(graphId: string, causes: readonly AbortCause[], { hint, limit }: Speech): ExplanationLine[] {
  const told = causes.slice(0, limit).map(({ jobId, by, message }) => {
    const what = jobId === null ? 'the graph' : `job ${jobId}`;
    return `  ${what} was aborted by ${by}: ${inShort(message, 200)}`;
  });
  const targets = causes.map(({ jobId }) => (jobId === null ? graphId : `${graphId}/${jobId}`));
  const commands = targets.slice(0, limit).map((target) => hint('retry', target));
  const left = causes.length - limit;
  const others = left > 0 ? [`  … and ${plural(left, 'abort')} more`] : [];
  if (causes.some(({ jobId }) => jobId === null))
    return [...told, ...others, { lead: 'to open it again:', command: hint('retry', graphId) }];
  return [
    ...told,
    ...others,
    ...commands.map((command, index) => ({ lead: index === 0 ? 'to open it again:' : 'and:', command })),
  ];
}

/** Where the last attempt went wrong, if that was recorded. */
function stackOf({ stack }: JobExplanation, { paint }: Speech): string[] {
  return stack === null ? [] : stackLines(stack, paint);
}

function runningLines({ running, attempt }: JobExplanation, { now }: Speech): string[] {
  if (running === null) return [];
  const { worker, startedAt, heartbeatAt, leaseEndsAt, isLeaseOver, progress } = running;
  const since = (time: string) => duration(Math.max(0, now - Date.parse(time)));
  const done = progress === null ? '' : `, ${Math.round(progress * 100)} % done`;
  const lease = isLeaseOver
    ? `its lease ended at ${timeOf(leaseEndsAt)}: another worker takes the job back now, unless none is running`
    : `unless it gives another, its lease ends at ${timeOf(leaseEndsAt)}, ${untilOf(leaseEndsAt, now)}, and another worker takes the job back`;
  return [
    `  attempt ${attempt} runs on worker ${worker.id} (process ${worker.pid} on ${worker.host}) since ${timeOf(startedAt)}, for ${since(startedAt)}${done}`,
    `  its last sign of life came ${since(heartbeatAt)} ago; ${lease}`,
  ];
}

/** What holds back, and the command that ends it. */
function pauseLines(pauses: readonly Pause[], { paint, hint }: Speech): string[] {
  return pauses.flatMap((pause) => [
    `  ${paint.yellow(pauseLine(pause))}`,
    `  resume with: ${hint(...resumeWords(pause))}`,
  ]);
}

function dependentLines({ dependents, status }: JobExplanation): string[] {
  if (dependents === 0 || status === 'finished') return [];
  return [
    `${plural(dependents, 'job')} that ${dependents === 1 ? 'has' : 'have'} not ended depend${dependents === 1 ? 's' : ''} on it`,
  ];
}

function leaseLines({ lostLeases, maximumLostLeases, status }: JobExplanation): string[] {
  if (lostLeases === 0 || status === 'finished') return [];
  const left = maximumLostLeases - lostLeases;
  const then =
    status === 'failed' ? '' : left <= 0 ? '; with the next one it fails for good' : `; it may lose ${left} more`;
  return [`  its attempts have lost ${plural(lostLeases, 'lease')} of at most ${maximumLostLeases}${then}`];
}

/** The chain of causes, the latest first. */
function causeLines({ graphId, jobId, causes }: JobExplanation, { limit }: Speech): ExplanationLine[] {
  if (causes.length === 0) return [];
  const rows = causes
    .slice(0, limit)
    .map(({ number, recordedAt, type, jobId: of, actor }) => [
      `  #${number}`,
      clockTime(recordedAt, 'milliseconds'),
      type,
      of === null ? graphId : of === jobId ? 'this job' : of,
      `by ${actor}`,
    ]);
  const left = causes.length - limit;
  return [
    'what led to this, the latest first:',
    { rows, cut: { 3: 'middle', 4: 'end' } },
    ...(left > 0 ? [`  … and ${left} more`] : []),
  ];
}

function deadlineLines({ deadline, status }: GraphExplanation, { now }: Speech): ExplanationLine[] {
  if (deadline === null || status !== 'running') return [];
  return [`  it is aborted unless it has ended by ${timeOf(deadline)}, ${untilOf(deadline, now)}`];
}

/** What a graph waits for. */
export function graphLines(graph: GraphExplanation, speech: Speech): ExplanationLine[] {
  const { paint, hint } = speech;
  const { graphId } = graph;
  const head = `graph ${paint.bold(graphId)} is ${coloured(graph.status, paint)} (${countsInWords(graph.counts, paint)})`;
  const lines: ExplanationLine[] = [head];
  if (graph.unreadable !== null) lines.push(unreadableLine(graph.unreadable));
  if (graph.scheduled !== null) {
    const { schedule, instant } = graph.scheduled;
    lines.push(`  schedule ${schedule} has made it, for ${instant}: ${hint('schedule', 'show', schedule)}`);
  }
  lines.push(...deadlineLines(graph, speech), ...pauseLines(graph.pauses, speech));
  if (graph.started.length > 0) lines.push('  running:', ...briefLines(graph.started, speech));
  lines.push(...readyInGraph(graph, speech));
  if (graph.paused.length > 0) lines.push(`  ready but for a pause: ${listed(graph.paused)}`);
  if (graph.awaiting.length > 0) lines.push('  waiting for answers:', ...briefLines(graph.awaiting, speech));
  if (graph.backingOff.length > 0) lines.push('  backing off:', ...briefLines(graph.backingOff, speech));
  if (graph.deferred.length > 0) lines.push('  put off by their handlers:', ...briefLines(graph.deferred, speech));
  if (graph.delayed.length > 0) lines.push('  delayed:', ...briefLines(graph.delayed, speech));
  if (graph.failed.length > 0) lines.push('  failed:', ...briefLines(graph.failed, speech));
  if (graph.abortedBy.length > 0) lines.push(...abortedLines(graphId, graph.abortedBy, speech));
  if (graph.status === 'finished') lines.push('  all its jobs are finished');
  if (graph.failed.length > 0) {
    lines.push({ lead: 'to run again what failed:', command: hint('retry', graphId) });
  }
  return lines;
}

function unreadableLine(problem: string): string {
  return `  its history holds an event this release cannot read, so the graph is not run: ${problem}`;
}

function failureOf({ failure }: JobExplanation): string {
  return failure === null ? 'the reason is unknown' : failureInShort(failure, 500);
}
