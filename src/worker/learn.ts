import type { RecordedEvent } from '../domain/events.js';
import type { LiveFeed } from '../store/live-feed.js';
import type { Claims } from './claims.js';
import type { ReadyQueue } from './ready-queue.js';
import type { Shares } from './shares.js';

/** What of a worker goes by what was seen in the log. */
export interface Taught {
  readonly workerId: string;
  readonly queue: ReadyQueue;
  readonly shares: Shares;
  readonly claims: Claims;
  readonly feed: LiveFeed;
}

/**
 * Learns from an event which workers claim, how long a claim takes to come back, and how long jobs run.
 *
 * @param key of the event's stream
 */
export function learnFrom(event: RecordedEvent, key: string, { workerId, queue, shares, claims, feed }: Taught): void {
  if (event.type === 'JobStarted') {
    queue.sawClaim(event.data.worker.id);
    shares.sawClaim(event.data.worker);
    if (event.data.worker.id === workerId) claims.saw(key);
  }
  // A remembered result takes no time, which says nothing of how long the next job of the type runs.
  if (event.type !== 'JobFinished' || event.jobId === null || event.data.memoized !== undefined) return;
  const job = feed.projection.job(event.graphId, event.jobId);
  const startedAt = job?.state.startedAt ?? null;
  if (job === undefined || startedAt === null) return;
  queue.jobTook(job.definition.type, Date.parse(event.recordedAt) - Date.parse(startedAt));
}
