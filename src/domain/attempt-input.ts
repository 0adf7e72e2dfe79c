import type { Json, JsonObject } from '../prelude/json.js';
import type { Failure } from './events.js';
import { type JobNode, type JobRecord, outcomeOf } from './graph.js';
import type { JobStatus } from './job.js';

/** How a parent of a job stood when the job's attempt started. */
export interface JobParent {
  /** `blocked` if it can never run, since a job that it depends on has failed. */
  readonly status: JobStatus | 'blocked';
  /** Why it failed, if it has failed for good. */
  readonly failure: Failure | null;
  /** Why it was skipped or aborted, if it was by itself or by an operator. */
  readonly reason: string | null;
}

/** What a handler is given of its job, except what comes from the run itself. Plain data. */
export interface AttemptInput {
  readonly graphId: string;
  readonly id: string;
  readonly type: string;
  /** From 1. */
  readonly attempt: number;
  readonly args: JsonObject;
  /** The results of its parents that had finished, by their ids. */
  readonly inputs: JsonObject;
  /** How its parents had ended, by their ids. Absent in what an earlier release gathered. */
  readonly parents?: Readonly<Record<string, JobParent>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the last heartbeat of earlier attempts; null if there was none. */
  readonly details: Json;
}

/** A parent of a job, and its record when an attempt of the job started. */
export interface ParentThen {
  readonly node: JobNode;
  readonly record: JobRecord;
}

/** The parents of a job that has not been started, or whose inputs cannot change. */
export function parentsNow({ parents }: JobNode): readonly ParentThen[] {
  return parents.map((node) => ({ node, record: node.record }));
}

/** The parents of a job as they were when its last attempt started. */
export function parentsAtStart(job: JobNode): readonly ParentThen[] {
  const records = job.record.parentsAtStart;
  if (records === null) return parentsNow(job);
  // It may have got more parents since, behind these.
  return records.map((record, index) => ({ node: job.parents[index]!, record }));
}

/** Those that had finished, whose results the job is given. */
export function finishedAmong(parents: readonly ParentThen[]): readonly ParentThen[] {
  return parents.filter(({ record }) => record.state.status === 'finished');
}

/** The results of those that had finished, by their ids. */
export function inputsFrom(parents: readonly ParentThen[]): Record<string, Json> {
  return Object.fromEntries(finishedAmong(parents).map(({ node, record }) => [node.id, record.state.result]));
}

/** How they had ended, by their ids. */
export function endingsOf(parents: readonly ParentThen[]): Readonly<Record<string, JobParent>> {
  return Object.fromEntries(parents.map(({ node, record }) => [node.id, endingOf(record)]));
}

function endingOf(record: JobRecord): JobParent {
  const { status, failure, abort, skipReason } = record.state;
  const outcome = outcomeOf(record);
  return {
    status: outcome === 'open' ? status : outcome,
    failure: status === 'failed' ? failure : null,
    reason: skipReason ?? abort?.message ?? null,
  };
}
