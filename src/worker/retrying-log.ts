import type { Append, AppendResult, EventLog, LogError } from '../log/event-log.js';
import { delay } from '../prelude/delay.js';
import { E, type Either, type TaskEither } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import type { Logger } from './logger.js';

/** Failures of the same kind within this time cause one warning. */
const warningsApartMs = 1000;
const backoff = { firstMs: 20, mostMs: 5000 };

/** How long to wait before the n-th retry, from 0: doubling, with jitter, so that workers do not all come back at once. */
function retryDelayMs(retry: number, random: number): number {
  return Math.min(backoff.firstMs * 2 ** retry, backoff.mostMs) * (0.5 + random / 2);
}

/** Is told how a worker's log behaves. Reading and writing can fail separately: a full disk can still be read. */
export interface LogHealth {
  failed(doing: 'reading' | 'writing', error: LogError): void;
  worked(doing: 'reading' | 'writing'): void;
  /** The log itself is lost, or is damaged. */
  lost(error: LogError): void;
}

/** Measures how long the log has been failing, on the monotonic clock; 0 while it works. */
export class Outage implements LogHealth {
  private readonly since = new Map<string, number>();

  constructor(
    private readonly environment: Environment,
    private readonly onFailure: (lastsMs: number, error: LogError) => void,
    private readonly onLoss: (error: LogError) => void,
  ) {}

  failed(doing: 'reading' | 'writing', error: LogError): void {
    const now = this.environment.monotonic();
    const since = this.since.get(doing) ?? now;
    this.since.set(doing, since);
    this.onFailure(now - since, error);
  }

  lost(error: LogError): void {
    this.onLoss(error);
  }

  isFailing(doing: 'reading' | 'writing'): boolean {
    return this.since.has(doing);
  }

  worked(doing: 'reading' | 'writing'): void {
    this.since.delete(doing);
  }
}

/**
 * A log that keeps trying: a call that fails for a reason that may pass is made again, with the same events, until it works
 * or is given up. Left means that trying again is pointless, or was given up.
 */
export interface RetryingLog {
  /** @param isWanted asked before each further try */
  append(requests: readonly Append[], isWanted?: () => boolean): Promise<Either<LogError, readonly AppendResult[]>>;
  read<A>(read: TaskEither<LogError, A>): TaskEither<LogError, A>;
}

export interface RetryingLogOptions {
  readonly log: EventLog;
  readonly environment: Environment;
  readonly logger: Logger;
  readonly health: LogHealth;
  /** Ends all trying when it aborts. */
  readonly giveUp: AbortSignal;
}

export function retryingLog({ log, environment, logger, health, giveUp }: RetryingLogOptions): RetryingLog {
  /** Many calls may wait for the log at a time, and not each of them should warn. */
  const warnedAt = new Map<string, number>();
  function warn(doing: string, { code, message }: LogError, retry: number): void {
    const now = environment.monotonic();
    if (now - (warnedAt.get(doing) ?? -Infinity) < warningsApartMs) return;
    warnedAt.set(doing, now);
    logger.warn({ code, retry }, `${doing} the log failed and will be tried again: ${message}`);
  }

  async function persist<A>(
    doing: 'reading' | 'writing',
    work: TaskEither<LogError, A>,
    isWanted: () => boolean = () => true,
  ): Promise<Either<LogError, A>> {
    for (let retry = 0; ; retry++) {
      const result = await work();
      if (E.isRight(result)) {
        health.worked(doing);
        return result;
      }
      if (isLost(result.left)) health.lost(result.left);
      if (isFinal(result.left) || giveUp.aborted || !isWanted()) return result;
      health.failed(doing, result.left);
      warn(doing, result.left, retry);
      await delay(environment, retryDelayMs(retry, environment.random()), giveUp);
    }
  }
  return {
    append: (requests, isWanted) => persist('writing', log.append(requests), isWanted),
    read: (read) => () => persist('reading', read),
  };
}

const finalCodes: readonly string[] = ['store-closed', 'append-too-large', 'event-invalid', 'store-history-missing'];

/** Errors that waiting cannot cure. An operator may repair a read-only store or an unknown failure. */
function isFinal(error: LogError): boolean {
  return isLost(error) || finalCodes.includes(error.code);
}

/** Errors after which nothing may be written any more: the log is not complete. */
function isLost(error: LogError): boolean {
  return error.code === 'store-gone' || error.code === 'store-damaged';
}
