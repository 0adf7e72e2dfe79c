/** What events say, in words. */
import { inWords } from '../prelude/duration.js';
import { absurd } from '../prelude/absurd.js';
import { clockTime, duration, inShort, jsonInShort, plural, thousands } from '../prelude/phrases.js';
import { answerIn, type EventOf, type RecordedEvent } from './events.js';
import { delayAfter } from './delay-after.js';
import { isOfLimits, limitEventText } from './limit-phrases.js';
import { isOfSchedule, scheduleEventText } from './schedule-phrases.js';
import { failureInShort, rememberedFrom } from './status-phrases.js';

const textMax = 100;

/** What an event says besides its type and place, in a few words. */
export function eventText(event: RecordedEvent): string {
  if (isOfSchedule(event)) return scheduleEventText(event, textMax);
  if (isOfLimits(event)) return limitEventText(event, textMax);
  switch (event.type) {
    case 'GraphSubmitted':
      return submittedText(event.data);
    case 'GraphAborted':
    case 'GraphReset':
    case 'GraphPaused':
    case 'GraphResumed':
    case 'JobReset':
      return `by ${event.data.by}: ${inShort(event.data.reason, textMax)}`;
    case 'WorkPaused':
    case 'WorkResumed':
      return workText(event.data);
    case 'JobStarted':
      return `attempt ${event.data.attempt} on ${event.data.worker.id}, lease ${duration(event.data.leaseMs)}`;
    case 'Heartbeat': {
      const { attempt, progress, details } = event.data;
      const told = details === undefined ? '' : `, ${jsonInShort(details, textMax)}`;
      return `attempt ${attempt}${progress === undefined ? '' : `, ${Math.round(progress * 100)} %`}${told}`;
    }
    case 'JobsSpawned': {
      const { attempt, jobs } = event.data;
      return `attempt ${attempt}: ${plural(jobs.length, 'job')}, ${inShort(jobs.map(({ id }) => id).join(', '), textMax)}`;
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
      return whyText(event.data);
    case 'JobDeferred':
      return `${whyText(event.data)}; may start again ${startOfNextTry(event)}`;
    case 'JobAnswered':
      return answerText(event.data);
    case 'JobExpired':
      return expiredText(event.data);
    case 'ClaimRevoked':
      return attemptText(event.data);
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

function workText({ jobType, by, reason }: EventOf<'WorkPaused'>['data']): string {
  return `${jobType === null ? 'all work' : `type ${jobType}`}, by ${by}: ${inShort(reason, textMax)}`;
}

function whyText({ attempt, reason }: EventOf<'JobSkipped'>['data']): string {
  return `attempt ${attempt}: ${inShort(reason, textMax)}`;
}

function attemptText({ attempt }: { readonly attempt: number }): string {
  return `attempt ${attempt}`;
}

function expiredText({ attempt, failure }: EventOf<'JobExpired'>['data']): string {
  return `${attempt === undefined ? '' : `attempt ${attempt}: `}${inShort(failure.message ?? failure.exception, textMax)}`;
}

/** Who answered from outside, and what. */
function answerText(data: EventOf<'JobAnswered'>['data']): string {
  const { by, reason } = data;
  const outcome = answerIn(data);
  const why = reason === '' ? '' : ` (${inShort(reason, textMax)})`;
  const said =
    outcome.kind === 'failed'
      ? `failed: ${inShort(outcome.failure.message ?? '', textMax)}`
      : `finished: ${jsonInShort(outcome.result, textMax)}`;
  return `by ${by}, ${said}${why}`;
}

function submittedText(data: EventOf<'GraphSubmitted'>['data']): string {
  const { part, parts, jobs, labels, priority, forkedFrom, startAfter } = data;
  const ofParts = parts === 1 ? '' : `, part ${part} of ${parts}`;
  const labelled = Object.entries(labels).map(([key, value]) => `, ${key}=${value}`);
  const carried = jobs.filter((job) => job.carried !== undefined).length;
  const ofFork = forkedFrom === undefined ? '' : `, fork of ${forkedFrom.graphId}`;
  const over = carried === 0 ? '' : `, ${thousands(carried)} carried over`;
  const times = `${startAfter === undefined ? '' : `, from ${startAfter}`}${deadlineText(data)}`;
  return `${plural(jobs.length, 'job')}${ofParts}${ofFork}${over}${priority === 0 ? '' : `, priority ${priority}`}${times}${labelled.join('')}`;
}

function deadlineText({ deadline, deadlineMs }: EventOf<'GraphSubmitted'>['data']): string {
  if (deadline !== undefined) return `, to end by ${deadline}`;
  return deadlineMs === undefined ? '' : `, to end within ${inWords(deadlineMs)}`;
}

/** When a job may start again after an attempt that went wrong or put it off, in words. */
export function startOfNextTry(event: RecordedEvent & (EventOf<'JobFaulted'> | EventOf<'JobDeferred'>)): string {
  const delayMs = delayAfter(event);
  return delayMs === 0 ? 'at once' : `at ${clockTime(Date.parse(event.recordedAt) + delayMs, 'milliseconds')}`;
}
