import type { RetryPolicy } from '../domain/events.js';
import type { Logger } from './logger.js';
import type { ErrorReporter } from './reporter.js';

/** Options of a worker: every setting of the configuration file, in camel case, and what only a program can give. */
export interface WorkerOptions {
  /** How many jobs to run at a time. Default 1. */
  readonly concurrency?: number | null;
  /** By job type: how many of it at a time, and the retry policy of jobs that have none of their own. */
  readonly types?: Readonly<Record<string, { readonly concurrency?: number; readonly retry?: RetryPolicy }>> | null;
  /** Milliseconds after which the worker looks for new events even if nothing woke it. Default 2000. */
  readonly detectorSleepTime?: number | null;
  /** Milliseconds after which an idle worker logs that it is idle, and looks again. Default 10000. */
  readonly sleepTime?: number | null;
  readonly heartbeat?: {
    /** Milliseconds between two heartbeats of a running job. Default 10000. */
    readonly sleepTime?: number | null;
    /** How many such periods a job may stay silent before it is taken from its worker. Default 3. */
    readonly tolerance?: number | null;
    /** Whether to stop when the log has failed for the length of ten leases. Default true. */
    readonly monitorShutdown?: boolean | null;
  } | null;
  readonly sentry?: { readonly dsn?: string | null } | null;
  /** Milliseconds a stopping worker waits for running jobs before it hands them back. Default 30000. */
  readonly stopTimeout?: number | null;
  /** Where the worker logs what it does, such as a pino logger. Default: nowhere. */
  readonly logger?: Logger;
  /** Where errors of handlers are reported, in place of Sentry. */
  readonly reporter?: ErrorReporter;
}

/** What a worker has done so far. */
export interface WorkerStatistics {
  claims: number;
  /** Claims for which another worker was faster. */
  claimsLost: number;
  finished: number;
  /** Jobs whose handlers found nothing to do. */
  skipped: number;
  /** Attempts whose handlers put the job off. */
  deferred: number;
  failed: number;
  faulted: number;
  aborted: number;
  /** Jobs whose lease was lost while they ran here. */
  leasesLost: number;
}

/** A started worker. */
export interface Worker {
  /** Unique to this start. Every event it writes has it as the actor. */
  readonly id: string;
  readonly statistics: Readonly<WorkerStatistics>;
  /**
   * Claims nothing new, waits for running jobs (up to `stopTimeout`), hands the rest back for others to run, and resolves.
   * Calling it again returns the same promise.
   */
  stop(): Promise<void>;
  /**
   * Resolves when the worker has stopped. Rejects if it stopped because the log failed, or if it could not record that it
   * handed its jobs back.
   */
  readonly stopped: Promise<void>;
}

/** @internal */
export function emptyStatistics(): WorkerStatistics {
  return {
    claims: 0,
    claimsLost: 0,
    finished: 0,
    skipped: 0,
    deferred: 0,
    failed: 0,
    faulted: 0,
    aborted: 0,
    leasesLost: 0,
  };
}
