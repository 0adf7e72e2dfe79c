/** What is to be decided about a schedule now. Pure: whoever is awake asks, and appends the answer. */
import { defined } from '../prelude/defined.js';
import { instantsBetween, type Recurrence } from '../prelude/recurrence.js';
import { isoTime } from '../prelude/iso-time.js';
import type { DomainEvent, EventOf } from './events.js';
import type { Job, JobGraph } from './job-graph.js';
import { runId, scheduleLabel, type ScheduledRun, type ScheduleDefinition, type ScheduleState } from './schedules.js';

/** Instants that are decided together are counted up to here. */
const countMax = 1000;

export type NextStep =
  /** To be appended at the state's revision. */
  | { readonly kind: 'append'; readonly event: DomainEvent }
  /** Whether this run has ended must be known. */
  | { readonly kind: 'look'; readonly graphId: string }
  /** Nothing, until the next instant falls due (null if none does), or until the run named, which something waits for, has ended. */
  | { readonly kind: 'wait'; readonly until: number | null; readonly waitsFor: string | null };

export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of what the schedule is set to; null if it is not there. */
  readonly recurrence: Recurrence | null;
  /** Whether the last run has ended; null if nobody has looked. */
  readonly hasLastEnded: boolean | null;
}

const nothing: NextStep = { kind: 'wait', until: null, waitsFor: null };

/**
 * The next step for a schedule. Steps are taken one at a time, and only when the graph of the last run is known to be there: so
 * a worker that dies between deciding a run and submitting it leaves at most one to be submitted by another.
 *
 * What was asked for and what waits begins as soon as the run before it has ended. What falls due is begun, skipped or kept
 * waiting at once, as the rule of overlapping runs says. A pause holds back what falls due and what waits, but not what an
 * operator asks for.
 */
export function nextStep(state: ScheduleState, { now, recurrence, hasLastEnded }: Moment): NextStep {
  const { definition, pause, asked, last } = state;
  if (definition === null || recurrence === null || state.unreadable !== null) return nothing;
  const buffered = pause === null ? state.buffered : null;
  const waiting = buffered ?? asked[0] ?? null;
  const next = pause === null ? recurrence.next(state.decidedUpTo) : null;
  const due = next !== null && next <= now ? next : null;
  if (due !== null && now - due > definition.catchUpMs) return skip(recurrence, due, missed(definition, now));
  if (due === null && waiting === null) return { kind: 'wait', until: next, waitsFor: null };
  const isAlone = last === null || definition.overlap === 'allow';
  if (!isAlone && hasLastEnded === null) return { kind: 'look', graphId: last.graphId };
  if (isAlone || hasLastEnded === true) {
    if (waiting === null) return fire(state, due!, 'due');
    return fire(state, waiting, buffered === null ? 'asked' : 'buffered');
  }
  if (due === null) return { kind: 'wait', until: next, waitsFor: last.graphId };
  return overlapping(state, { due, now, last, recurrence });
}

interface Overlapping {
  readonly due: number;
  readonly now: number;
  readonly last: ScheduledRun;
  readonly recurrence: Recurrence;
}

/** An instant is due, and the last run has not ended. */
function overlapping(state: ScheduleState, { due, now, last, recurrence }: Overlapping): NextStep {
  const skipped = { upTo: now, why: 'overlap' } as const;
  switch (state.definition!.overlap) {
    case 'buffer-one':
      if (state.buffered !== null) return skip(recurrence, due, skipped);
      return { kind: 'append', event: { type: 'ScheduleBuffered', data: { instant: isoTime(due) } } };
    case 'abort-earlier': {
      // Of several that are due, all but the last would be aborted at once.
      const newest = recurrence.previous(now + 1) ?? due;
      if (newest > due) return skip(recurrence, due, { upTo: newest - 1, why: 'overlap' });
      return fire(state, due, 'due', last.graphId);
    }
    default:
      return skip(recurrence, due, skipped);
  }
}

/** What fell due so long before now is too late. */
function missed({ catchUpMs }: ScheduleDefinition, now: number): Skipping {
  return { upTo: now - catchUpMs - 1, why: 'missed' };
}

interface Skipping {
  readonly upTo: number;
  readonly why: EventOf<'ScheduleSkipped'>['data']['why'];
}

/** Skips everything from one instant up to a moment. */
function skip(recurrence: Recurrence, from: number, { upTo, why }: Skipping): NextStep {
  const to = Math.max(from, recurrence.previous(upTo + 1) ?? from);
  const count = instantsBetween(recurrence, from - 1, to, countMax + 1).length;
  const data = { from: isoTime(from), to: isoTime(to), why, ...(count <= countMax ? { count } : {}) };
  return { kind: 'append', event: { type: 'ScheduleSkipped', data } };
}

function fire(
  { name }: ScheduleState,
  instant: number,
  kind: EventOf<'ScheduleFired'>['data']['kind'],
  aborts?: string,
): NextStep {
  const data = { instant: isoTime(instant), kind, graphId: runId(name, instant), ...(aborts && { aborts }) };
  return { kind: 'append', event: { type: 'ScheduleFired', data } };
}

/** The graph of a run. The same for everybody who makes it. */
export function graphOfRun(name: string, { graphId, definition }: ScheduledRun): JobGraph {
  return { ...graphOf(definition), id: graphId, labels: { ...definition.labels, [scheduleLabel]: name } };
}

/** The graph of a schedule's runs, under no id. */
export function graphOf({ jobs, args, labels, priority, deadlineMs }: ScheduleDefinition): JobGraph {
  const built = jobs.map((job): [string, Job] => [job.id, { ...job, status: 'unstarted', args: job.args ?? args }]);
  return { id: '', jobs: Object.fromEntries(built), labels, priority, ...defined({ deadlineMs }) };
}

/** The next instants, at most so many. None while the schedule is paused, or is not there. */
export function nextInstants(
  { definition, pause, decidedUpTo, unreadable }: ScheduleState,
  { recurrence, now }: Omit<Moment, 'hasLastEnded'>,
  most: number,
): readonly number[] {
  if (definition === null || pause !== null || recurrence === null || unreadable !== null) return [];
  return instantsBetween(recurrence, Math.max(decidedUpTo, now), Infinity, most);
}
