import type { RecordedEvent, StreamId } from '../domain/events.js';
import type { Memoize, MemoizedFrom } from '../domain/memoize.js';
import { isTooOld, memoStream } from '../domain/memoized-results.js';
import type { EventLog, ReadRange } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import type { Json } from '../prelude/json.js';
import type { Environment } from '../store/environment.js';
import { newEvents } from '../store/new-events.js';
import type { ClaimedJob } from './claimed-job.js';
import type { Logger } from './logger.js';
import type { RetryingLog } from './retrying-log.js';

export interface MemoryDependencies {
  readonly log: EventLog;
  readonly retrying: RetryingLog;
  readonly environment: Environment;
  readonly logger: Logger;
}

/** A result that stands in for running a job. */
export interface Remembered {
  readonly result: Json;
  readonly from: MemoizedFrom;
}

/**
 * The result that is remembered for a job that has just been claimed; null if there is none, or none that may be used.
 * Whatever is wrong with the memory, the job can always be run, so nothing here fails.
 */
export async function remembered(
  claimed: ClaimedJob,
  memoize: Memoize,
  dependencies: MemoryDependencies,
): Promise<Remembered | null> {
  if (memoize.fresh === true) return null;
  const found = await recall(claimed, memoize, dependencies);
  if (typeof found !== 'string') return found;
  const { graphId, id: jobId, attempt } = claimed;
  dependencies.logger.debug({ graphId, jobId, attempt, key: memoize.key }, `the job runs: ${found}`);
  return null;
}

/** What is remembered for a job, or why the job has to run. */
async function recall(
  { graphId, id, state: { revision } }: ClaimedJob,
  memoize: Memoize,
  dependencies: MemoryDependencies,
): Promise<Remembered | string> {
  const noted = (await readOrNone(memoStream(memoize.key), { last: 1 }, dependencies)).at(-1);
  if (noted?.type !== 'ResultMemoized') return 'nothing is remembered under its key';
  const { eventId, ...job } = noted.data;
  const [source] = await readOrNone(job, { from: job.revision, to: job.revision }, dependencies);
  if (source?.type !== 'JobFinished' || source.id !== eventId) {
    return `the remembered result of ${job.graphId}/${job.jobId} is not in the log any more`;
  }
  const { recordedAt: finishedAt, data } = source;
  if (memoize.maxAgeMs !== undefined) {
    // The log's clock has recorded both times, so that no two clocks are compared.
    const [start] = await readOrNone({ graphId, jobId: id }, { from: revision, to: revision }, dependencies);
    if (start === undefined) return 'its own start cannot be read, so that no age can be told';
    if (isTooOld(memoize, finishedAt, start.recordedAt)) return `the remembered result is too old, of ${finishedAt}`;
  }
  const from = { graphId: job.graphId, jobId: job.jobId, attempt: data.attempt, eventId, finishedAt };
  return { result: data.result, from };
}

/**
 * Notes that the result of a job, which has just finished here, is the one to remember. If another job of the same key is
 * noted at the same moment, that one is remembered. A worker that dies before this leaves the memory as it was.
 */
export async function remember(
  claimed: ClaimedJob,
  { key }: Memoize,
  { log, retrying, environment, logger }: MemoryDependencies,
): Promise<void> {
  const { graphId, id: jobId, attempt, state } = claimed;
  const { revision, lastEventId: eventId } = state;
  const stream = memoStream(key);
  const about = { graphId, jobId, attempt, key };
  const last = await retrying.read(log.readStream(stream, { last: 1 }))();
  if (E.isLeft(last)) return logger.warn({ ...about, err: last.left }, 'a result could not be remembered');
  const expectedRevision = last.right.at(-1)?.revision ?? -1;
  const data = { graphId, jobId, attempt, eventId: eventId!, revision };
  const events = newEvents(environment, [{ type: 'ResultMemoized', data }], eventId, claimed.workerId);
  const result = await retrying.append([{ ...stream, expectedRevision, events }]);
  if (E.isLeft(result)) return logger.warn({ ...about, err: result.left }, 'a result could not be remembered');
  if (result.right[0]!.appended) logger.debug(about, 'the result is remembered');
  else logger.debug(about, 'another result of the same key was remembered at the same moment');
}

/** Events of a stream; none if they cannot be read, now or ever. */
async function readOrNone(
  { graphId, jobId }: StreamId,
  range: ReadRange,
  { log, retrying }: MemoryDependencies,
): Promise<readonly RecordedEvent[]> {
  const read = await retrying.read(log.readStream({ graphId, jobId }, range))();
  return E.isRight(read) ? read.right : [];
}
