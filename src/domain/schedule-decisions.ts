import { absurd } from '../prelude/absurd.js';
import { E, type Either } from '../prelude/fp.js';
import { isoTime } from '../prelude/iso-time.js';
import { canonicalJson } from '../prelude/json.js';
import { shownId } from '../prelude/known-names.js';
import { didYouMean } from '../prelude/nearest.js';
import { thousands } from '../prelude/phrases.js';
import type { EventOf, ScheduleEvent } from './events.js';
import { cutMessage, limits } from './limits.js';
import type { Rejection } from './rejection.js';
import type { ScheduleState } from './schedules.js';

/** What is set: all that an operator says of a schedule. */
export type ScheduleSetting = Omit<EventOf<'ScheduleSet'>['data'], 'by' | 'reason'>;

export type ScheduleCommand = { readonly by: string; readonly reason: string } & (
  | { readonly kind: 'set'; readonly setting: ScheduleSetting }
  | { readonly kind: 'pause' | 'resume' | 'remove' }
  /** Instants of which no run is there, in the order in which they are to run. */
  | {
      readonly kind: 'trigger';
      readonly instants: readonly number[];
      readonly backfill?: { readonly from: number; readonly to: number };
    }
);

/** @param names of the schedules that there are: the one that was meant is named, if one is near */
export function scheduleNotFound(name: string, names: Iterable<string> = []): Rejection {
  return { code: 'schedule-not-found', message: `there is no schedule ${shownId(name)}${didYouMean(name, names)}` };
}

/** What a command does to a schedule's stream. Setting what is set, and pausing what is paused, does nothing. */
export function decideSchedule(
  state: ScheduleState,
  command: ScheduleCommand,
): Either<Rejection, readonly ScheduleEvent[]> {
  const { by } = command;
  const why = { by, reason: cutMessage(command.reason) };
  if (command.kind === 'set') {
    const isSame = state.unreadable === null && isSetTo(state, command.setting);
    return E.right(isSame ? [] : [{ type: 'ScheduleSet', data: { ...command.setting, ...why } }]);
  }
  if (state.definition === null) return E.left(scheduleNotFound(state.name));
  switch (command.kind) {
    case 'pause':
      return E.right(state.pause === null ? [{ type: 'SchedulePaused', data: why }] : []);
    case 'resume':
      if (state.pause !== null) return E.right([{ type: 'ScheduleResumed', data: why }]);
      return E.left({ code: 'not-paused', message: `schedule ${shownId(state.name)} is not paused` });
    case 'remove':
      return E.right([{ type: 'ScheduleRemoved', data: why }]);
    case 'trigger':
      return decideTrigger(state, command, why);
    default:
      return absurd(command);
  }
}

function decideTrigger(
  { asked, unreadable, name }: ScheduleState,
  { instants, backfill }: ScheduleCommand & { readonly kind: 'trigger' },
  why: { readonly by: string; readonly reason: string },
): Either<Rejection, readonly ScheduleEvent[]> {
  if (unreadable !== null) {
    const message = `schedule ${shownId(name)} is left alone, since this release cannot read what was set last: ${unreadable}; set it again, or use the release that set it`;
    return E.left({ code: 'schedule-unreadable', message });
  }
  const { askedRunsMax } = limits;
  if (asked.length + instants.length > askedRunsMax) {
    const waiting = asked.length === 0 ? '' : `, besides the ${thousands(asked.length)} that wait already`;
    const message = `these are ${thousands(instants.length)} runs${waiting}; at most ${thousands(askedRunsMax)} may wait, so ask for a shorter stretch`;
    return E.left({ code: 'too-many-runs', message });
  }
  if (instants.length === 0) return E.right([]);
  const stretch =
    backfill === undefined ? {} : { backfill: { from: isoTime(backfill.from), to: isoTime(backfill.to) } };
  return E.right([{ type: 'ScheduleTriggered', data: { instants: instants.map(isoTime), ...why, ...stretch } }]);
}

function isSetTo({ definition }: ScheduleState, setting: ScheduleSetting): boolean {
  if (definition === null) return false;
  const { revision: _revision, set: _set, ...known } = definition;
  return textOf(known) === textOf(setting);
}

function textOf({ jobs, ...rest }: ScheduleSetting): string {
  return canonicalJson({ ...rest, jobs: jobs.toSorted((a, b) => (a.id < b.id ? -1 : 1)) });
}
