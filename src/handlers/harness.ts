import {
  assertHandler,
  type Handler,
  type HandlerStages,
  InvalidHandlerError,
  type PostProcessFunction,
  type ProcessFunction,
  type StageName,
  stageNames,
} from './handler.js';

type StageFunction<Stage extends StageName> = Stage extends 'postProcess' ? PostProcessFunction : ProcessFunction;

/** Given a stage's function, returns the one to run in its place: with the same arguments, (job) or (job, result). */
export type Wrapper<Stage extends StageName = 'process'> = (stage: StageFunction<Stage>) => StageFunction<Stage>;

/**
 * A handler with a wrapper around one of its stages: to set something up and take it down, to hand the handler more than
 * the job, to measure, to translate errors. The wrapper is called once, here. Harnesses nest: the last put on is outermost.
 *
 * A stage that is absent is wrapped as one that changes nothing: `preProcess` returns the job, `postProcess` the result.
 * (In Overseer an absent post-process returned the job, which changed what the handler evaluates to.)
 *
 * @throws InvalidHandlerError for a handler, a stage's name or a wrapper that is none
 */
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
      `${JSON.stringify(stage)} is no stage of a handler; stages are ${stageNames.join(', ')}`,
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
