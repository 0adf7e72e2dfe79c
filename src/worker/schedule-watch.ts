import type { RecordedEvent } from '../domain/events.js';
import { nextInstants } from '../domain/schedule-runs.js';
import { scheduleNameOf } from '../domain/schedules.js';
import { completesSubmission } from '../domain/submission.js';
import { LogError } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { plural } from '../prelude/phrases.js';
import { advanceSchedule, type Advancing } from '../store/advance-schedule.js';
import { KnownSchedule } from '../store/known-schedule.js';
import { ScheduleClock } from '../store/schedule-clock.js';
import type { Store } from '../store/store.js';
import type { Logger } from './logger.js';
import type { OwnTimers } from './own-timers.js';

/** Workers do not all try at the same moment: each waits for a random part of this first. */
const spreadMs = 200;
/** How long whoever has decided a run has to submit it, before others look. */
const submittingMs = 2000;
/** Somebody else may follow the run that is waited for. So its end is looked for, too. */
const pollMs = 10_000;
/** After a failure. */
const againMs = 5000;
/** How often all are looked at whatever the timers say: a clock may be set, and a machine may sleep. */
const safetyNetMs = 60_000;

export interface ScheduleWatchOptions {
  readonly workerId: string;
  readonly store: Store;
  readonly environment: OwnTimers;
  readonly logger: Logger;
  /** Whether it is known without a look that a graph has not ended. */
  readonly isOpen: (graphId: string) => boolean;
  /** Told of work that a stop must wait for. */
  readonly underWay: (work: Promise<void>) => void;
  readonly onDefect: (error: unknown) => void;
}

interface Watched {
  readonly name: string;
  /** Null until it has been read. */
  known: KnownSchedule | null;
  cancel: () => void;
  /** When it is looked at next, on the monotonic clock. */
  at: number;
  isBusy: boolean;
  /** The last revision that was heard of. */
  heard: number;
  /** The run that something waits for. */
  waitsFor: string | null;
  /** The revision of the run whose graph is known to be there. */
  submitted: number;
}

/**
 * Watches all schedules, as every worker does, whatever it runs and however busy it is: whichever comes first decides what is due
 * (see {@link advanceSchedule}). It costs nothing while there is no schedule: that there is one, it hears from the log, as it does
 * of every decision. Each schedule has one timer, to when there may be something to do.
 */
export class ScheduleWatch {
  private readonly watched = new Map<string, Watched>();
  /** The schedules that something waits for in, or whose run is to be submitted, by graph. */
  private readonly concerned = new Map<string, Watched>();
  private readonly clock: ScheduleClock;
  private isBegun = false;
  private isClosed = false;
  private isNetSet = false;

  constructor(private readonly options: ScheduleWatchOptions) {
    this.clock = new ScheduleClock(options.environment);
  }

  /** Begins, where the log ends: what was heard before that, the schedules themselves tell. Further calls do nothing. */
  begin(names: ReadonlySet<string>): void {
    if (this.isBegun || this.isClosed) return;
    this.isBegun = true;
    if (names.size === 0) return;
    const all = [...names].map((name) => this.add(name));
    this.options.underWay(Promise.all(all.map((each) => this.look(each))).then(() => this.tellCount(all)));
  }

  /** Takes events of the log. */
  hear(events: readonly RecordedEvent[]): void {
    if (!this.isBegun) return;
    for (const event of events) {
      const name = scheduleNameOf(event);
      if (name !== null) this.hearOf(this.watched.get(name) ?? this.add(name), event);
      else if (this.concerned.size > 0) this.hearOfGraph(event);
    }
  }

  close(): void {
    this.isClosed = true;
    for (const each of this.watched.values()) each.cancel();
  }

  private add(name: string): Watched {
    const fresh = { name, known: null, cancel: () => {}, at: Infinity, isBusy: false, heard: -1 };
    const watched: Watched = { ...fresh, waitsFor: null, submitted: -1 };
    this.watched.set(name, watched);
    if (!this.isNetSet) {
      this.isNetSet = true;
      const { environment, onDefect } = this.options;
      environment.every(
        () => safetyNetMs,
        () => this.watched.forEach((each) => this.planByState(each)),
        onDefect,
      );
    }
    return watched;
  }

  private hearOf(watched: Watched, event: RecordedEvent): void {
    const { known } = watched;
    watched.heard = Math.max(watched.heard, event.revision);
    if (watched.isBusy) return;
    if (known === null) return this.plan(watched, 0);
    this.options.underWay(this.take(watched, known, event));
  }

  private async take(watched: Watched, known: KnownSchedule, event: RecordedEvent): Promise<void> {
    if (event.revision <= known.state.revision) return;
    watched.waitsFor = null;
    await known.hear(event);
    // What it was planned for may be decided.
    watched.cancel();
    watched.at = Infinity;
    this.planByState(watched);
  }

  private hearOfGraph(event: RecordedEvent): void {
    const watched = this.concerned.get(event.graphId);
    if (watched === undefined) return;
    const { known, waitsFor } = watched;
    if (completesSubmission(event) && known?.state.last?.graphId === event.graphId) {
      watched.submitted = known.state.last.revision;
    }
    if (waitsFor === event.graphId && !this.options.isOpen(event.graphId)) this.plan(watched, 0);
  }

  /** Plans the next look at a schedule by what is known of it. */
  private planByState(watched: Watched): void {
    const { known } = watched;
    if (known === null || known.state.revision < watched.heard) return this.plan(watched, 0);
    const { last, buffered, asked, pause, unreadable } = known.state;
    const isAlive = known.recurrence !== null && unreadable === null;
    this.concern(watched);
    const isWaiting = isAlive && (asked.length > 0 || (buffered !== null && pause === null));
    const isToBeSubmitted = last !== null && last.revision !== watched.submitted;
    if (isToBeSubmitted) this.plan(watched, submittingMs * (1 + this.options.environment.random()));
    if (isWaiting && watched.waitsFor === null) return this.plan(watched, 0);
    const now = this.clock.now();
    // What fell due before now is among them, though nobody has decided it.
    const [next] = nextInstants(known.state, { recurrence: known.recurrence, now: -Infinity }, 1);
    if (next !== undefined) this.plan(watched, Math.max(0, next - now));
  }

  /** Which graphs' events it wants to hear of. */
  private concern(watched: Watched): void {
    for (const [graphId, each] of this.concerned) if (each === watched) this.concerned.delete(graphId);
    const last = watched.known?.state.last ?? null;
    if (last !== null && (last.revision !== watched.submitted || watched.waitsFor !== null)) {
      this.concerned.set(last.graphId, watched);
    }
  }

  /** Looks at a schedule after some time, unless it does so earlier anyway. */
  private plan(watched: Watched, inMs: number): void {
    if (this.isClosed || watched.isBusy || inMs === Infinity) return;
    const { environment } = this.options;
    const at = environment.monotonic() + inMs;
    if (watched.at <= at) return;
    watched.cancel();
    watched.at = at;
    const look = () => {
      watched.at = Infinity;
      if (this.needsLook(watched)) this.options.underWay(this.look(watched));
      else this.planAfter(watched, pollMs);
    };
    watched.cancel = environment.setTimer(inMs + environment.random() * spreadMs, look);
  }

  /** Not while all there is to do waits for a run that is known to go on. */
  private needsLook({ known, waitsFor, submitted, heard }: Watched): boolean {
    if (known === null || waitsFor === null || heard > known.state.revision) return true;
    const [next = Infinity] = nextInstants(known.state, { recurrence: known.recurrence, now: -Infinity }, 1);
    const isSubmitted = known.state.last?.revision === submitted;
    return !isSubmitted || next <= this.clock.now() || !this.options.isOpen(waitsFor);
  }

  private planAfter(watched: Watched, afterMs: number): void {
    this.plan(watched, afterMs);
    this.planByState(watched);
  }

  /** Decides what there is to decide, submits what there is to submit, and plans the next look. Never rejects. */
  private async look(watched: Watched): Promise<void> {
    if (this.isClosed || watched.isBusy) return;
    watched.isBusy = true;
    let afterMs = Infinity;
    try {
      if (watched.known === null) watched.known = await KnownSchedule.load(this.options.store.log, watched.name);
      else await watched.known.refresh();
      const { known } = watched;
      this.tellProblem(known);
      const wait = await advanceSchedule(this.options.store, known, this.advancing(watched));
      watched.waitsFor = wait.waitsFor;
      if (wait.waitsFor !== null) afterMs = pollMs;
      await known.saveSnapshot();
    } catch (error) {
      afterMs = this.failed(watched, error);
    } finally {
      watched.isBusy = false;
    }
    if (watched.known === null) this.plan(watched, afterMs);
    else this.planAfter(watched, afterMs);
  }

  private advancing(watched: Watched): Advancing {
    const { workerId: actor, logger } = this.options;
    return {
      actor,
      clock: this.clock,
      isSubmitted: ({ revision }) => revision === watched.submitted,
      onSubmitted: ({ revision }) => (watched.submitted = revision),
      onConflict: (graphId) =>
        logger.warn(
          { schedule: watched.name, graphId },
          `another graph is stored as the run ${graphId}; it stays as it is`,
        ),
      isOver: () => this.isClosed,
    };
  }

  /** What is known may be wrong after that, so it is read again. */
  private failed(watched: Watched, error: unknown): number {
    const { logger, onDefect } = this.options;
    watched.known = null;
    if (!(error instanceof OverseerError)) onDefect(error);
    else if (!this.isClosed) {
      const again = error instanceof LogError && error.isTransient ? '' : '; somebody should look';
      logger.warn({ err: error, schedule: watched.name }, `schedule ${watched.name}: ${error.message}${again}`);
    }
    return againMs;
  }

  private tellProblem({ name, state, problem }: KnownSchedule): void {
    const why = state.unreadable ?? problem;
    if (why !== null) this.options.logger.warn({ schedule: name }, `schedule ${name} is left alone: ${why}`);
  }

  private tellCount(all: readonly Watched[]): void {
    const count = all.filter(({ known }) => known?.state.definition != null).length;
    if (count > 0) this.options.logger.info({ schedules: count }, `watching ${plural(count, 'schedule')}`);
  }
}
