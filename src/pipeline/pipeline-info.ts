import type { GraphInfo, JobInfo } from '../domain/graph-info.js';
import type { JobStatus } from '../domain/job.js';
import type { ExternalId, IdIn, SpawnedResult, TypeOf } from './job-map.js';

/** The state of a job whose result is of a known type. It has one if it has finished, and not otherwise. */
export type PipelineJobInfo<Result, Id extends string = string> = Omit<JobInfo, 'id' | 'status' | 'result'> & {
  readonly id: Id;
} & (
    | { readonly status: 'finished'; readonly result: Result }
    | { readonly status: Exclude<JobStatus, 'finished'>; readonly result: null }
  );

/** What a job returns, if its handler is given. */
type KnownResult<Jobs, Results, Id extends IdIn<Jobs>> =
  TypeOf<Jobs, Id> extends infer Type extends keyof Results ? Results[Type] : unknown;

/** The jobs that declare to spawn others. */
type SpawnerId<Jobs> = {
  [Id in Exclude<IdIn<Jobs>, ExternalId<Jobs>>]: Jobs[Id] extends { readonly spawns: object } ? Id : never;
}[Exclude<IdIn<Jobs>, ExternalId<Jobs>>];

/** A graph that was made from a pipeline, and all its jobs. */
export interface PipelineInfo<Jobs, Results> extends Omit<GraphInfo, 'jobs'> {
  readonly jobs: {
    readonly [Id in IdIn<Jobs>]: PipelineJobInfo<KnownResult<Jobs, Results, Id>, Id>;
  } & {
    readonly [Id in SpawnerId<Jobs> as `${Id}/${string}`]:
      PipelineJobInfo<SpawnedResult<Jobs, Results, Id>, `${Id}/${string}`> | undefined;
  };
}
