import { LogError } from '../log/event-log.js';
import { OverseerError, wordsFor } from '../prelude/errors.js';
import { withoutPasswords } from '../prelude/shown-address.js';
import type { Logger } from '../worker/logger.js';
import { idleMessage } from '../worker/running-worker.js';
import type { Worker } from '../worker/worker.js';
import { contentOf, letterWith, type Order, type Report } from './messages.js';

const progressEveryMs = 1000;

/** In a worker process: the channel to its supervisor. */
export class Supervised {
  private told = '';
  private hasWorked = false;
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  /**
   * Calls `stop` when the supervisor says so, or is gone: the process then ends as if it had been told to, so that none is
   * left behind. It may be called more than once.
   */
  onStop(stop: () => void): void {
    this.listen((order) => {
      if (order.asks === 'stop') stop();
    });
    process.once('disconnect', stop);
    if (!process.connected) stop();
  }

  /** Resolves with what the supervisor tells first. */
  task(): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve) => {
      this.listen((order) => {
        if (order.asks === 'begin') resolve(order.task);
      });
    });
  }

  /** Tells that the worker has started, and from then on what it has done. */
  started(worker: Worker): void {
    this.hasWorked = true;
    this.tell({ tells: 'started', workerId: worker.id });
    this.timer = setInterval(() => this.tellProgress(worker), progressEveryMs).unref();
  }

  /** Tells the last of it. */
  ended(worker: Worker): void {
    clearInterval(this.timer);
    this.tellProgress(worker);
  }

  /** Tells why this process ends. */
  failed(error: unknown): void {
    const code = error instanceof OverseerError ? error.code : 'worker-failed';
    const isFinal = isLoss(error) || (!this.hasWorked && !(error instanceof LogError && error.isTransient));
    this.tell({ tells: 'failed', code, message: withoutPasswords(wordsFor(error)), isFinal });
  }

  /** A logger that leaves it to the supervisor to say that there is nothing to run, once for all its processes. */
  logger(logger: Logger): Logger {
    return {
      debug: (details, message) => logger.debug(details, message),
      info: (details, message) => {
        if (message !== idleMessage) return logger.info(details, message);
        this.tell({ tells: 'idle', idleMs: (details as { readonly idleMs: number }).idleMs });
      },
      warn: (details, message) => logger.warn(details, message),
      error: (details, message) => logger.error(details, message),
    };
  }

  /** A message that cannot be sent is lost: whoever would receive it is gone. */
  tell(report: Report): void {
    // Messages leave in order, so the last stands for all.
    this.last = new Promise((resolve) => {
      if (!process.connected) return resolve();
      process.send!(letterWith(report), () => resolve());
    });
  }

  /** Resolves when all that was told has left this process. */
  async flushed(): Promise<void> {
    await this.last;
  }

  private listen(hear: (order: Order) => void): void {
    process.on('message', (message) => {
      const order = contentOf<Order>(message);
      if (order !== null) hear(order);
    });
    // Listening must not keep the process alive.
    process.channel?.unref();
  }

  private tellProgress({ statistics }: Worker): void {
    const now = JSON.stringify(statistics);
    if (now === this.told) return;
    this.told = now;
    this.tell({ tells: 'progress', statistics: { ...statistics } });
  }
}

/** Whether the store is lost. Another process would not find it either. */
function isLoss(error: unknown): boolean {
  const cause = error instanceof OverseerError && error.cause instanceof LogError ? error.cause : error;
  return cause instanceof LogError && (cause.code === 'store-gone' || cause.code === 'store-damaged');
}
