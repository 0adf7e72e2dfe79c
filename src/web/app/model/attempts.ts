import { attemptEnds, type Failure, type RecordedEvent, type WorkerIdentity } from '../../../domain/events.js';
import { type AttemptEnding, endingBy } from '../../../history/timeline/spans.js';

/** An attempt of a job, as far as it has come. */
export interface Attempt {
  readonly attempt: number;
  readonly worker: WorkerIdentity;
  /** The number of the event it began with, and of that it ended with; null while it runs. */
  readonly startNumber: number;
  readonly endNumber: number | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly ending: AttemptEnding | null;
  readonly failure: Failure | null;
  readonly stack: string | null;
  readonly heartbeats: number;
  /** The last that was told, from 0 to 1. */
  readonly progress: number | null;
}

/**
 * The attempts of a job.
 *
 * @param events of that job, in log order, each with its number among the graph's
 */
export function attemptsOf(events: readonly (readonly [number: number, event: RecordedEvent])[]): readonly Attempt[] {
  const attempts: Attempt[] = [];
  for (const [number, event] of events) {
    if (event.type === 'JobStarted') {
      attempts.push({
        attempt: event.data.attempt,
        worker: event.data.worker,
        startNumber: number,
        startedAt: event.recordedAt,
        ...{ endNumber: null, endedAt: null, ending: null, failure: null, stack: null },
        ...{ heartbeats: 0, progress: null },
      });
      continue;
    }
    const last = attempts.at(-1);
    if (last === undefined || last.endNumber !== null) continue;
    if (event.type === 'Heartbeat') {
      const progress = event.data.progress ?? last.progress;
      attempts[attempts.length - 1] = { ...last, heartbeats: last.heartbeats + 1, progress };
    } else if (attemptEnds.includes(event.type)) {
      const wrong = event.type === 'JobFaulted' || event.type === 'JobExpired' ? event.data : null;
      attempts[attempts.length - 1] = {
        ...last,
        endNumber: number,
        endedAt: event.recordedAt,
        ending: endingBy(event),
        failure: wrong?.failure ?? null,
        stack: event.type === 'JobFaulted' ? (event.data.stack ?? null) : null,
      };
    }
  }
  return attempts;
}
