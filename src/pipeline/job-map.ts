/**
 * The map of a pipeline's jobs, in the language of the compiler: how it is written, and what follows from it for each job.
 */
import type { DependencyRule } from '../domain/dependency-rules.js';
import type { JobSpecification } from '../domain/job-graph.js';
import type { Handlers } from '../handlers/handler.js';
import type { Flat, Jsonable, JsonForm } from './json-form.js';
import type { ResultOfHandler, SpawnedFrom } from './spawned.js';

/** A job that another depends on, by its id; `list/*` stands for `list` and all that is spawned below it. */
type Parent<Id extends string> = Id | `${Id}/*`;

/** The same, where it may be said that the parent is optional. */
interface OptionalParent<Id extends string> {
  readonly job: Parent<Id>;
  readonly optional?: boolean;
}

/** One job of a pipeline with all that can be said of it. */
export interface PipelineJob<Id extends string = string> extends Omit<JobSpecification, 'type' | 'after'> {
  /** Names its handler. The job's id, unless given. */
  readonly type?: string;
  /** The jobs it depends on. */
  readonly after?: readonly (Parent<Id> | OptionalParent<Id>)[] | null;
  /** The handlers of the jobs that it spawns, and that these spawn in turn, by their types. */
  readonly spawns?: Handlers;
}

/** The jobs of a pipeline by their ids: those each depends on, or that and more. */
export type PipelineJobs<Id extends string> = {
  readonly [Job in Id]: readonly Parent<Id>[] | PipelineJob<Id>;
};

/** What a compiler says of an option that does not exist. */
interface NoSuchOption<Name> {
  readonly 'there is no option': Name;
}

/** Options that themselves have options. */
interface Inner {
  readonly retry: NonNullable<PipelineJob['retry']>;
  readonly memoize: NonNullable<PipelineJob['memoize']>;
  readonly external: Exclude<PipelineJob['external'], boolean | undefined>;
}

/** An object of options as it is, but for names that do not exist. */
type OnlyOptions<Given, Known> = Given extends object
  ? { readonly [Name in Exclude<keyof Given, keyof Known>]: NoSuchOption<Name> }
  : unknown;

/** The same for a list of parents. */
type CheckedParents<Parents> = {
  readonly [Index in keyof Parents]: OnlyOptions<Parents[Index], OptionalParent<string>>;
};

/** What a compiler takes no notice of by itself: options that do not exist, and args that JSON cannot hold. */
type CheckedJob<Job> = Job extends readonly unknown[]
  ? unknown
  : OnlyOptions<Job, PipelineJob> & {
      readonly [Name in keyof Job & keyof Inner]: OnlyOptions<Job[Name], Inner[Name]>;
    } & { readonly [Name in keyof Job & 'args']: Jsonable<Job[Name]> } & {
      readonly [Name in keyof Job & 'after']: CheckedParents<Job[Name]>;
    };

/** The options of a job, for editors to offer. */
type OfferedOptions<Job> = Job extends readonly unknown[]
  ? unknown
  : Omit<PipelineJob, 'after' | 'spawns' | 'args'> & { readonly [Name in 'spawns' | 'args']?: unknown };

/** A map of jobs in which every name exists. */
export type CheckedJobs<Jobs> = { readonly [Id in keyof Jobs]: CheckedJob<Jobs[Id]> & OfferedOptions<Jobs[Id]> };

/** The ids of the jobs. */
export type IdIn<Jobs> = keyof Jobs & string;

/** The type of a job: its id, unless another is given. */
export type TypeOf<Jobs, Id extends IdIn<Jobs>> = Jobs[Id] extends { readonly type: infer Type extends string }
  ? Type
  : Id;

/** The ids of the jobs of a type. */
export type IdOfType<Jobs, Type> = {
  [Id in IdIn<Jobs>]: TypeOf<Jobs, Id> extends Type ? Id : never;
}[IdIn<Jobs>];

/** The ids of the jobs that somebody outside answers. */
export type ExternalId<Jobs> = {
  [Id in IdIn<Jobs>]: Jobs[Id] extends { readonly external: true | object } ? Id : never;
}[IdIn<Jobs>];

/** The types that need a handler: those of all jobs that workers run. */
export type RunType<Jobs> = {
  [Id in IdIn<Jobs>]: Jobs[Id] extends { readonly external: true | object } ? never : TypeOf<Jobs, Id>;
}[IdIn<Jobs>];

/** The types that are spawned. */
export type SpawnedType<Jobs> = {
  [Id in IdIn<Jobs>]: Jobs[Id] extends { readonly spawns: infer Spawns } ? keyof Spawns & string : never;
}[IdIn<Jobs>];

/** The handler of a type that is spawned. */
type SpawnedHandler<Jobs, Type> = {
  [Id in IdIn<Jobs>]: Jobs[Id] extends { readonly spawns: infer Spawns } ? Spawns[Type & keyof Spawns] : never;
}[IdIn<Jobs>];

/** What the jobs return that are spawned, by type: their handlers are known from the start. */
export type SpawnedResults<Jobs> = Flat<{
  readonly [Type in SpawnedType<Jobs>]: JsonForm<ResultOfHandler<SpawnedHandler<Jobs, Type>>>;
}>;

/** The args of a job: those of the graph, with its own over them. */
export type ArgsOf<Args, Job> = Job extends { readonly args: infer Own extends object }
  ? Flat<Omit<Args, keyof Own> & JsonForm<Own>>
  : Args;

/** What a job may spawn. */
export type SpawnedBy<Args, Job, Id> = Job extends { readonly spawns: infer Spawns }
  ? SpawnedFrom<Spawns, ArgsOf<Args, Job>>
  : Readonly<Record<string, SpawnsNothing<Id>>>;

/** What a compiler says of a job that spawns, and has not said so. */
interface SpawnsNothing<Id> extends JobSpecification {
  readonly 'there are no spawns in the description of job': Id;
}

/** What a job has named as its parents. */
type Named<Job> = Job extends readonly (infer Item)[]
  ? Item
  : Job extends { readonly after: readonly (infer Item)[] }
    ? Item
    : never;

/** The name in what is named as a parent. */
type NameIn<Item> = Item extends { readonly job: infer Name } ? Name : Item;

/** Those that are named, but not as optional. */
type NeededItem<Item> = Item extends { readonly optional: infer IsOptional }
  ? IsOptional extends false
    ? Item
    : never
  : Item;

/** The job that a name means: an id that ends in `/*` means that job. */
type ParentNamed<Name, Id> = Name extends Id ? Name : Name extends `${infer Spawner}/*` ? Spawner & Id : never;

/** The jobs of whose spawned jobs a name means all. */
type SpawnerNamed<Name, Id> = Name extends Id ? never : Name extends `${infer Spawner}/*` ? Spawner & Id : never;

/** Whether a job runs only when all its parents have finished. */
type NeedsAll<Job> = Job extends { readonly when: infer Rule extends DependencyRule }
  ? [Rule] extends ['all-finished']
    ? true
    : false
  : true;

/** The parents of a job. */
export type ParentOf<Jobs, Id extends IdIn<Jobs>> = ParentNamed<NameIn<Named<Jobs[Id]>>, IdIn<Jobs>>;

/** The parents of a job that have finished whenever it runs. */
type NeededParent<Jobs, Id extends IdIn<Jobs>> =
  NeedsAll<Jobs[Id]> extends true ? ParentNamed<NameIn<NeededItem<Named<Jobs[Id]>>>, IdIn<Jobs>> : never;

/** The jobs of whose spawned jobs it waits for all. */
export type SpawnerAwaited<Jobs, Id extends IdIn<Jobs>> = SpawnerNamed<NameIn<Named<Jobs[Id]>>, IdIn<Jobs>>;

/** What a compiler says of the result of a job whose handler is not given yet. */
interface NotHandledYet<Id> {
  readonly 'give the handler of this job before the one that uses its result': Id;
}

/** What a job returns: of one that is answered from outside, nothing is known unless it is said. */
type ResultOf<Jobs, Results, Id extends IdIn<Jobs>> =
  TypeOf<Jobs, Id> extends infer Type extends keyof Results
    ? Results[Type]
    : Id extends ExternalId<Jobs>
      ? unknown
      : NotHandledYet<Id>;

/** What the jobs return that are spawned below a job. */
export type SpawnedResult<Jobs, Results, Id extends IdIn<Jobs>> = Jobs[Id] extends { readonly spawns: infer Spawns }
  ? Results[keyof Spawns & keyof Results]
  : never;

/** What a job is given of its parents: by their ids, and of those that may not have finished if they have. */
export type InputsOf<Jobs, Results, Id extends IdIn<Jobs>> = Flat<
  { [Parent in NeededParent<Jobs, Id>]: ResultOf<Jobs, Results, Parent> } & {
    [Parent in Exclude<ParentOf<Jobs, Id>, NeededParent<Jobs, Id>>]?: ResultOf<Jobs, Results, Parent>;
  } & {
    [Parent in SpawnerAwaited<Jobs, Id> as `${Parent}/${string}`]: SpawnedResult<Jobs, Results, Parent>;
  }
>;
