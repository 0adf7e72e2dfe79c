import { limits } from '../domain/limits.js';
import { runId, shownInstant, wholeMs } from '../domain/schedules.js';
import { assertOptions } from '../prelude/known-names.js';
import { thousands } from '../prelude/phrases.js';
import { instantsBetween } from '../prelude/recurrence.js';
import { advanceSchedule } from './advance-schedule.js';
import { commandSchedule, existingSchedule } from './command-schedule.js';
import type { KnownSchedule } from './known-schedule.js';
import { orThrow } from './or-throw.js';
import { type Reason, stated } from './reason.js';
import { ScheduleClock } from './schedule-clock.js';
import { invalid } from './set-schedule.js';
import type { Store } from './store.js';

/**
 * Pauses a schedule: nothing that falls due is made until {@link resumeSchedule}, nor afterwards. Runs that there are go on, and
 * what an operator asks for is made all the same. Resolves to false if it was paused already; then nothing is changed.
 *
 * @throws RejectedError `schedule-not-found`
 */
export async function pauseSchedule(store: Store, name: string, why: Reason = {}): Promise<boolean> {
  const { by, reason } = stated(store, why, 'paused by an operator');
  return await commandSchedule(store, await existingSchedule(store, name), () => ({ kind: 'pause', by, reason }));
}

/**
 * Ends the pause of a schedule: it makes what falls due from now on.
 *
 * @throws RejectedError `schedule-not-found`, `not-paused`
 */
export async function resumeSchedule(store: Store, name: string, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'resumed by an operator');
  await commandSchedule(store, await existingSchedule(store, name), () => ({ kind: 'resume', by, reason }));
}

/**
 * Removes a schedule: it makes no run any more. Runs that there are go on, and its history stays.
 *
 * @throws RejectedError `schedule-not-found`
 */
export async function removeSchedule(store: Store, name: string, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'removed by an operator');
  await commandSchedule(store, await existingSchedule(store, name), () => ({ kind: 'remove', by, reason }));
}

/**
 * Asks for a run now, also while the schedule is paused. It is never skipped: it begins when the run before it has ended, or at
 * once with the overlap `allow`. Resolves to the id of its graph.
 *
 * @throws RejectedError `schedule-not-found`, `schedule-unreadable`, `too-many-runs`
 */
export async function triggerSchedule(store: Store, name: string, why: Reason = {}): Promise<string> {
  const { by, reason } = stated(store, why, 'triggered by an operator');
  const known = await existingSchedule(store, name);
  let instant = 0;
  await commandSchedule(store, known, async () => {
    instant = await freeInstant(store, known);
    return { kind: 'trigger', instants: [instant], by, reason };
  });
  await advance(store, known, by);
  return runId(name, instant);
}

/** The stretch of time whose runs are made. */
export interface Backfill {
  /** ISO times, both included. */
  readonly from: string;
  readonly to: string;
}

/**
 * Asks for the runs of a stretch of the past: of every instant in it at which the schedule is due, as it is set now, and of which
 * there is no run. What falls due later, or is due and not decided yet, is left to the schedule itself. They begin one after
 * another, each when the run before it has ended; all at once with the overlap `allow`. Resolves to the ids of their graphs.
 *
 * @throws RejectedError `schedule-not-found`, `schedule-unreadable`, `too-many-runs`; OverseerError `schedule-invalid`
 */
export async function backfillSchedule(
  store: Store,
  name: string,
  stretch: Backfill,
  why: Reason = {},
): Promise<readonly string[]> {
  assertOptions<Backfill>('backfillSchedule', stretch, { from: true, to: true });
  const { by, reason } = stated(store, why, 'backfilled by an operator');
  const [from, to] = [momentOf('from', stretch.from), momentOf('to', stretch.to)];
  if (from > to) throw invalid(`the stretch begins at ${shownInstant(from)}, after it ends at ${shownInstant(to)}`);
  const known = await existingSchedule(store, name);
  let instants: readonly number[] = [];
  await commandSchedule(store, known, async () => {
    instants = await missingRuns(store, known, from, to);
    return { kind: 'trigger', instants, by, reason, backfill: { from, to } };
  });
  if (instants.length > 0) await advance(store, known, by);
  return instants.map((instant) => runId(name, instant));
}

function momentOf(what: string, given: string): number {
  const moment = typeof given === 'string' ? Date.parse(given) : NaN;
  // What the log writes has four digits for the year.
  if (moment >= 0 && moment < Date.UTC(9999, 0)) return moment;
  throw invalid(`${what} is ${JSON.stringify(given)}; give an ISO time, such as 2026-03-01T00:00:00Z`);
}

/** An instant for a run of now: one at which no schedule is ever due, and that nobody has asked for. */
async function freeInstant(store: Store, { name, state }: KnownSchedule): Promise<number> {
  for (let instant = Math.max(store.environment.now(), state.lastAsked + 1); ; instant++) {
    if (instant % wholeMs !== 0 && !(await isRun(store, name, instant))) return instant;
  }
}

async function missingRuns(store: Store, known: KnownSchedule, from: number, to: number): Promise<readonly number[]> {
  const { name, state, recurrence, problem } = known;
  if (recurrence === null) {
    if (problem !== null) throw invalid(problem);
    return [];
  }
  // What falls due before a pause ends is not made. When that will be is not known, but it is after it began.
  const decidedUpTo = Math.max(state.decidedUpTo, state.pause === null ? -Infinity : Date.parse(state.pause.at));
  const most = limits.askedRunsMax;
  const instants = instantsBetween(recurrence, from - 1, Math.min(to, decidedUpTo), most + 1);
  if (instants.length > most) {
    const message = `from ${shownInstant(from)} to ${shownInstant(to)} it is due more than ${thousands(most)} times; ask for a shorter stretch`;
    throw invalid(message);
  }
  const spoken = new Set([...state.asked, state.buffered, state.last?.instant ?? null]);
  const missing: number[] = [];
  for (const instant of instants) {
    if (!spoken.has(instant) && !(await isRun(store, name, instant))) missing.push(instant);
  }
  return missing;
}

async function isRun(store: Store, name: string, instant: number): Promise<boolean> {
  const stream = { graphId: runId(name, instant), jobId: null };
  return (await orThrow(store.log.readStream(stream, { from: 0, to: 0 }))).length > 0;
}

/** What was asked for begins at once, if it may, even while no worker runs. */
async function advance(store: Store, known: KnownSchedule, actor: string): Promise<void> {
  await advanceSchedule(store, known, { actor, clock: new ScheduleClock(store.environment) });
}
