/**
 * Which events of another log are taken into this one: those that this release could have written, by the same rules for
 * ids and the same limits. Events of a newer release are taken as they are, as far as they can be judged.
 */
import { isNestedDeeper, type Json, jsonBytes } from '../prelude/json.js';
import { utf8Bytes } from '../prelude/utf8.js';
import { recordedEvent, type StoredEvent } from './canonical-event.js';
import type { EventOf, JobDefinition, RecordedEvent, Spawned, StreamId } from '../domain/events.js';
import { valueNestingInData } from '../domain/read-event.js';
import {
  checkGraphId,
  checkId,
  checkLabels,
  checkMemoizeKey,
  checkScheduleName,
  problemIn,
  refuse,
} from '../domain/graph-rules.js';
import { checkLimitPattern } from '../domain/check-limits.js';
import { limitKeyOf } from '../domain/limit-places.js';
import { isOfLimits, type LimitEvent } from '../domain/limit-phrases.js';
import { limits } from '../domain/limits.js';
import { memoKeyOf } from '../domain/memoized-results.js';
import { isOfNamespace } from '../domain/namespace-stream.js';
import { scheduleNameOf } from '../domain/schedules.js';

/** Why an event cannot be taken into a log, or null if it can. */
export function whyNotAccepted(stored: StoredEvent): string | null {
  try {
    checkEnvelope(stored);
    refuse(
      isNestedDeeper(stored.data, limits.nestingMax + valueNestingInData),
      `is nested deeper than the limit of ${limits.nestingMax}`,
    );
    checkContent(recordedEvent(stored));
    return null;
  } catch (thrown) {
    return problemIn(thrown);
  }
}

function checkEnvelope(stored: StoredEvent): void {
  const { graphId, jobId, type, actor } = stored;
  if (!isOfNamespace(stored)) checkGraphId(graphId);
  if (jobId !== null) checkId(jobId, 'job id', limits.jobIdBytesMax);
  refuse(/\p{Surrogate}/u.test(`${type} ${actor}`), 'holds text that is not well-formed Unicode');
  checkBytes(utf8Bytes(actor), limits.actorBytesMax, 'its actor takes');
}

function checkContent(event: RecordedEvent): void {
  if (isOfLimits(event)) return checkLimit(event);
  switch (event.type) {
    case 'GraphSubmitted':
      return checkSubmission(event.data);
    case 'JobsSpawned':
      return checkJobs(event.data);
    case 'JobFinished':
      return checkResult(event.data);
    case 'ResultMemoized':
      refuse(memoKeyOf(event) === null, 'does not belong in this stream');
      return checkJobIds(event.data);
    case 'Heartbeat':
      return checkValue(event.data.details, limits.detailsBytesMax, 'its details take');
    case 'JobFaulted':
    case 'JobExpired':
      return checkValue(event.data.failure, limits.failureBytesMax, 'its failure takes');
    case 'JobAborted':
      return checkWords(event.data.message);
    case 'JobAnswered':
      return checkAnswer(event.data);
    case 'JobSkipped':
    case 'JobDeferred':
    case 'JobReset':
    case 'GraphAborted':
    case 'GraphReset':
    case 'GraphPaused':
    case 'GraphResumed':
      return checkWords(event.data.reason);
    case 'WorkPaused':
    case 'WorkResumed':
      if (event.data.jobType !== null) checkId(event.data.jobType, 'type of job', limits.jobTypeBytesMax);
      return checkWords(event.data.reason);
    case 'ScheduleNamed':
      return checkScheduleName(event.data.name);
    case 'ScheduleSet':
      checkOfSchedule(event);
      checkSubmission(event.data);
      checkValue(event.data.jobs, limits.scheduledGraphBytesMax, 'its jobs take');
      return checkWords(event.data.reason);
    case 'SchedulePaused':
    case 'ScheduleResumed':
    case 'ScheduleRemoved':
    case 'ScheduleTriggered':
      checkOfSchedule(event);
      return checkWords(event.data.reason);
    case 'ScheduleFired':
      checkOfSchedule(event);
      return checkGraphId(event.data.graphId);
    case 'ScheduleBuffered':
    case 'ScheduleSkipped':
      return checkOfSchedule(event);
    case 'Unreadable':
      return refuse(event.data.problem === 'malformed-event', `cannot be read: ${event.data.explanation}`);
    case 'JobStarted':
    case 'ClaimRevoked':
      return;
  }
}

function checkResult({ result, memoized }: EventOf<'JobFinished'>['data']): void {
  checkValue(result, limits.resultBytesMax, 'its result takes');
  if (memoized !== undefined) checkJobIds(memoized);
}

function checkLimit(event: RecordedEvent & LimitEvent): void {
  if (event.type === 'LimitSet' || event.type === 'LimitRemoved') {
    checkLimitPattern(event.data.key, 'its key');
    return checkWords(event.data.reason);
  }
  refuse(limitKeyOf(event) === null, 'does not belong in this stream');
  checkJobIds(event.data);
}

function checkAnswer({ by, reason, result, failure }: EventOf<'JobAnswered'>['data']): void {
  checkBytes(utf8Bytes(by), limits.actorBytesMax, 'its by takes');
  checkValue(result, limits.resultBytesMax, 'its result takes');
  checkValue(failure, limits.failureBytesMax, 'its failure takes');
  checkWords(reason);
}

function checkOfSchedule(event: RecordedEvent): void {
  const name = scheduleNameOf(event);
  refuse(name === null, 'does not belong in this stream');
  checkScheduleName(name!);
}

function checkJobIds({ graphId, jobId }: Pick<StreamId, 'graphId'> & { readonly jobId: string }): void {
  checkGraphId(graphId);
  checkId(jobId, 'job id', limits.jobIdBytesMax);
}

function checkSubmission({ jobs, args, labels }: EventOf<'GraphSubmitted' | 'ScheduleSet'>['data']): void {
  checkLabels(labels);
  checkJobs({ jobs, args });
}

function checkJobs({ jobs, args }: Spawned): void {
  checkValue(args, limits.argsBytesMax, 'its args take');
  for (const job of jobs) checkDefinition(job);
}

function checkDefinition(job: JobDefinition): void {
  checkId(job.id, 'job id', limits.jobIdBytesMax);
  if (job.memoize !== undefined) checkMemoizeKey(job.memoize.key, job.id);
  if (job.external?.for !== undefined) checkWords(job.external.for);
  checkId(job.type, `type of job ${JSON.stringify(job.id)}`, limits.jobTypeBytesMax);
  checkValue(job.args, limits.argsBytesMax, `args of job ${JSON.stringify(job.id)} take`);
  checkValue(job, limits.jobDefinitionBytesMax, `job ${JSON.stringify(job.id)} takes`);
}

function checkWords(words: string): void {
  const { messageCharactersMax } = limits;
  refuse(words.length > messageCharactersMax, `says ${words.length} characters; the limit is ${messageCharactersMax}`);
}

function checkValue(value: Json | undefined, bytesMax: number, what: string): void {
  if (value !== undefined) checkBytes(jsonBytes(value), bytesMax, what);
}

function checkBytes(bytes: number, bytesMax: number, what: string): void {
  refuse(bytes > bytesMax, `${what} ${bytes} bytes; the limit is ${bytesMax}`);
}
