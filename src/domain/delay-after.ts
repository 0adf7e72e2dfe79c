import type { EventEnvelope, EventOf } from './events.js';
import { longestDelayMs } from './retry-policy.js';

/** How long a job must wait after an attempt that failed or put it off, in milliseconds. */
export function delayAfter(
  event: Pick<EventEnvelope, 'recordedAt'> & (EventOf<'JobFaulted'> | EventOf<'JobDeferred'>),
): number {
  return event.type === 'JobDeferred' ? Math.min(event.data.delayMs, longestDelayMs) : delayAfterFault(event);
}

/**
 * Release 0.1.0 recorded only until when, by the writer's clock, which on another machine may differ from the log's clock
 * by any amount.
 */
function delayAfterFault({
  data: { cause, next },
  recordedAt,
}: Pick<EventEnvelope, 'recordedAt'> & EventOf<'JobFaulted'>): number {
  if (next.kind === 'failed' || cause === 'released' || cause === 'lease-expired') return 0;
  if (next.delayMs !== undefined) return Math.min(next.delayMs, longestDelayMs);
  const untilMs = Date.parse(next.notBefore) - Date.parse(recordedAt);
  return Math.min(Math.max(untilMs, 0), longestDelayMs);
}
