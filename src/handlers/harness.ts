import {
  assertHandler,
  type Handler,
  type HandlerStages,
  InvalidHandlerError,
  type PostProcessFunction,
  type ProcessFunction,
  type RunningJob,
  type StageName,
  stageNames,
} from './handler.js';
import { meantAmong } from '../prelude/known-names.js';

type StageFunction<Stage extends StageName> = Stage extends 'postProcess' ? PostProcessFunction : ProcessFunction;

/* eslint-disable @typescript-eslint/no-explicit-any -- a wrapper hands on what it is given, whatever it calls the types */
type GivenStage<Stage extends StageName> = Stage extends 'postProcess'
  ? (job: RunningJob<any, any>, result: any) => unknown
  : (job: RunningJob<any, any>) => unknown;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Gets a stage's function and returns the one to run instead, with the same arguments: (job) or (job, result). */
export type Wrapper<Stage extends StageName = 'process'> = (stage: GivenStage<Stage>) => StageFunction<Stage>;

/**
 * Puts a wrapper around one stage of a handler: to set something up and tear it down, to give the handler more than the job,
 * to measure, to translate errors. The wrapper is called once, here. Harnesses nest: the last one is outermost.
 *
 * An absent stage is wrapped as one that changes nothing: `preProcess` returns the job, `postProcess` the result.
 * (In Overseer an absent post-process returned the job, which changed what the handler evaluates to.)
 *
 * @throws InvalidHandlerError if the handler, the name of the stage or the wrapper is not valid
 */
export function harness<Job, Result>(
  handler: (job: Job) => Result,
  wrapper: (process: (job: Job) => Result) => (job: Job) => Result,
): { readonly process: (job: Job) => Result };
export function harness(handler: Handler, wrapper: Wrapper): HandlerStages;
export function harness<Stage extends StageName>(
  handler: Handler,
  stage: Stage,
  wrapper: Wrapper<Stage>,
): HandlerStages;
export function harness(handler: Handler, ...rest: readonly unknown[]): HandlerStages {
  const [stage, wrapper] = rest.length > 1 ? rest : ['process', rest[0]];
  if (!stageNames.some((name) => name === stage)) {
    throw new InvalidHandlerError(
      `${JSON.stringify(stage)} is not a stage of a handler; ${meantAmong(String(stage), stageNames)}`,
    );
  }
  if (typeof wrapper !== 'function') throw new InvalidHandlerError('a harness needs a function that wraps a stage');
  assertHandler(handler, 'the handler to harness');
  const stages: HandlerStages = typeof handler === 'function' ? { process: handler } : handler;
  const inner = stages[stage as StageName] ?? (stage === 'postProcess' ? unchangedResult : unchangedJob);
  const wrapped = (wrapper as (stage: unknown) => unknown)(inner);
  if (typeof wrapped !== 'function') {
    throw new InvalidHandlerError(`the wrapper of ${String(stage)} returned ${String(wrapped)}, not a function`);
  }
  return { ...stages, [stage as StageName]: wrapped };
}

const unchangedJob: ProcessFunction = (job) => job;
const unchangedResult: PostProcessFunction = (_job, result: unknown) => result;
