/**
 * Overseer: runs graphs of dependent jobs on any number of equal workers, with no master. Every change of state is an
 * event in an append-only log; everything else is computed from it.
 *
 * The exports stand in the order of the guide.
 *
 * @packageDocumentation
 */

// ---- A store: where the log is (guide: Installing)
export { install, Store, store, type StoreOptions } from './store/store.js';
export { type Environment, systemEnvironment } from './store/environment.js';
export { type LogAddress } from './log/open-log.js';

// ---- Workers (guide: Starting a worker, Configuration)
export { start } from './worker/start.js';
export type { Worker, WorkerOptions, WorkerStatistics } from './worker/worker.js';
export { type Logger } from './worker/logger.js';
export { type ErrorReporter } from './worker/reporter.js';
export { type ProcessesOptions, startProcesses, type WorkerProcesses } from './supervisor/start-processes.js';

// ---- Graphs (guide: Graphs and handlers, Inserting jobs)
export { jobGraph, simpleGraph, validateGraphHandlers } from './store/define.js';
export { type Submission, transactGraph } from './store/submit.js';
export { type DependencyRule } from './domain/dependency-rules.js';
export {
  type Dependency,
  type FullGraph,
  type GraphOptions,
  type Job,
  type JobArgs,
  type GraphTimes,
  type JobGraph,
  type JobSpecification,
  type SpawnedJobs,
  type SimpleJob,
  type TypeGraph,
} from './domain/job-graph.js';
export { type RetryPolicy } from './domain/events.js';
export { type Memoize } from './domain/memoize.js';
export { type External } from './domain/external.js';

// ---- Pipelines (guide: Typed pipelines)
export { pipeline, type PipelineOptions } from './pipeline/pipeline.js';
export type {
  DescribeJobs,
  GraphParameters,
  JobOf,
  Pipeline,
  PipelineHandler,
  PipelineRun,
} from './pipeline/typed-pipeline.js';
export type { PipelineJob, PipelineJobs } from './pipeline/job-map.js';
export type { JsonForm } from './pipeline/json-form.js';
export type { ArgsCodec, ArgsSchema, StandardIssue, StandardResult, StandardSchema } from './pipeline/args-schema.js';
export type { PipelineInfo, PipelineJobInfo } from './pipeline/pipeline-info.js';

// ---- Handlers (guide: Handler lifecycle, Harnesses, Errors and statuses, Heartbeats)
export {
  type Handler,
  type Handlers,
  type HandlerStages,
  type PostProcessFunction,
  type ProcessFunction,
  type RunningJob,
  type StageName,
} from './handlers/handler.js';
export { harness, type Wrapper } from './handlers/harness.js';
export { type JobParent } from './domain/attempt-input.js';
export {
  abort,
  Abort,
  abortSilent,
  defer,
  Defer,
  type DeferOptions,
  fault,
  Fault,
  skip,
  Skip,
} from './handlers/signals.js';

// ---- Errors (reference: Errors)
export type { ErrorCode, LogErrorCode } from './prelude/error-codes.js';
export { OverseerError } from './prelude/errors.js';
export { LogError } from './log/event-log.js';
export { RejectedError } from './store/or-throw.js';
export { InvalidGraphError, MissingHandlersError } from './store/define.js';
export { GraphConflictError } from './store/submit.js';
export { InvalidHandlerError } from './handlers/handler.js';
export { InvalidResultError } from './handlers/output.js';
export { InvalidSpawnError } from './handlers/spawning.js';
export { ConfigurationError } from './config/configuration.js';
export { LeaseLostError } from './worker/claimed-job.js';
export { JobTimeoutError } from './worker/execute.js';

// ---- What runs, and what ran (guide: Monitoring)
export type { GraphInfo, GraphSummary, JobDetails, JobExpiry, JobInfo } from './domain/graph-info.js';
export { type AsOf, graphInfo, jobInfo } from './store/graph-info.js';
export { type DerivedStatus, type GraphStatus } from './domain/graph.js';
export { type JobStatus } from './domain/job.js';
export { graphs, type GraphsRequest, type JobRef, jobsReady, jobsUnstarted, jobsWithStatus } from './store/listings.js';
export type { GraphsPage } from './domain/listed.js';
export { jobs, type JobsPage, type JobsRequest } from './store/jobs.js';
export type { HeldJob, WorkerInfo, WorkersPage } from './domain/listed.js';
export { workers, type WorkersRequest } from './store/workers.js';
export type { Page } from './domain/listed.js';
export type { PageRequest } from './store/pages.js';
export type { UnreadableGraph } from './domain/listed.js';
export { queueDepths } from './store/queue-depths.js';
export type { QueueDepth } from './domain/listed.js';
export { history, type HistoryRequest, type WaitOptions } from './store/event-history.js';
export { waitForGraph } from './pipeline/wait-for-graph.js';
export {
  type CarriedResult,
  type Failure,
  type FaultCause,
  type ForkedFrom,
  type Position,
  type RecordedEvent,
  type WorkerIdentity,
} from './domain/events.js';
export { type MemoizedFrom } from './domain/memoize.js';

// ---- Intervening (guide: Monitoring)
export { abortGraph, abortJob, retryGraph, retryJob } from './store/operate.js';
export { failJob, type FailJobOptions, finishJob } from './store/answer.js';
export { type JobAnswer } from './domain/external.js';
export {
  abortMatching,
  type MatchingOptions,
  type MatchingOutcome,
  retryMatching,
  type Selection,
} from './store/operate-matching.js';
export { type Reason } from './store/reason.js';
export { pause, pauses, type PauseTarget, resume } from './store/pause.js';
export { type Pause } from './domain/pauses.js';
export { type Intervention } from './domain/graph.js';

// ---- Schedules (guide: Schedules)
export { type ScheduleSpecification, setSchedule } from './store/set-schedule.js';
export {
  type Backfill,
  backfillSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  triggerSchedule,
} from './store/operate-schedule.js';
export {
  type LastRun,
  schedule,
  type ScheduleDecision,
  type ScheduleDetails,
  type ScheduleInfo,
  type ScheduleRequest,
  schedules,
} from './store/schedules.js';
export { type Overlap } from './domain/overlap.js';

// ---- Limits (guide: Limits)
export { limit, type LimitInfo, limits, type LimitSpecification, removeLimit, setLimit } from './store/limits.js';
export { type LimitMeasure, type LimitSetting } from './domain/limit-settings.js';
export { type Place, type PlaceOwner } from './domain/limit-places.js';
export { type GivenLimit, type JobLimit } from './domain/job-limit.js';

// ---- Explaining (guide: Looking back)
export { explainGraph, explainJob } from './history/explain/explain.js';
export type {
  AbortCause,
  EventBrief,
  GraphExplanation,
  JobExplanation,
  WorkerSeen,
} from './history/explain/explanation.js';
export type { JobBrief } from './history/explain/job-briefs.js';
export type { LimitWait } from './history/explain/limit-waits.js';

// ---- Time travel (guide: Looking back)
export { resolveLogMoment, resolveMoment } from './history/moments/moment.js';
export { GraphHistory, type GraphView, type JobPatch } from './history/moments/graph-history.js';
export { graphHistory } from './history/moments/read-history.js';
export type { ChangedJob, GraphDiff, GraphSide, JobChange } from './history/moments/compare.js';
export { diff, type DiffSide } from './history/moments/diff.js';
export { applyPatch, type Patch, type PatchOperation } from './prelude/json-patch.js';
export { bisect, bisectLog, type BisectRequest } from './history/bisect/bisect.js';
export type { Bisection, Where } from './history/bisect/question.js';
export { type LogView } from './history/bisect/log-view.js';

// ---- Timelines (guide: Timelines and pictures)
export { timeline } from './history/timeline/timeline.js';
export { timelineByType, type TypeTimeline } from './history/timeline/by-type.js';
export type { AttemptEnding, GraphTimeline, JobTimeline, Span, SpanKind } from './history/timeline/spans.js';

// ---- Estimates (guide: Timelines and pictures)
export { type EstimateRequest, estimateTimeLeft } from './history/estimate/estimate.js';
export type { NoEstimate, TimeLeft } from './history/estimate/remaining.js';

// ---- Forks (guide: Forking a graph)
export { type Fork, forkGraph, type ForkRequest } from './history/fork/fork.js';
export type { ForkedCarry, ForkedDrop, ForkedRun, ForkReason } from './history/fork/plan.js';

// ---- Projections of your own (guide: Projections of your own)
export {
  defineProjection,
  type Projection,
  type ProjectionDefinition,
  type ProjectionRecipe,
} from './history/projections/projection.js';
export {
  project,
  type ProjectionChange,
  type Projected,
  projected,
  type ProjectOptions,
} from './history/projections/project.js';

// ---- Replays (guide: Replaying a job)
export { recordedAttempt, type Replay, replayAttempt, type ReplayVerdict } from './history/replay/replay.js';
export type { RecordedAttempt, RecordedOutcome } from './history/replay/recorded-attempt.js';
export type { HandlerBeat, HandlerOutcome, RerunOptions } from './handlers/rerun.js';

// ---- What if (guide: What if)
export {
  type ComparedProjections,
  compareProjections,
  type CompareRequest,
  whatIf,
  type WhatIfRequest,
} from './history/what-if/what-if.js';
export type {
  Divergence,
  SupposedJob,
  SupposedPolicy,
  SupposedStatus,
  Supposition,
} from './history/what-if/supposition.js';

// ---- Evidence (guide: Audit, Export and import)
export {
  auditCheck,
  auditConsistent,
  auditHead,
  type AuditOptions,
  auditProve,
  type CheckedProof,
  type Consistency,
  type ConsistencyProof,
  type InclusionProof,
  type ProveOptions,
  readTreeHead,
  type TreeHead,
} from './history/audit/audit.js';
export { verify, type VerifyOptions, type VerifyProgress } from './history/verify/verify.js';
export type { Verification } from './history/verify/verification.js';
export type { Problem } from './history/verify/invariants.js';
export { exportLog, type ExportOptions, type ExportProgress } from './history/export/export.js';
export { type Import, importLog, type ImportOptions, type ImportProgress } from './history/export/import.js';

// ---- The web UI (guide: The web UI)
export { exportIncident, type IncidentOptions } from './web/server/incident-file.js';
export { webHandler, type WebHandler } from './web/server/web-handler.js';
export { type WebOptions } from './web/server/web-options.js';

// ---- Archives (guide: Archiving)
export {
  archiveGraphs,
  type ArchiveOptions,
  type ArchiveProgress,
  type ArchiveReport,
} from './store/archive-graphs.js';
export { type Moved } from './log/event-log.js';
export { type Duration } from './prelude/duration.js';

// ---- Projections in an EventStoreDB server (guide: Running on EventStoreDB)
export {
  applyServerProjections,
  planServerProjections,
  removeServerProjections,
  serverProjectionStatus,
} from './store/server-projections.js';
export type {
  AppliedServerProjection,
  PlannedServerProjection,
  RemovedServerProjection,
  ServerProjection,
  ServerProjectionReport,
  ServerProjectionStanding,
  ServerProjectionState,
} from './log/server-projections.js';

// ---- Names that release 0.1.0 had for these.
export {
  /** @deprecated Use `applyServerProjections`. */
  applyServerProjections as applyProjections,
  /** @deprecated Use `planServerProjections`. */
  planServerProjections as planProjections,
  /** @deprecated Use `serverProjectionStatus`. */
  serverProjectionStatus as projectionStatus,
  /** @deprecated Use `removeServerProjections`. */
  removeServerProjections as removeProjections,
} from './store/server-projections.js';
export type {
  /** @deprecated Use `AppliedServerProjection`. */
  AppliedServerProjection as AppliedProjection,
  /** @deprecated Use `PlannedServerProjection`. */
  PlannedServerProjection as PlannedProjection,
  /** @deprecated Use `ServerProjectionReport`. */
  ServerProjectionReport as ProjectionReport,
  /** @deprecated Use `ServerProjectionStanding`. */
  ServerProjectionStanding as ProjectionStanding,
  /** @deprecated Use `ServerProjectionState`. */
  ServerProjectionState as ProjectionState,
  /** @deprecated Use `RemovedServerProjection`. */
  RemovedServerProjection as RemovedProjection,
} from './log/server-projections.js';
