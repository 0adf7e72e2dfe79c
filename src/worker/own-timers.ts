import type { Environment } from '../store/environment.js';

/** An environment whose timers can all be cancelled at once, so that a stopped worker leaves none running. */
export class OwnTimers implements Environment {
  readonly host: string;
  readonly pid: number;
  readonly process: string | undefined;
  private readonly running = new Set<() => void>();
  private isCancelled = false;

  constructor(private readonly environment: Environment) {
    this.host = environment.host;
    this.pid = environment.pid;
    this.process = environment.process;
  }

  now(): number {
    return this.environment.now();
  }

  monotonic(): number {
    return this.environment.monotonic();
  }

  newId(): string {
    return this.environment.newId();
  }

  random(): number {
    return this.environment.random();
  }

  isGone(worker: Parameters<NonNullable<Environment['isGone']>>[0]): boolean {
    return this.environment.isGone?.(worker) ?? false;
  }

  setTimer(ms: number, callback: () => void, options?: Parameters<Environment['setTimer']>[2]): () => void {
    const fire = () => {
      this.running.delete(cancel);
      callback();
    };
    const cancelInner = this.environment.setTimer(ms, fire, options);
    const cancel = () => {
      this.running.delete(cancel);
      cancelInner();
    };
    this.running.add(cancel);
    return cancel;
  }

  /** Does something again and again, never twice at once, until the timers are cancelled or it fails. */
  every(ms: () => number, work: () => Promise<void> | void, onError: (error: unknown) => void): void {
    const next = () => {
      if (this.isCancelled) return;
      this.setTimer(ms(), () => void Promise.resolve(work()).then(next, onError), { isRoutine: true });
    };
    next();
  }

  /** Cancels all timers that have not fired. Nothing may still wait for one, since it would wait for ever. */
  cancelAll(): void {
    this.isCancelled = true;
    for (const cancel of this.running) cancel();
  }
}
