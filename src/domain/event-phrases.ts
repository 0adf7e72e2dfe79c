/** What events say, in words. */
import { absurd } from '../prelude/absurd.js';
import { clockTime, duration, inShort, jsonInShort, plural, thousands } from '../prelude/phrases.js';
import type { EventOf, RecordedEvent } from './events.js';
import { delayAfter } from './job.js';
import { isOfSchedule, scheduleEventText } from './schedule-phrases.js';
import { failureInShort, rememberedFrom } from './status-phrases.js';

const textMax = 100;

/** What an event says besides its type and place, in a few words. */
export function eventText(event: RecordedEvent): string {
  if (isOfSchedule(event)) return scheduleEventText(event, textMax);
  switch (event.type) {
    case 'GraphSubmitted': {
      const { part, parts, jobs, labels, priority, forkedFrom } = event.data;
      const ofParts = parts === 1 ? '' : `, part ${part} of ${parts}`;
      const labelled = Object.entries(labels).map(([key, value]) => `, ${key}=${value}`);
      const carried = jobs.filter((job) => job.carried !== undefined).length;
      const ofFork = forkedFrom === undefined ? '' : `, fork of ${forkedFrom.graphId}`;
      const over = carried === 0 ? '' : `, ${thousands(carried)} carried over`;
      return `${plural(jobs.length, 'job')}${ofParts}${ofFork}${over}${priority === 0 ? '' : `, priority ${priority}`}${labelled.join('')}`;
    }
    case 'GraphAborted':
    case 'GraphReset':
    case 'GraphPaused':
    case 'GraphResumed':
    case 'JobReset':
      return `by ${event.data.by}: ${inShort(event.data.reason, textMax)}`;
    case 'WorkPaused':
    case 'WorkResumed': {
      const { jobType, by, reason } = event.data;
      const what = jobType === null ? 'all work' : `type ${jobType}`;
      return `${what}, by ${by}: ${inShort(reason, textMax)}`;
    }
    case 'JobStarted':
      return `attempt ${event.data.attempt} on ${event.data.worker.id}, lease ${duration(event.data.leaseMs)}`;
    case 'Heartbeat': {
      const { attempt, progress, details } = event.data;
      const told = details === undefined ? '' : `, ${jsonInShort(details, textMax)}`;
      return `attempt ${attempt}${progress === undefined ? '' : `, ${Math.round(progress * 100)} %`}${told}`;
    }
    case 'JobFinished': {
      const { attempt, result, memoized } = event.data;
      const from = memoized === undefined ? '' : `, ${rememberedFrom(memoized)}`;
      return `attempt ${attempt}${from}${result === null ? '' : `: ${jsonInShort(result, textMax)}`}`;
    }
    case 'JobFaulted': {
      const { attempt, cause, failure, next } = event.data;
      const then = next.kind === 'failed' ? 'failed for good' : `may start again ${startOfNextTry(event)}`;
      return `attempt ${attempt}, ${cause}: ${failureInShort(failure, textMax)}; ${then}`;
    }
    case 'JobAborted':
      return `by ${event.data.by}: ${inShort(event.data.message, textMax)}`;
    case 'JobSkipped':
      return `attempt ${event.data.attempt}: ${inShort(event.data.reason, textMax)}`;
    case 'ResultMemoized': {
      const { graphId, jobId, attempt } = event.data;
      return `the result of ${graphId}/${jobId}, attempt ${attempt}`;
    }
    case 'ScheduleNamed':
      return `schedule ${event.data.name}`;
    case 'Unreadable':
      return inShort(event.data.explanation, textMax);
    default:
      return absurd(event);
  }
}

/** When a job may start again after an attempt that went wrong, in words. */
export function startOfNextTry(event: RecordedEvent & EventOf<'JobFaulted'>): string {
  const delayMs = delayAfter(event);
  return delayMs === 0 ? 'at once' : `at ${clockTime(Date.parse(event.recordedAt) + delayMs, 'milliseconds')}`;
}
