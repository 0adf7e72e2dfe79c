import { delay } from '../prelude/delay.js';
import type { Environment } from '../store/environment.js';

/** Work that a stop waits for: claims on their way, and runs of jobs up to their last write. */
export class UnderWay {
  private readonly work = new Set<Promise<unknown>>();

  /** @param onDefect called when work rejects, which it never should */
  constructor(
    private readonly environment: Environment,
    private readonly onDefect: (error: unknown) => void,
  ) {}

  add(work: Promise<unknown>): void {
    const tracked = work.catch((error: unknown) => this.onDefect(error)).finally(() => this.work.delete(tracked));
    this.work.add(tracked);
  }

  /** Resolves when nothing is under way any more, or after this many milliseconds. */
  async ended(mostMs: number): Promise<void> {
    const patience = new AbortController();
    const tooLong = delay(this.environment, mostMs, patience.signal).then(() => 'too long');
    while (this.work.size > 0) {
      const first = await Promise.race([tooLong, Promise.all(this.work)]);
      if (first === 'too long') break;
    }
    patience.abort();
  }
}
