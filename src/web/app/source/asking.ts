import { SourceError } from './source.js';
import { whenSeen } from './when-seen.js';

/** What is looked at is asked for again at most so often. */
const refreshMs = 500;

/** An answer of the server, or why there is none. Both may be there: what was known before is still shown. */
export interface Answered<A> {
  readonly answer: A | null;
  readonly problem: unknown;
}

/** Asks one question at a time, and no more often than it is looked at. */
export class Asking<A> {
  private callOff: (() => void) | null = null;
  private isAsking = false;
  private isStale = false;
  private isOver = false;

  constructor(
    private readonly ask: () => Promise<A>,
    private readonly tell: (tell: (before: Answered<A>) => Answered<A>) => void,
  ) {}

  now(): void {
    void this.run();
  }

  soon(): void {
    if (this.isAsking) this.isStale = true;
    else this.callOff ??= whenSeen(refreshMs, () => void this.run());
  }

  end(): void {
    this.isOver = true;
    this.callOff?.();
  }

  private async run(): Promise<void> {
    this.callOff = null;
    this.isAsking = true;
    try {
      const answer = await this.ask();
      if (!this.isOver) this.tell(() => ({ answer, problem: null }));
    } catch (problem) {
      if (this.isOver) return;
      this.tell(({ answer }) => ({ answer, problem }));
      // The server may come back without a change of the log.
      if (problem instanceof SourceError && problem.isTransient) this.isStale = true;
    } finally {
      this.isAsking = false;
      if (this.isStale && !this.isOver) this.soon();
      this.isStale = false;
    }
  }
}
