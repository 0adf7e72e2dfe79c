import { askedOf } from '../../../domain/answer-phrases.js';
import type { Colors } from 'picocolors/types.js';
import type { JobInfo } from '../../../domain/graph-info.js';
import { type Fit, tableLines } from '../../output/table.js';
import { coloured, failureInShort, rememberedFrom } from '../../../domain/status-phrases.js';
import { clockTime, duration, inShort, jsonInShort, listed, localTime } from '../../../prelude/phrases.js';

export interface RowsContext {
  /** The moment that is shown, in milliseconds since the epoch. */
  readonly now: number;
  readonly paint: Colors;
  /** Null if lines may be as long as they like. */
  readonly columns: number | null;
}

/** Jobs as a table, one a line. @param nameOf what a job is called in it */
export function jobTable(
  jobs: readonly JobInfo[],
  { now, paint, columns }: RowsContext,
  nameOf = ({ id }: JobInfo) => id,
): string[] {
  const rows = jobs.map((job) => [
    nameOf(job),
    job.type,
    coloured(job.derivedStatus, paint),
    job.attempt === 0 ? '-' : String(job.attempt),
    took(job, now),
    remark(job),
  ]);
  const fit: Fit = { columns, cut: { 0: 'middle', 1: 'middle', 5: 'end' }, last: 0 };
  return tableLines(['job', 'type', 'status', 'attempt', 'took', ''], rows, paint, fit);
}

/** How long its last attempt took, in words. */
function took(job: JobInfo, now: number): string {
  const ms = msTaken(job, now);
  return ms === null ? '-' : duration(ms);
}

/** How long its last attempt took, or has taken so far, in milliseconds; null if there was none. */
export function msTaken({ startedAt, endedAt, status }: JobInfo, now: number): number | null {
  if (startedAt === null || status === 'aborted') return null;
  if (status === 'started') return Math.max(0, now - Date.parse(startedAt));
  return endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);
}

/** From where its result comes, if it did not run here. */
function origin({ memoizedFrom, carriedFrom, answer }: JobInfo): string {
  if (answer !== null) return `answered by ${inShort(answer.by, 40)}`;
  if (memoizedFrom !== null) return rememberedFrom(memoizedFrom);
  return carriedFrom === null ? '' : `from ${carriedFrom.graphId}`;
}

/** What matters most about a job in its status. */
function remark(job: JobInfo): string {
  const { derivedStatus, result, failure, abort, skipReason, deferReason, worker, progress, notBefore, parents } = job;
  switch (derivedStatus) {
    case 'finished': {
      return [origin(job), result === null ? '' : jsonInShort(result, 60)].filter((text) => text !== '').join(': ');
    }
    case 'skipped':
      if (skipReason !== null) return inShort(skipReason, 80);
      return job.carriedFrom === null ? 'because of a job it depends on' : origin(job);
    case 'failed':
      return failure === null ? '' : failureInShort(failure, 80);
    case 'aborted':
      return abort === null ? 'through another' : inShort(abort.message, 80);
    case 'started':
      return `on ${worker?.id}${progress === null ? '' : `, ${Math.round(progress * 100)} %`}`;
    case 'backing-off':
      return `until ${clockTime(notBefore!)}${failure === null ? '' : `, after ${failureInShort(failure, 60)}`}`;
    case 'delayed':
      return `until ${localTime(notBefore!)}`;
    case 'deferred':
      return `until ${clockTime(notBefore!)}: ${inShort(deferReason!, 60)}`;
    case 'awaiting':
      return `the answer of ${inShort(askedOf(job), 60)}`;
    case 'waiting':
    case 'blocked':
      return `after ${inShort(listed(parents, 4), 60)}`;
    case 'ready':
      return job.pauses.length > 0 ? 'paused' : '';
  }
}
