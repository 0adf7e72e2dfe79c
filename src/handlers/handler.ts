import type { JobParent } from '../domain/attempt-input.js';
import type { Json, JsonObject } from '../prelude/json.js';
import type { SpawnedJobs } from '../domain/job-graph.js';
import { OverseerError } from '../prelude/errors.js';
import { isPlainObject } from '../prelude/json.js';
import { meantAmong, shownName } from '../prelude/known-names.js';

/**
 * The job as its handler sees it. A handler whose author knows what it is given says so, and it is taken at its word:
 * `(job: RunningJob<{ page: number }, { fetch: Row[] }>) => …`. Otherwise args are JSON of any kind, and inputs `any`.
 *
 * @typeParam Args the args of the job, by a type alias or an interface
 * @typeParam Inputs what its parents return, by their ids
 * @typeParam Spawned the jobs that it may spawn, by their names
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the handler's author knows what the parents return
export interface RunningJob<Args = JsonObject, Inputs = Readonly<Record<string, any>>, Spawned = SpawnedJobs> {
  readonly graphId: string;
  /** Unique within its graph. */
  readonly id: string;
  readonly type: string;
  readonly status: 'started';
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly args: Args;
  /** What the job's parents returned, by their ids; of those that have finished, which by the usual rule all have. */
  readonly inputs: Inputs;
  /** How the job's parents had ended when this attempt started, by their ids: for a job that may run though not all finished. */
  readonly parents: Readonly<Record<string, JobParent>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Details of the last heartbeat of an earlier attempt, to continue from; null if there are none. */
  readonly details: Json;
  /**
   * Aborts when the outcome of this attempt will not be recorded: its lease is lost, it or its graph was aborted, it
   * took longer than its `timeoutMs`, or the worker stops. `signal.reason` says which.
   */
  readonly signal: AbortSignal;
  /**
   * Records that the attempt is alive, what it has done so far and its progress (0 to 1). Heartbeats are also sent
   * automatically; call this to pass `details` on to the next attempt. Resolves when it is in the log; rejects with code
   * `lease-lost` when the job no longer belongs to this attempt.
   */
  readonly heartbeat: (details?: unknown, progress?: number) => Promise<void>;
  /**
   * Adds jobs to the graph, below this one: `job.spawn({ 'page-1': { type: 'page', args: { page: 1 } } })`. Their ids are
   * `<id of this job>/<name>`. They exist from the moment at which this attempt finishes, all of them, and never if it does
   * not. Each depends on this job, unless it names others in `after`: those that are spawned with it or before it, by their
   * names. Its args are put over those of this job. A job that depends on `<id of this job>/*` waits for all of them.
   *
   * @returns the ids of the jobs, in the order in which they are given
   * @throws InvalidSpawnError, and then nothing is added by the call
   */
  // Written as a method, so that a handler which does not say what it spawns fits where that is said.
  spawn(this: void, jobs: Spawned): readonly string[];
}

/* eslint-disable @typescript-eslint/no-explicit-any -- only the handler's author knows what goes in, and what process returns */

/**
 * A function that says itself which args and inputs it takes. It has two signatures, one of them generic, for the
 * compiler's sake: of a type like that it takes no types for a function that says nothing, and looks at the other
 * half of the unions below.
 */
interface TypedProcess {
  <_ extends never>(job: RunningJob<any, any>): unknown;
  (job: RunningJob<any, any>): unknown;
}

interface TypedPostProcess {
  <_ extends never>(job: RunningJob<any, any>, result: any): unknown;
  (job: RunningJob<any, any>, result: any): unknown;
}

export type ProcessFunction = ((job: RunningJob) => unknown) | TypedProcess;
export type PostProcessFunction = ((job: RunningJob, result: any) => unknown) | TypedPostProcess;

/* eslint-enable @typescript-eslint/no-explicit-any */

/** A handler in up to three stages. Its result is what the last of them returns. */
export interface HandlerStages {
  /** Runs first; what it returns is ignored. */
  readonly preProcess?: ProcessFunction;
  readonly process: ProcessFunction;
  /** Runs last, on what `process` returned. */
  readonly postProcess?: PostProcessFunction;
}

/** What runs the jobs of one type: a function, or stages. What it returns, or resolves to, is the job's result. */
export type Handler = ProcessFunction | HandlerStages;

/** Handlers by job type. */
export type Handlers = Readonly<Record<string, Handler>>;

export const stageNames = ['preProcess', 'process', 'postProcess'] as const;
export type StageName = (typeof stageNames)[number];

/** The value given is not a handler. */
export class InvalidHandlerError extends OverseerError {
  override readonly name = 'InvalidHandlerError';
  declare readonly code: 'handler-invalid';
  constructor(message: string) {
    super('handler-invalid', message);
  }
}

/** Throws if a value is not a handler, and says what is wrong with it. */
export function assertHandler(handler: unknown, whose: string): asserts handler is Handler {
  if (typeof handler === 'function') return;
  if (!isPlainObject(handler)) {
    throw new InvalidHandlerError(
      `${whose} is ${handler === null ? 'null' : `a ${typeof handler}`}; a handler is a function or { preProcess, process, postProcess }`,
    );
  }
  for (const [key, stage] of Object.entries(handler)) {
    if (!stageNames.some((name) => name === key)) {
      throw new InvalidHandlerError(`${whose} has an unknown stage ${shownName(key)}; ${meantAmong(key, stageNames)}`);
    }
    if (typeof stage !== 'function') throw new InvalidHandlerError(`stage ${key} of ${whose} is not a function`);
  }
  if (handler.process === undefined)
    throw new InvalidHandlerError(`${whose} has no process stage, which every handler needs`);
}

/** Runs a handler's stages in order. A stage that throws ends the run; the later ones are skipped. */
export async function invokeHandler(handler: Handler, job: RunningJob): Promise<unknown> {
  assertHandler(handler, `the handler of type ${JSON.stringify(job.type)}`);
  if (typeof handler === 'function') return await handler(job);
  await handler.preProcess?.(job);
  const result: unknown = await handler.process(job);
  return handler.postProcess === undefined ? result : await handler.postProcess(job, result);
}
