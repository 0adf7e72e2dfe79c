import type { EventOf, RecordedEvent } from '../domain/events.js';
import { isOfLimits, type LimitEvent } from '../domain/limit-phrases.js';
import { absurd } from '../prelude/absurd.js';

/**
 * What happened, in short, one line for each event: `fetch started`, `fetch faulted`, `fetch failed (exception)`. The
 * cause stands in brackets unless it is the handler's own `fault`. Heartbeats that say nothing but "alive" are left out.
 */
export function story(events: readonly RecordedEvent[]): string[] {
  return events.flatMap((event) => {
    const line = lineOf(event);
    return line === null ? [] : [`${event.jobId ?? 'graph'} ${line}`];
  });
}

function lineOf(event: RecordedEvent): string | null {
  if (isOfLimits(event)) return limitLine(event);
  switch (event.type) {
    case 'GraphSubmitted':
      return event.data.part === event.data.parts ? 'submitted' : null;
    case 'JobStarted':
      return 'started';
    case 'Heartbeat':
      return event.data.details === undefined && event.data.progress === undefined ? null : 'heartbeat';
    case 'JobsSpawned':
      return `spawned ${event.data.jobs.map(({ id }) => id).join(', ')}`;
    case 'JobFinished':
      return 'finished';
    case 'JobFaulted':
      return faultLine(event.data);
    case 'JobAborted':
    case 'GraphAborted':
      return 'aborted';
    case 'JobSkipped':
      return 'skipped';
    case 'JobDeferred':
      return 'deferred';
    case 'JobAnswered':
      return event.data.failure !== undefined ? 'answered: failed' : 'answered';
    case 'JobExpired':
      return `failed (${event.data.limit})`;
    case 'ClaimRevoked':
      return 'claim revoked';
    case 'JobReset':
    case 'GraphReset':
      return 'reset';
    case 'GraphPaused':
    case 'WorkPaused':
    case 'SchedulePaused':
      return 'paused';
    case 'GraphResumed':
    case 'WorkResumed':
    case 'ScheduleResumed':
      return 'resumed';
    case 'ScheduleNamed':
      return 'named';
    case 'ScheduleSet':
      return 'set';
    case 'ScheduleRemoved':
      return 'removed';
    case 'ScheduleTriggered':
    case 'ScheduleFired':
    case 'ScheduleBuffered':
    case 'ScheduleSkipped':
      return runLine(event);
    case 'ResultMemoized':
      return 'remembered';
    case 'Unreadable':
      return `unreadable ${event.data.storedType}`;
    default:
      return absurd(event);
  }
}

function runLine(
  event: EventOf<'ScheduleTriggered' | 'ScheduleFired' | 'ScheduleBuffered' | 'ScheduleSkipped'>,
): string {
  switch (event.type) {
    case 'ScheduleTriggered':
      return 'asked for';
    case 'ScheduleFired':
      return `fired ${event.data.instant}`;
    case 'ScheduleBuffered':
      return `waits ${event.data.instant}`;
    case 'ScheduleSkipped':
      return `skipped ${event.data.from} (${event.data.why})`;
  }
}

function faultLine({ cause, next }: EventOf<'JobFaulted'>['data']): string {
  return `${next.kind === 'failed' ? 'failed' : 'faulted'}${cause === 'fault' ? '' : ` (${cause})`}`;
}

function limitLine({ type, data }: LimitEvent): string {
  switch (type) {
    case 'LimitSet':
      return `${data.key} limited`;
    case 'LimitRemoved':
      return `${data.key} not limited any more`;
    case 'PlaceTaken':
      return `taken for ${data.graphId}/${data.jobId}`;
    case 'PlaceGivenBack':
      return `given back for ${data.graphId}/${data.jobId}`;
  }
}
