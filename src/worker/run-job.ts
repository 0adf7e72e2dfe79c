import type { RetryPolicy } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import type { JobCommand } from '../domain/job-decisions.js';
import { cutMessage } from '../domain/limits.js';
import type { Handler } from '../handlers/handler.js';
import type { EventLog } from '../log/event-log.js';
import type { Environment } from '../store/environment.js';
import { wordsFor } from '../prelude/errors.js';
import { commandFor, execute, inputsOf, type Outcome, runningJob } from './execute.js';
import { type ClaimedJob, LeaseLostError } from './claimed-job.js';
import { type BeatOptions, keepBeating } from './heartbeats.js';
import type { Logger } from './logger.js';
import { remember, remembered } from './memory.js';
import type { RetryingLog } from './retrying-log.js';
import type { ErrorReporter } from './reporter.js';

export interface RunDependencies extends BeatOptions {
  readonly handler: Handler;
  readonly policyOfType: RetryPolicy | undefined;
  readonly log: EventLog;
  readonly retrying: RetryingLog;
  readonly reporter: ErrorReporter;
  /** Whether the worker is stopping. The signal that stops it may have reached the handler's child processes too. */
  readonly isStopping: () => boolean;
  /** Called once, when another job may run in this one's slot. */
  readonly onSlotFree: () => void;
}

/** How a run ended, by the names of the worker's statistics. */
export type RunEnding = 'finished' | 'failed' | 'faulted' | 'aborted' | 'leasesLost';

/** How long a handler that was told to stop keeps its slot, before another job runs beside it. */
const graceMs = 5000;

/**
 * Runs a claimed job to its end, with heartbeats, and records how it ended, if the job still belongs to this worker. If a
 * result is remembered for it, that is its end, and no part of its handler runs.
 */
export async function runJob(job: JobNode, claimed: ClaimedJob, dependencies: RunDependencies): Promise<RunEnding> {
  const { environment, logger, retrying, log, handler } = dependencies;
  const about = { graphId: claimed.graphId, jobId: claimed.id, type: claimed.type, attempt: claimed.attempt };
  const { memoize } = job.definition;
  logger.debug(about, 'job started');
  const stopBeating = keepBeating(claimed, dependencies);
  const slot = new HeldSlot(claimed, environment, dependencies.onSlotFree);
  try {
    const known = memoize === undefined ? null : await remembered(claimed, memoize, dependencies);
    if (known !== null) {
      await claimed.write({ kind: 'finish', attempt: claimed.attempt, result: known.result, memoized: known.from });
      slot.free();
      logger.debug({ ...about, memoized: known.from }, 'job finished with a remembered result');
      return 'finished';
    }
    const inputs = await inputsOf(job, log, retrying);
    if (claimed.interruptedBy !== null) {
      slot.free();
      return leaseLost(claimed, about, logger);
    }
    const execution = execute(handler, runningJob(job, claimed, inputs), job.definition.timeoutMs, environment);
    void execution.settled.then(() => slot.free());
    const outcome = await untilInterrupted(execution.outcome, claimed);
    if (outcome === null) return leaseLost(claimed, about, logger);
    if (outcome.kind === 'timed-out') claimed.interrupt(outcome.error);
    const command = commandFor(outcome, claimed, dependencies.isStopping(), retryOf(dependencies));
    await claimed.write(command);
    if (memoize !== undefined && command.kind === 'finish') await remember(claimed, memoize, dependencies);
    return tell(outcome, command, claimed, about, dependencies);
  } catch (error) {
    slot.free();
    if (error instanceof LeaseLostError) return leaseLost(claimed, about, logger);
    return await failBy(error, claimed, about, dependencies);
  } finally {
    stopBeating();
  }
}

function retryOf({ policyOfType, environment }: RunDependencies) {
  return { policyOfType, now: environment.now(), random: environment.random() };
}

/**
 * No attempt is left without an ending. If its outcome cannot be worked out, or cannot be written, that is the failure of the
 * attempt, and the job goes on as after any exception.
 */
async function failBy(
  error: unknown,
  claimed: ClaimedJob,
  about: object,
  dependencies: RunDependencies,
): Promise<RunEnding> {
  const { logger } = dependencies;
  const message = `the outcome of the attempt could not be recorded: ${wordsFor(error)}`;
  logger.error({ ...about, err: error }, message);
  const failure = { reason: 'system/exception', exception: 'OutcomeNotRecorded', message: cutMessage(message) };
  const { attempt } = claimed;
  try {
    await claimed.write({
      kind: 'fault',
      attempt,
      cause: 'exception',
      failure,
      errorNames: [],
      ...retryOf(dependencies),
    });
    return claimed.state.status === 'failed' ? 'failed' : 'faulted';
  } catch (again) {
    if (again instanceof LeaseLostError) return leaseLost(claimed, about, logger);
    logger.error({ ...about, err: again }, 'a job could not be run to its end here; its lease will end');
    return 'leasesLost';
  }
}

/** The slot of a job: free when the handler has ended, or a while after it was told to end and did not. */
class HeldSlot {
  private isFree = false;
  private cancel = () => {};

  constructor(
    claimed: ClaimedJob,
    environment: Environment,
    private readonly onFree: () => void,
  ) {
    claimed.whenInterrupted(() => {
      this.cancel = environment.setTimer(graceMs, () => this.free());
    });
  }

  free(): void {
    this.cancel();
    if (this.isFree) return;
    this.isFree = true;
    this.onFree();
  }
}

/** The outcome, or null if the job is interrupted before. */
function untilInterrupted(outcome: Promise<Outcome>, claimed: ClaimedJob): Promise<Outcome | null> {
  return new Promise((resolve) => {
    claimed.whenInterrupted(() => resolve(null));
    void outcome.then(resolve);
  });
}

function leaseLost(claimed: ClaimedJob, about: object, logger: Logger): RunEnding {
  const why = claimed.interruptedBy?.message ?? 'the job is no longer held by this worker';
  logger.warn(about, `the outcome of a run is discarded: ${why}`);
  return 'leasesLost';
}

/** Tells how a run ended, once that is in the log: the logger always, the reporter for errors and aborts that are not silent. */
function tell(
  outcome: Outcome,
  command: JobCommand,
  claimed: ClaimedJob,
  about: object,
  { logger, reporter }: RunDependencies,
): RunEnding {
  if (outcome.kind === 'returned') {
    logger.debug(about, 'job finished');
    return 'finished';
  }
  const report = () =>
    reporter.report(outcome.error, {
      graphId: claimed.graphId,
      id: claimed.id,
      type: claimed.type,
      attempt: claimed.attempt,
    });
  if (command.kind === 'abort') {
    if (!command.silent) report();
    logger[command.silent ? 'info' : 'warn'](about, `job aborted: ${command.message}`);
    return 'aborted';
  }
  const { status, delayMs, failure } = claimed.state;
  const again = delayMs === null ? 'at once' : `in ${delayMs} ms`;
  const next = status === 'failed' ? 'job failed' : `attempt failed, the job may start again ${again}`;
  const message = `${next}: ${failure?.message ?? failure?.exception}`;
  if (command.kind === 'fault' && (command.cause === 'fault' || command.cause === 'released')) {
    logger.info(about, message);
  } else {
    report();
    logger.error({ ...about, failure, ...(command.kind === 'fault' ? { stack: command.stack } : {}) }, message);
  }
  return status === 'failed' ? 'failed' : 'faulted';
}
