/**
 * Results that are remembered. A job may name a key; when it has finished, its result is the one that is remembered under
 * that key in its namespace, and stands in for running the next job that names it.
 *
 * The log is never searched for a key: each key has a stream of the namespace's own (see namespace-stream.ts), whose last
 * event, ResultMemoized, says which JobFinished holds the result.
 */
import type { StreamId } from './events.js';
import type { Memoize } from './memoize.js';
import { isOfNamespace, ofNamespace } from './namespace-stream.js';

const memoPrefix = 'memo/';

/** The stream whose last event says what is remembered under a key. */
export function memoStream(key: string): StreamId {
  return { graphId: ofNamespace, jobId: `${memoPrefix}${key}` };
}

/** The key whose stream this is; null for every other stream. */
export function memoKeyOf({ graphId, jobId }: StreamId): string | null {
  const isMemo = isOfNamespace({ graphId }) && jobId !== null && jobId.startsWith(memoPrefix);
  return isMemo ? jobId.slice(memoPrefix.length) : null;
}

/**
 * Whether a remembered result is too old for a job.
 *
 * @param finishedAt when the log recorded the result
 * @param startedAt when the log recorded the start of the job that wants it: a time of the same clock
 */
export function isTooOld({ maxAgeMs }: Memoize, finishedAt: string, startedAt: string): boolean {
  return maxAgeMs !== undefined && Date.parse(startedAt) - Date.parse(finishedAt) > maxAgeMs;
}
