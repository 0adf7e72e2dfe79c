/** A pipeline as the compiler sees it: a graph whose jobs, handlers, args and results fit each other. */
import type { JobParent } from '../domain/attempt-input.js';
import type { GraphOptions, JobGraph } from '../domain/job-graph.js';
import type { Handler, RunningJob } from '../handlers/handler.js';
import type {
  ArgsOf,
  CheckedJobs,
  ExternalId,
  IdIn,
  IdOfType,
  InputsOf,
  ParentOf,
  PipelineJobs,
  RunType,
  SpawnedBy,
  SpawnedResults,
  SpawnedType,
  SpawnerAwaited,
  TypeOf,
} from './job-map.js';
import type { Jsonable, JsonForm } from './json-form.js';

/** What tells a pipeline from other values: each job's type, by its id. Of every copy of this library. */
export const ofPipeline = Symbol.for('overseer.pipeline');

/** A job of a pipeline as its handler sees it: {@link RunningJob}, of which args, inputs, parents and spawn are known. */
export interface PipelineRun<Id extends IdIn<Jobs>, Jobs, Results, Args> extends RunningJob<
  ArgsOf<Args, Jobs[Id]>,
  InputsOf<Jobs, Results, Id>,
  SpawnedBy<Args, Jobs[Id], Id>
> {
  readonly id: Id;
  readonly type: TypeOf<Jobs, Id>;
  readonly parents: { readonly [Parent in ParentOf<Jobs, Id>]: JobParent } & {
    readonly [Parent in SpawnerAwaited<Jobs, Id> as `${Parent}/${string}`]: JobParent;
  };
}

/** The job that the handler of a type is given: one of several, if several jobs are of that type. */
type RunOfType<Jobs, Results, Args, Type> =
  IdOfType<Jobs, Type> extends infer Id
    ? Id extends IdIn<Jobs>
      ? PipelineRun<Id, Jobs, Results, Args>
      : never
    : never;

/** What may be returned for a result: the result or a promise of it, which JSON can hold. */
type Returned<Result> = (Result & Jsonable<Result>) | Promise<Result & Jsonable<Result>>;

/** The handler of a type, as a function or in stages, as `Handler` is. What its last stage returns is the result. */
export type PipelineHandler<Run, Processed, Result> =
  ((job: Run) => Returned<Result>) | LongStages<Run, Processed, Result> | ShortStages<Run, Result>;

/** A handler in stages whose result is what the last of them returns. */
interface LongStages<Run, Processed, Result> {
  readonly preProcess?: (job: Run) => unknown;
  readonly process: (job: Run) => Processed | Promise<Processed>;
  readonly postProcess: (job: Run, result: Processed) => Returned<Result>;
}

/** A handler in stages whose result is what `process` returns. */
interface ShortStages<Run, Result> {
  readonly preProcess?: (job: Run) => unknown;
  readonly process: (job: Run) => Returned<NoInfer<Result>>;
  readonly postProcess?: never;
}

/** The types that have no handler yet. */
type Missing<Jobs, Results> = Exclude<RunType<Jobs>, keyof Results>;

/** What a compiler says of the handlers of a pipeline while some are missing. */
interface NoHandlerFor<Types> {
  readonly 'there is no handler for': Types;
}

/** What a compiler says of an answer to a job that is none, or that workers run. */
interface NotExternal<Id> {
  readonly 'there is no job that is answered from outside, called': Id;
}

/** The args that a graph is made with, which may be left out if none is needed; and its options. */
export type GraphParameters<Given> = keyof Given extends never
  ? [args?: Readonly<Record<string, never>>, options?: GraphOptions]
  : object extends Given
    ? [args?: Given, options?: GraphOptions]
    : [args: Given, options?: GraphOptions];

/**
 * A graph and its handlers, whose types fit each other: made by `pipeline`. It is never changed: `handle` and `answers`
 * return another one.
 *
 * @typeParam Jobs the map of its jobs
 * @typeParam Results what the jobs return that have a handler, by their types, as JSON gives it back
 * @typeParam Args the args of the graph as handlers see them
 * @typeParam Given the args as they are given
 */
export interface Pipeline<Jobs, Results, Args, Given> {
  /** @internal */
  readonly [ofPipeline]: Readonly<Record<string, string>>;

  /**
   * Gives the handler of a type, which is a job's id unless the map says otherwise. It comes after the handlers of the jobs
   * whose results it uses.
   *
   * @throws InvalidHandlerError if it is no handler, or there is no such type, or it has a handler already
   */
  handle<Type extends Missing<Jobs, Results>, Processed, Result = Processed>(
    type: Type,
    handler: PipelineHandler<RunOfType<Jobs, Results, Args, Type>, Processed, Result>,
  ): Pipeline<Jobs, Results & { readonly [Name in Type]: JsonForm<Result> }, Args, Given>;

  /**
   * Says what the jobs return that somebody outside answers, by their ids; whoever answers is taken at their word. Nothing
   * happens at run time.
   *
   * @typeParam Answers `{ approve: { ok: boolean } }`
   */
  answers<
    Answers extends { readonly [Id in keyof Answers]: Id extends ExternalId<Jobs> ? unknown : NotExternal<Id> },
  >(): Pipeline<
    Jobs,
    Results & { readonly [Id in keyof Answers & IdIn<Jobs> as TypeOf<Jobs, Id>]: JsonForm<Answers[Id]> },
    Args,
    Given
  >;

  /**
   * All handlers, for `start`, `runGraph` and the command line.
   *
   * @throws MissingHandlersError while a handler is missing; the compiler says so too
   */
  readonly handlers: [Missing<Jobs, Results>] extends [never]
    ? Readonly<Record<RunType<Jobs> | SpawnedType<Jobs>, Handler>>
    : NoHandlerFor<Missing<Jobs, Results>>;

  /**
   * A graph of these jobs, to be submitted.
   *
   * @param args of the graph; if the pipeline has a schema, they are checked, and stored as it gives them back
   * @param options as those of `jobGraph`
   * @throws InvalidGraphError for args that do not fit the schema, that JSON cannot hold, and the like
   */
  readonly graph: (...given: GraphParameters<Given>) => JobGraph;
}

/** Takes the map of a pipeline's jobs. */
export type DescribeJobs<Args, Given> = <const Jobs extends PipelineJobs<keyof Jobs & string>>(
  jobs: Jobs & CheckedJobs<Jobs>,
) => Pipeline<Jobs, SpawnedResults<Jobs>, Args, Given>;

/** The job that a handler of a pipeline is given, for one that is written elsewhere: `JobOf<typeof nightly, 'report'>`. */
export type JobOf<Of, Type extends string> =
  Of extends Pipeline<infer Jobs, infer Results, infer Args, infer _> ? RunOfType<Jobs, Results, Args, Type> : never;
