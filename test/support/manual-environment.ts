import { randomUUID } from 'node:crypto';
import type { Environment } from '../../src/index.js';

/** A world whose clocks stand still until a test moves them. Timers that are due fire then, in their order. */
export class ManualEnvironment implements Environment {
  readonly host: string = 'here';
  readonly pid = 1;
  /** The lengths of all timers that were set, in milliseconds. */
  readonly timersSet: number[] = [];
  chance = 0.5;
  private elapsedMs = 0;
  private timers: { readonly at: number; readonly fire: () => void }[] = [];

  now(): number {
    return Date.parse('2026-01-01T00:00:00.000Z') + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  newId(): string {
    return randomUUID();
  }

  random(): number {
    return this.chance;
  }

  setTimer(ms: number, fire: () => void): () => void {
    this.timersSet.push(ms);
    const timer = { at: this.elapsedMs + Math.max(0, ms), fire };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  /** Lets time pass, firing what becomes due at its own moment. */
  advance(ms: number): void {
    const until = this.elapsedMs + ms;
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.elapsedMs = Math.max(this.elapsedMs, next.at);
      next.fire();
    }
    this.elapsedMs = until;
  }

  /** A process that was suspended: the clock has moved, and no timer has fired yet. */
  sleep(ms: number): void {
    this.elapsedMs += ms;
  }
}
