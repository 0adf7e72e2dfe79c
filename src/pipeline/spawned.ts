/** Jobs that are spawned, in the language of the compiler: what is known of them from the handlers of their types. */
import type { JobArgs, JobSpecification } from '../domain/job-graph.js';
import type { Flat } from './json-form.js';

/** What a handler returns, be it a function or stages. */
export type ResultOfHandler<Given> = Given extends (...args: never) => infer Result
  ? Awaited<Result>
  : Given extends { readonly postProcess: (...args: never) => infer Result }
    ? Awaited<Result>
    : Given extends { readonly process: (...args: never) => infer Result }
      ? Awaited<Result>
      : never;

/** The args that a handler says it takes. */
type ArgsOfHandler<Given> = Given extends (job: infer Job) => unknown
  ? ArgsIn<Job>
  : Given extends { readonly process: (job: infer Job) => unknown }
    ? ArgsIn<Job>
    : unknown;

type ArgsIn<Job> = Job extends { readonly args: infer Args } ? Args : unknown;

/** The names of args that a spawned job has from its spawner, if it is given no others. */
type Inherited<Args, FromSpawner> = {
  [Name in keyof Args & keyof FromSpawner]: FromSpawner[Name] extends Args[Name] ? Name : never;
}[keyof Args & keyof FromSpawner];

/** The args that a job is spawned with: all that its handler takes; those of its spawner may be left out. */
type SpawnedArgs<Args, FromSpawner> = Flat<
  Omit<Args, Inherited<Args, FromSpawner>> & Partial<Pick<Args, Inherited<Args, FromSpawner>>>
>;

/** The field for the args of a spawned job. It may be left out where none is needed. */
type ArgsField<Args, FromSpawner> = unknown extends Args
  ? { readonly args?: JobArgs | null }
  : string extends keyof Args
    ? { readonly args?: JobArgs | null }
    : object extends SpawnedArgs<Args, FromSpawner>
      ? { readonly args?: SpawnedArgs<Args, FromSpawner> | null }
      : { readonly args: SpawnedArgs<Args, FromSpawner> };

/** Jobs by their names, of types that a job is declared to spawn, with the args that the handlers of these take. */
export type SpawnedFrom<Spawns, FromSpawner> = Readonly<
  Record<
    string,
    {
      [Type in keyof Spawns & string]: Omit<JobSpecification, 'type' | 'args'> & { readonly type: Type } & ArgsField<
          ArgsOfHandler<Spawns[Type]>,
          FromSpawner
        >;
    }[keyof Spawns & string]
  >
>;
