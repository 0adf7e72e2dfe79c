import { ScheduleClock } from '../store/schedule-clock.js';
import type { Environment } from '../store/environment.js';

/**
 * The time of the log's own clock, in milliseconds since the epoch, as far as a worker can tell. What was heard last was recorded
 * before now: that, and the monotonic clock since, is certain, unless somebody sets the log's clock back. Before anything was
 * heard, the time of day has to do.
 */
export class LogClock {
  private readonly timeOfDay: ScheduleClock;
  /** The log's clock less the monotonic one, at least. */
  private aheadOfMonotonic = -Infinity;

  constructor(private readonly environment: Pick<Environment, 'now' | 'monotonic'>) {
    this.timeOfDay = new ScheduleClock(environment);
  }

  /** It is this time or later, whatever other clocks say. */
  atLeast(): number {
    return this.environment.monotonic() + this.aheadOfMonotonic;
  }

  now(): number {
    return Math.max(this.atLeast(), this.timeOfDay.now());
  }

  /** Notes when the log recorded an event that has just come. */
  heard(recordedAt: string): void {
    this.aheadOfMonotonic = Date.parse(recordedAt) - this.environment.monotonic();
  }

  /** Notes that something was recorded at another time than this clock said. @param sentAt by the time of day */
  learn(sentAt: number, recordedAt: string): void {
    this.timeOfDay.learn(sentAt, Date.parse(recordedAt));
  }
}
