import { decideSchedule, type ScheduleCommand, scheduleNotFound } from '../domain/schedule-decisions.js';
import { scheduleStream } from '../domain/schedules.js';
import { KnownSchedule } from './known-schedule.js';
import { loadWork } from './load-work.js';
import { newEvents } from './new-events.js';
import { noProgress } from './operate.js';
import { allowed, appendOrThrow, RejectedError } from './or-throw.js';
import type { Store } from './store.js';

/** @internal A schedule that is there; throws a RejectedError `schedule-not-found` for one that is not. */
export async function existingSchedule(store: Store, name: string): Promise<KnownSchedule> {
  const names = (await loadWork(store)).schedules;
  const known = names.has(name) ? await KnownSchedule.load(store.log, name) : null;
  if (known?.state.definition == null) throw await missingSchedule(store, name, names);
  return known;
}

/** @internal The error for a schedule that there is not, which names the one that was meant. */
export async function missingSchedule(store: Store, name: string, names: Iterable<string>): Promise<RejectedError> {
  const there: string[] = [];
  for (const each of names) {
    if ((await KnownSchedule.load(store.log, each)).state.definition !== null) there.push(each);
  }
  return new RejectedError(scheduleNotFound(name, there));
}

/**
 * @internal Decides what a command does to a schedule, and appends it. Where another writer was faster, it decides again. False if
 * nothing had to be done.
 */
export async function commandSchedule(
  store: Store,
  known: KnownSchedule,
  commandFor: () => ScheduleCommand | Promise<ScheduleCommand>,
): Promise<boolean> {
  for (;;) {
    const command = await commandFor();
    const { state } = known;
    const events = newEvents(store.environment, allowed(decideSchedule(state, command)), state.lastEventId, command.by);
    if (events.length === 0) return false;
    const append = { ...scheduleStream(known.name), expectedRevision: state.revision, events };
    const [result] = await appendOrThrow(store.log, [append]);
    const read = await known.refresh();
    if (result!.appended) return true;
    if (read.length === 0) throw noProgress(`schedule ${known.name}`, state);
  }
}
