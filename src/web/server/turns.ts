/** Lets only so many of some works go on at once; the others wait. */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private going = 0;

  constructor(private readonly atOnce: number) {}

  /** Does a work in its turn. One whose signal has aborted when its turn comes is not begun. */
  async take<A>(signal: AbortSignal, work: () => Promise<A>): Promise<A> {
    if (this.going >= this.atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.going += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The turn is passed on, or is free.
      const next = this.waiting.shift();
      if (next === undefined) this.going -= 1;
      else next();
    }
  }
}
