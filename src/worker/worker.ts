import type { RetryPolicy } from '../domain/events.js';
import type { Logger } from './logger.js';
import type { ErrorReporter } from './reporter.js';

/** How a worker works. Every setting of the configuration file, in camel case, and what only a program can give. */
export interface WorkerOptions {
  /** How many jobs to run at a time. Default 1. */
  readonly concurrency?: number | null;
  /** By job type: how many of it at a time, and the retry policy of jobs that have none of their own. */
  readonly types?: Readonly<Record<string, { readonly concurrency?: number; readonly retry?: RetryPolicy }>> | null;
  /** Milliseconds after which to look for new events though nothing woke the worker. Default 2000. */
  readonly detectorSleepTime?: number | null;
  /** Milliseconds after which an idle worker says so and looks again. Default 10000. */
  readonly sleepTime?: number | null;
  readonly heartbeat?: {
    /** Milliseconds between two heartbeats of a running job. Default 10000. */
    readonly sleepTime?: number | null;
    /** How many such periods a job may stay silent before it is taken from its worker. Default 3. */
    readonly tolerance?: number | null;
    /** Whether to stop when the log has failed for ten leases on end. Default true. */
    readonly monitorShutdown?: boolean | null;
  } | null;
  readonly sentry?: { readonly dsn?: string | null } | null;
  /** Milliseconds a stopping worker waits for running jobs before it hands them back. Default 30000. */
  readonly stopTimeout?: number | null;
  /** Where the worker tells what it does, such as a pino logger. Default: nowhere. */
  readonly logger?: Logger;
  /** Where errors of handlers go, in place of Sentry. */
  readonly reporter?: ErrorReporter;
}

/** What a worker has done so far. */
export interface WorkerStatistics {
  claims: number;
  /** Claims that another worker's was faster than. */
  claimsLost: number;
  finished: number;
  failed: number;
  faulted: number;
  aborted: number;
  /** Jobs whose lease was lost while they ran here. */
  leasesLost: number;
}

/** A started worker. */
export interface Worker {
  /** Unique to this start; stands in the events it writes. */
  readonly id: string;
  readonly statistics: Readonly<WorkerStatistics>;
  /**
   * Takes on nothing new, waits for what runs (up to `stopTimeout`), hands the rest back for others to run, and
   * resolves. Calling it again returns the same promise.
   */
  stop(): Promise<void>;
  /**
   * Resolves when the worker has stopped; rejects if it stopped because the log failed it, or if the log would not take that
   * its jobs were handed back.
   */
  readonly stopped: Promise<void>;
}
