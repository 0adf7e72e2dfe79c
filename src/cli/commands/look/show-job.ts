import { askedOf, finisherOf } from '../../../domain/answer-phrases.js';
import type { JobAnswer } from '../../../domain/external.js';
import type { Memoize, MemoizedFrom } from '../../../domain/memoize.js';
import type { JobDetails } from '../../../domain/graph-info.js';
import { pausedPairs } from '../../../domain/pause-phrases.js';
import { stackLines } from '../../../history/explain/stack-lines.js';
import { pairLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { coloured, failureInShort } from '../../../domain/status-phrases.js';
import { duration, listed, localTime } from '../../../prelude/phrases.js';

type Page = Pick<Terminal, 'paint' | 'columns'>;

/** All there is to say about one job. */
export function jobLines(job: JobDetails, moment: string | null, { paint, columns }: Page): string[] {
  const pairs: [string, string | null][] = [
    ['job', paint.bold(job.id)],
    ['graph', job.graphId],
    ['type', job.type],
    ['status', coloured(job.derivedStatus, paint)],
    ...pausedPairs(job.pauses, paint),
    ['attempt', job.external !== null ? null : job.attempt === 0 ? 'none yet' : String(job.attempt)],
    ['answered from outside', job.external === null ? null : `by ${askedOf(job)}`],
    ['spawned by', job.spawnedBy],
    ['parents', job.parents.length === 0 ? null : listed(job.parents, 20)],
    ['waits for all below', job.withSpawned.length === 0 ? null : listed(job.withSpawned, 20)],
    ['args', isEmpty(job.args) ? null : JSON.stringify(job.args)],
    ['retry', job.retry === null ? null : JSON.stringify(job.retry)],
    ['memoized', job.memoize === null ? null : memoizeText(job.memoize)],
    ['timeout', job.timeoutMs === null ? null : duration(job.timeoutMs)],
    ['priority', job.priority === null ? null : String(job.priority)],
    ['delay', job.delayMs === null ? null : duration(job.delayMs)],
    ['start after', atTime(job.startAfter)],
    ['to start within', job.scheduleToStartMs === null ? null : duration(job.scheduleToStartMs)],
    ['to end within', job.scheduleToCloseMs === null ? null : duration(job.scheduleToCloseMs)],
    ['fails at', job.expiry === null ? null : `${atTime(job.expiry.at)} (${job.expiry.limit}Ms)`],
    ['started', atTime(job.startedAt)],
    ['worker', job.worker?.id ?? null],
    ['last sign of life', job.status === 'started' ? atTime(job.heartbeatAt) : null],
    ['lease', job.status === 'started' && job.leaseMs !== null ? duration(job.leaseMs) : null],
    ['progress', job.progress === null ? null : `${Math.round(job.progress * 100)} %`],
    ['details', job.details === null ? null : JSON.stringify(job.details)],
    [
      'may start from',
      ['backing-off', 'deferred', 'delayed'].includes(job.derivedStatus) ? atTime(job.notBefore) : null,
    ],
    ['put off', job.deferReason],
    ['ended', atTime(job.endedAt)],
    ['answered by', job.answer === null ? null : answerText(job.answer)],
    ['carried over', carriedText(job)],
    ['remembered', job.memoizedFrom === null ? null : rememberedText(job.memoizedFrom)],
    ['result', job.status === 'finished' ? JSON.stringify(job.result) : null],
    ['failure', job.failure === null ? null : failureInShort(job.failure, 2000)],
    ['failure data', job.failure?.data === undefined ? null : JSON.stringify(job.failure.data)],
    ['aborted by', job.abort === null ? null : `${job.abort.by}: ${job.abort.message}`],
    ['lost leases', job.lostLeases === 0 ? null : String(job.lostLeases)],
    ['as of', moment],
  ];
  const stack = job.stack === null ? [] : [paint.dim('stack'), ...stackLines(job.stack, paint)];
  return [...pairLines(pairs, paint, columns), ...stack];
}

function carriedText({ carriedFrom }: JobDetails): string | null {
  if (carriedFrom === null) return null;
  const { graphId, attempt, finishedAt } = carriedFrom;
  return `from ${graphId}, where ${finisherOf(attempt)} it at ${localTime(finishedAt, 'milliseconds')}`;
}

function answerText({ by, reason }: JobAnswer): string {
  return reason === '' ? by : `${by}: ${reason}`;
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
