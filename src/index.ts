/**
 * Overseer: runs graphs of dependent jobs on any number of equal workers, with no master. Every change of state is an
 * event in an append-only log; everything else is computed from it.
 *
 * @packageDocumentation
 */
export { harness, type Wrapper } from './handlers/harness.js';
export {
  type Handler,
  type Handlers,
  type HandlerStages,
  InvalidHandlerError,
  type PostProcessFunction,
  type ProcessFunction,
  type RunningJob,
  type StageName,
} from './handlers/handler.js';
export { abort, Abort, abortSilent, fault, Fault } from './handlers/signals.js';

export {
  type FullGraph,
  type GraphOptions,
  type Job,
  type JobGraph,
  type JobSpecification,
  type TypeGraph,
} from './domain/job-graph.js';
export {
  type Failure,
  type FaultCause,
  type Position,
  type RecordedEvent,
  type RetryPolicy,
  type WorkerIdentity,
} from './domain/events.js';
export { type DerivedStatus, type GraphStatus } from './domain/graph.js';
export { type JobStatus } from './domain/job.js';

export { install, Store, store, type StoreOptions } from './store/store.js';
export { RejectedError } from './store/outcome.js';
export { type Environment, systemEnvironment } from './store/environment.js';
export { type LogAddress } from './log/open-log.js';
export { LogError, type LogErrorCode } from './log/event-log.js';
export { OverseerError } from './prelude/errors.js';
export {
  GraphConflictError,
  InvalidGraphError,
  jobGraph,
  MissingHandlersError,
  simpleGraph,
  type Submission,
  transactGraph,
  validateGraphHandlers,
} from './store/submit.js';
export { applyProjections, planProjections, projectionStatus, removeProjections } from './store/projections.js';
export type {
  AppliedProjection,
  PlannedProjection,
  ProjectionReport,
  ProjectionStanding,
  ProjectionState,
  RemovedProjection,
  ServerProjection,
} from './log/server-projections.js';
export { abortGraph, abortJob, type Reason, retryGraph, retryJob } from './store/operate.js';
export { type AsOf, graphInfo, type GraphInfo, type GraphSummary, jobInfo, type JobInfo } from './store/info.js';
export {
  graphs,
  type GraphsRequest,
  type JobRef,
  jobsReady,
  jobsUnstarted,
  jobsWithStatus,
  type Page,
  type PageRequest,
} from './store/pages.js';
export { history, type HistoryRequest, waitForGraph, type WaitOptions } from './store/history.js';

export { start } from './worker/start.js';
export type { Worker, WorkerOptions, WorkerStatistics } from './worker/worker.js';
export { type Logger } from './worker/logger.js';
export { type ErrorReporter } from './worker/reporter.js';
export { LeaseLostError } from './worker/held-job.js';
export { InvalidResultError, JobTimeoutError } from './worker/execute.js';
export { ConfigurationError } from './config/configuration.js';
