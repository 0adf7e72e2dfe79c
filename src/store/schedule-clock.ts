import type { Environment } from './environment.js';

/**
 * @internal The time by which schedules are decided: this machine's, less what it is known to be ahead of the log's clock. A
 * decision that comes too early has no effect (see domain/schedules.ts); the log tells when it recorded it, and so by how much
 * this clock is wrong. A clock that is behind is left so: it decides late, and others are before it.
 */
export class ScheduleClock {
  private aheadMs = 0;

  constructor(private readonly environment: Pick<Environment, 'now'>) {}

  now(): number {
    return this.environment.now() - this.aheadMs;
  }

  /** @param began when an append was sent, by this machine's clock; @param recordedAt when the log recorded it, by its own */
  learn(began: number, recordedAt: number): void {
    this.aheadMs = Math.max(0, began - recordedAt);
  }
}
