import { useEffect, useState } from 'preact/hooks';
import { type Source, SourceError } from '../source/source.js';

/** What is looked at is asked for again at most so often. */
const refreshMs = 500;

/** An answer of the server, or why there is none. Both may be there: what was known before is still shown. */
export interface Answered<A> {
  readonly answer: A | null;
  readonly problem: unknown;
}

/**
 * Asks, and asks again after changes of the log.
 *
 * @param key asks at once when it changes
 * @param isLive whether changes matter
 */
export function useAnswer<A>(source: Source, ask: () => Promise<A>, key: string, isLive: boolean): Answered<A> {
  const [answered, setAnswered] = useState<Answered<A>>({ answer: null, problem: null });
  useEffect(() => {
    const asking = new Asking(ask, setAnswered);
    asking.now();
    const end = isLive ? source.onChange(() => asking.soon()) : () => {};
    return () => {
      asking.end();
      end();
    };
  }, [source, key, isLive]);
  return answered;
}

/** Asks one question at a time, and no more often than it is looked at. */
class Asking<A> {
  private timer: ReturnType<typeof setTimeout> | null = null;
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
    else this.timer ??= setTimeout(() => void this.run(), refreshMs);
  }

  end(): void {
    this.isOver = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.timer = null;
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
