import { delay } from '../prelude/delay.js';
import type { Environment } from '../store/environment.js';

/** Work that a stop waits for: claims on their way, and runs of jobs up to their last write. */
export class UnderWay {
  private count = 0;
  private waiting: (() => void)[] = [];

  /** @param onDefect called when work rejects, which it never should */
  constructor(
    private readonly environment: Environment,
    private readonly onDefect: (error: unknown) => void,
  ) {}

  /** Some work has begun. To be followed by one {@link end}. */
  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  add(work: Promise<unknown>): void {
    this.begin();
    work.then(
      () => this.end(),
      (error: unknown) => {
        this.onDefect(error);
        this.end();
      },
    );
  }

  /** Resolves when nothing is under way any more, or after this many milliseconds. */
  async ended(mostMs: number): Promise<void> {
    const patience = new AbortController();
    const tooLong = delay(this.environment, mostMs, patience.signal).then(() => 'too long');
    while (this.count > 0) {
      const next = new Promise<void>((resolve) => this.waiting.push(resolve));
      if ((await Promise.race([tooLong, next])) === 'too long') break;
    }
    patience.abort();
  }
}
