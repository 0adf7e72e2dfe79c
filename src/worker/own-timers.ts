import type { Environment } from '../store/environment.js';

/** An environment whose timers can all be taken back at once: a worker that has stopped leaves none behind. */
export class OwnTimers implements Environment {
  readonly host: string;
  readonly pid: number;
  readonly process: string | undefined;
  private readonly running = new Set<() => void>();

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

  setTimer(ms: number, callback: () => void): () => void {
    const takeBack = this.environment.setTimer(ms, () => {
      this.running.delete(cancel);
      callback();
    });
    const cancel = () => {
      this.running.delete(cancel);
      takeBack();
    };
    this.running.add(cancel);
    return cancel;
  }

  /** Takes all timers back that have not fired. What waits for one waits for ever, so nothing may. */
  cancelAll(): void {
    for (const cancel of this.running) cancel();
  }
}
