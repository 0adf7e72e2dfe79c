/**
 * Time that passes only when nothing else is left to do.
 *
 * A turn of the real event loop lets everything that can happen at the present moment happen. When nothing does any more
 * (no call of the log is under way, and no handler is at real work), time jumps to the next timer and fires it. So the
 * order of events follows from the program and its seed, and hours cost as much as the timers in them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
// Not the globals, which test runners replace by timers of their own.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { OverseerError } from '../prelude/errors.js';
import { whenAborted } from '../prelude/when-aborted.js';
import { type Duration, inWords, msOf } from '../prelude/duration.js';

/** The clock of a test. */
export interface VirtualClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * For handlers: waits in virtual time. While a handler sleeps, time may pass. Rejects with the signal's reason when
   * the signal aborts first: give it `job.signal`, and a handler that has lost its job ends at once.
   *
   * @throws OverseerError `clock-outside-handler` in a test itself, where nobody would let the time pass: use `advance`
   */
  sleep(duration: Duration, signal?: AbortSignal): Promise<void>;
  /** For handlers: time may pass until the given promise settles. Without it, time stands still while they await. */
  passDuring<A>(work: Promise<A>): Promise<A>;
  /** For tests: lets this much time pass, with all that happens in it. */
  advance(duration: Duration): Promise<void>;
  /** For tests: does something when this much time has passed. Returns how to cancel it. */
  after(duration: Duration, callback: () => void): () => void;
}

/** Whose timers and handlers they are. What is not running has its timers fire when it runs again, if ever. */
export interface Owner {
  readonly name: string;
  readonly isRunning: boolean;
}

interface Timer {
  readonly at: number;
  /** Timers of one moment fire in the order in which they were set. */
  readonly order: number;
  readonly owner: Owner;
  /** It only looks whether there is something to do. */
  readonly isRoutine: boolean;
  readonly fire: () => void;
}

/** A handler that runs. */
interface Run {
  readonly owner: Owner;
  readonly what: string;
  /** Waits for the virtual clock that are under way in it. */
  waiting: number;
}

/** How letting time pass ended. */
export type Passed = 'done' | 'time is over' | 'nothing to wait for';

export interface VirtualTimeOptions {
  readonly startMs: number;
  readonly holdTime: boolean;
  readonly patienceMs: number;
  /** Whether no job runs, so that routine timers have nothing to find and may be late. */
  readonly isIdle: () => boolean;
}

/** With this many quiet turns of the event loop in a row, nothing more happens at the present moment. */
const quietTurns = 3;

/** With this many timers at one moment, each has set the next, and none ever moves the clock. */
const firedAtOnceMax = 100_000;

const theTest: Owner = { name: 'the test', isRunning: true };

export class VirtualTime implements VirtualClock {
  /** Milliseconds since the start. */
  elapsedMs = 0;
  private order = 0;
  /** Timers that have fired at the present moment. */
  private firedNow = 0;
  private timers = new Set<Timer>();
  private readonly runs = new Set<Run>();
  private readonly inside = new AsyncLocalStorage<Run>();
  private callsUnderWay = 0;
  private readonly onRelease = new Set<() => void>();

  constructor(private readonly options: VirtualTimeOptions) {}

  get startMs(): number {
    return this.options.startMs;
  }

  now(): number {
    return this.options.startMs + this.elapsedMs;
  }

  setTimer(ms: number, fire: () => void, owner: Owner = theTest, isRoutine = false): () => void {
    // As with Node's timers, a wait takes a millisecond at least: a smaller one might not move the clock at all.
    const afterMs = ms > 0 ? Math.max(1, ms) : 0;
    const timer: Timer = { at: this.elapsedMs + afterMs, order: this.order++, owner, isRoutine, fire };
    this.timers.add(timer);
    // Due at the present moment: it may fire even while a handler holds the time.
    if (ms <= 0) this.released();
    return () => this.timers.delete(timer);
  }

  after(duration: Duration, callback: () => void): () => void {
    return this.setTimer(msOf(duration, 'the time after which to call back'), callback);
  }

  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    const ms = msOf(duration, 'the time to sleep');
    const run = this.inside.getStore();
    if (run === undefined) {
      const message =
        'clock.sleep is for handlers, while a test or another handler lets time pass; in a test, call clock.advance';
      throw new OverseerError('clock-outside-handler', message);
    }
    await this.waitingIn(run, this.sleepOf(run.owner, ms, signal));
  }

  async passDuring<A>(work: Promise<A>): Promise<A> {
    const run = this.inside.getStore();
    return run === undefined ? await work : await this.waitingIn(run, work);
  }

  async advance(duration: Duration): Promise<void> {
    const until = this.elapsedMs + msOf(duration, 'the time to advance by');
    await this.pass(() => false, until);
    this.elapsedMs = Math.max(this.elapsedMs, until);
  }

  /**
   * Lets time pass until something holds, which is asked whenever nothing more happens at a moment.
   *
   * @param untilMs the last moment, in milliseconds since the start
   * @throws OverseerError `time-held`
   */
  async pass(isDone: () => boolean | Promise<boolean>, untilMs: number): Promise<Passed> {
    for (;;) {
      await this.settle();
      if (await isDone()) return 'done';
      const next = this.nextTimer();
      if (next === null || (next === 'routine' && untilMs === Infinity)) return 'nothing to wait for';
      if (next === 'routine' || next.at > untilMs) {
        this.elapsedMs = Math.max(this.elapsedMs, untilMs);
        return 'time is over';
      }
      this.fire(next);
    }
  }

  /** A call of the log: no time passes until it has been answered. */
  async call<A>(work: () => Promise<A>): Promise<A> {
    this.callsUnderWay += 1;
    try {
      return await work();
    } finally {
      this.callsUnderWay -= 1;
    }
  }

  /** A handler: no time passes while it runs, unless it waits for the clock. */
  async handler<A>(owner: Owner, what: string, work: () => Promise<A>): Promise<A> {
    const run: Run = { owner, what, waiting: 0 };
    this.runs.add(run);
    try {
      return await this.inside.run(run, work);
    } finally {
      this.runs.delete(run);
      this.released();
    }
  }

  /** Must be called when an owner stops running: its handlers hold the time no longer. */
  released(): void {
    for (const release of [...this.onRelease]) release();
  }

  /** Waits for a time, or rejects with the reason of the signal. */
  sleepOf(owner: Owner, ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let unlisten = () => {};
      const cancel = this.setTimer(
        ms,
        () => {
          unlisten();
          resolve();
        },
        owner,
      );
      unlisten = whenAborted(signal, () => {
        cancel();
        reject(signal!.reason as Error);
      });
    });
  }

  /** From now on nothing waits for anything any more. */
  end(): void {
    this.timers = new Set();
    this.runs.clear();
    this.released();
  }

  /** From now on time passes whatever handlers do, so that what runs can be stopped. */
  letPass(): void {
    this.runs.clear();
    this.released();
  }

  private async waitingIn<A>(run: Run, work: Promise<A>): Promise<A> {
    run.waiting += 1;
    this.released();
    try {
      return await work;
    } finally {
      run.waiting -= 1;
    }
  }

  /** Lets everything happen that can happen at the present moment. */
  private async settle(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const holding = this.callsUnderWay === 0 ? this.holding() : null;
      if (holding !== null) await this.untilReleased(holding);
      quiet = holding === null && this.callsUnderWay === 0 ? quiet + 1 : 0;
    }
  }

  /** A handler that is at real work. */
  private holding(): Run | null {
    if (!this.options.holdTime) return null;
    for (const run of this.runs) if (run.waiting === 0 && run.owner.isRunning) return run;
    return null;
  }

  /** Waits until a handler ends or begins to wait for the clock. What is due at the present moment may happen meanwhile. */
  private untilReleased(holding: Run): Promise<void> {
    const due = this.nextTimer();
    if (due !== null && due !== 'routine' && due.at <= this.elapsedMs) {
      this.fire(due);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.onRelease.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.onRelease.delete(done);
        reject(heldBy(holding, this.options.patienceMs));
      }, this.options.patienceMs);
      this.onRelease.add(done);
    });
  }

  private fire(timer: Timer): void {
    if (timer.at > this.elapsedMs) {
      this.elapsedMs = timer.at;
      this.firedNow = 0;
    }
    this.firedNow += 1;
    if (this.firedNow > firedAtOnceMax) throw endless(timer.owner);
    this.timers.delete(timer);
    timer.fire();
  }

  /** The next timer; null if there is none, and `routine` if nothing but routine is left, which has nothing to find. */
  private nextTimer(): Timer | 'routine' | null {
    const next = this.firstOf(() => true);
    if (next === null || !next.isRoutine || next.at <= this.elapsedMs || !this.options.isIdle()) return next;
    // While no job runs, the next thing that can happen is no routine. Whatever is due before it fires at that moment.
    return this.firstOf(({ isRoutine }) => !isRoutine) ?? 'routine';
  }

  private firstOf(isMeant: (timer: Timer) => boolean): Timer | null {
    let first: Timer | null = null;
    let firstAt = Infinity;
    for (const timer of this.timers) {
      if (!timer.owner.isRunning || !isMeant(timer)) continue;
      const at = this.dueAt(timer);
      if (at > firstAt || (at === firstAt && timer.order > first!.order)) continue;
      first = timer;
      firstAt = at;
    }
    return first;
  }

  /** A timer whose owner was suspended when it was due fires as soon as the owner runs again. */
  private dueAt({ at }: Timer): number {
    return Math.max(at, this.elapsedMs);
  }
}

function heldBy({ what, owner }: Run, patienceMs: number): OverseerError {
  const message =
    `virtual time stands still: ${what}, on ${owner.name}, has been at work for ${inWords(patienceMs)} of real time. ` +
    `If it waits for the virtual clock, let it call clock.sleep(…, job.signal) or clock.passDuring(promise); ` +
    `if it should not hold the time at all, give { holdTime: false }; if its work takes longer, give a larger patienceMs`;
  return new OverseerError('time-held', message);
}

function endless({ name }: Owner): OverseerError {
  const message = `virtual time stands still: ${firedAtOnceMax} timers have fired at one moment, the last on ${name}; something there waits for no time at all, again and again`;
  return new OverseerError('time-held', message);
}
