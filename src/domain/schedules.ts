/**
 * Schedules. A schedule is a stream of the namespace's own (see namespace-stream.ts): an operator's events say when it is due and
 * what runs then; the others say what was decided about each instant that fell due. A decision is an append at the revision that
 * was looked at, so one of all workers makes it. Its runs are ordinary graphs, whose ids follow from the name and the instant.
 *
 * The clocks of workers may be wrong. A decision that the log recorded too early, by the log's own clock, has no effect: whoever
 * wrote it sees so, and waits. So it does not matter what a worker believes the time to be, as long as the log's clock is right.
 */
import type { EventOf, RecordedEvent, ScheduleEvent, StreamId } from './events.js';
import type { Intervention } from './graph.js';
import { isOfNamespace, ofNamespace } from './namespace-stream.js';

const streamPrefix = 'schedule/';

/** The stream that holds all there is to know of a schedule. */
export function scheduleStream(name: string): StreamId {
  return { graphId: ofNamespace, jobId: `${streamPrefix}${name}` };
}

/** The schedule whose stream this is; null for every other stream. */
export function scheduleNameOf({ graphId, jobId }: StreamId): string | null {
  const isSchedule = isOfNamespace({ graphId }) && jobId !== null && jobId.startsWith(streamPrefix);
  return isSchedule ? jobId.slice(streamPrefix.length) : null;
}

/** The label by which the runs of a schedule are found; its value is the schedule's name. */
export const scheduleLabel = 'schedule';

/** An instant as the ids of runs have it: without milliseconds, if it has none. */
export function shownInstant(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

/** The id of the graph that a schedule makes for an instant. */
export function runId(name: string, instant: number): string {
  return `${name}@${shownInstant(instant)}`;
}

/** Which run of a schedule a graph is; null if it is none, as far as its id and labels tell. */
export function scheduledRunOf({
  id,
  labels,
}: {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}): { readonly schedule: string; readonly instant: string } | null {
  const name = labels[scheduleLabel];
  if (name === undefined || !id.startsWith(`${name}@`)) return null;
  const instant = id.slice(name.length + 1);
  return Number.isNaN(Date.parse(instant)) ? null : { schedule: name, instant };
}

/** What a schedule was set to. */
export interface ScheduleDefinition extends Omit<EventOf<'ScheduleSet'>['data'], 'by' | 'reason'> {
  /** Of the event that says so. */
  readonly revision: number;
  readonly set: Intervention;
}

/** A run that was decided. */
export interface ScheduledRun {
  readonly instant: number;
  readonly graphId: string;
  /** The run that is aborted for it. */
  readonly aborts: string | null;
  /** What it is made from: what was set when it was decided. */
  readonly definition: ScheduleDefinition;
  /** Of the event that decided it. */
  readonly revision: number;
}

/** What a schedule's stream says. Instants are milliseconds since the epoch. Immutable. */
export interface ScheduleState {
  readonly name: string;
  /** What it is set to; null while it is not there. */
  readonly definition: ScheduleDefinition | null;
  readonly pause: Intervention | null;
  /** What fell due up to here is decided. */
  readonly decidedUpTo: number;
  /** Instants that an operator has asked for, and that were not begun, in the order in which they will be. */
  readonly asked: readonly number[];
  /** The last instant that was asked for; each is later than those before, except those of the past. */
  readonly lastAsked: number;
  /** An instant that was due, and waits for the run before it to end. */
  readonly buffered: number | null;
  /** The run that was decided last. Whether its graph was submitted is not said here: the log is asked. */
  readonly last: ScheduledRun | null;
  /** Why this release leaves it alone: the last thing that was set is more than it can read. */
  readonly unreadable: string | null;
  /** Of the last event in the stream, -1 while there is none. */
  readonly revision: number;
  readonly lastEventId: string | null;
}

export function initialSchedule(name: string): ScheduleState {
  return Object.freeze({
    name,
    definition: null,
    pause: null,
    decidedUpTo: -Infinity,
    asked: [],
    lastAsked: -Infinity,
    buffered: null,
    last: null,
    unreadable: null,
    revision: -1,
    lastEventId: null,
  });
}

/** What falls due does so at full seconds; what an operator asks for now, between them. So the two never are the same run. */
export const wholeMs = 1000;

/** By how much the log's clock may be behind a decision that counts: two good clocks differ by less. */
export const aheadMsMax = 1000;

/** Why an event has no effect. */
export interface NoEffect {
  readonly problem: string;
  /** It was decided by a clock that is ahead of the log's: nothing is wrong with the log. */
  readonly isEarly: boolean;
}

/** The state after the next event of the schedule's stream. One that has no effect changes nothing. */
export function evolveSchedule(state: ScheduleState, event: RecordedEvent): ScheduleState {
  const next = whyNoEffect(state, event) === null ? changed(state, event as RecordedEvent & ScheduleEvent) : state;
  const { revision, id: lastEventId } = event;
  // Only a newer release knows what it says, and whether runs may be made after it.
  const unreadable = event.type === 'Unreadable' ? event.data.explanation : next.unreadable;
  return Object.freeze({ ...next, unreadable, revision, lastEventId });
}

function changed(state: ScheduleState, event: RecordedEvent & ScheduleEvent): ScheduleState {
  const at = Date.parse(event.recordedAt);
  switch (event.type) {
    case 'ScheduleSet': {
      const { by, reason, ...data } = event.data;
      const definition = { ...data, revision: event.revision, set: { by, reason, at: event.recordedAt } };
      return { ...state, definition, unreadable: null, decidedUpTo: Math.max(state.decidedUpTo, at) };
    }
    case 'SchedulePaused':
      return { ...state, pause: { ...event.data, at: event.recordedAt } };
    case 'ScheduleResumed':
      return { ...state, pause: null, decidedUpTo: Math.max(state.decidedUpTo, at) };
    case 'ScheduleRemoved':
      return { ...state, definition: null, pause: null, asked: [], buffered: null, unreadable: null };
    case 'ScheduleTriggered': {
      const instants = event.data.instants.map((instant) => Date.parse(instant));
      const lastAsked = Math.max(state.lastAsked, ...instants);
      return { ...state, asked: [...state.asked, ...instants], lastAsked };
    }
    case 'ScheduleFired':
      return fired(state, event);
    case 'ScheduleBuffered': {
      const instant = Date.parse(event.data.instant);
      return { ...state, buffered: instant, decidedUpTo: instant };
    }
    case 'ScheduleSkipped':
      return { ...state, decidedUpTo: Date.parse(event.data.to) };
  }
}

function fired(state: ScheduleState, { data, revision }: RecordedEvent & EventOf<'ScheduleFired'>): ScheduleState {
  const instant = Date.parse(data.instant);
  const { graphId, kind, aborts = null } = data;
  const last = { instant, graphId, aborts, definition: state.definition!, revision };
  switch (kind) {
    case 'due':
      return { ...state, last, decidedUpTo: instant };
    case 'asked':
      return { ...state, last, asked: state.asked.filter((each) => each !== instant) };
    case 'buffered':
      return { ...state, last, buffered: null };
  }
}

/** Why an event of the schedule's stream has no effect; null if it has one. */
export function whyNoEffect(state: ScheduleState, event: RecordedEvent): NoEffect | null {
  if (event.type === 'Unreadable') return { problem: event.data.explanation, isEarly: false };
  const problem = whyImpossible(state, event);
  if (problem !== null) return { problem, isEarly: false };
  const early = whyEarly(state, event);
  return early === null ? null : { problem: early, isEarly: true };
}

function whyImpossible(state: ScheduleState, event: RecordedEvent): string | null {
  const { definition, pause, decidedUpTo } = state;
  if (event.type === 'ScheduleSet') return null;
  if (!event.type.startsWith('Schedule') || event.type === 'ScheduleNamed') {
    return `${event.type} does not belong in the stream of a schedule`;
  }
  if (definition === null) return 'there is no such schedule at this point';
  switch (event.type) {
    case 'SchedulePaused':
      return pause === null ? null : 'the schedule is paused already';
    case 'ScheduleResumed':
      return pause === null ? 'the schedule is not paused' : null;
    case 'ScheduleFired':
      return whyNotFired(state, event.data);
    case 'ScheduleBuffered':
      if (state.buffered !== null) return 'another instant waits already';
      return whyDecided(state, event.data.instant);
    case 'ScheduleSkipped':
      if (pause !== null) return 'the schedule is paused';
      if (event.data.from > event.data.to) return 'it ends before it begins';
      return Date.parse(event.data.from) > decidedUpTo ? null : decidedAlready(event.data.from);
    default:
      return null;
  }
}

function whyNotFired(
  state: ScheduleState,
  { instant, kind, graphId }: EventOf<'ScheduleFired'>['data'],
): string | null {
  const at = Date.parse(instant);
  const meant = runId(state.name, at);
  if (graphId !== meant)
    return `it names the graph ${JSON.stringify(graphId)}, and its instant ${JSON.stringify(meant)}`;
  switch (kind) {
    case 'due':
      return whyDecided(state, instant);
    case 'asked':
      return state.asked.includes(at) ? null : `nobody has asked for ${instant}, or it was begun already`;
    case 'buffered':
      return state.buffered === at ? null : `${instant} does not wait, or it was begun already`;
  }
}

function whyDecided({ pause, decidedUpTo }: ScheduleState, instant: string): string | null {
  if (pause !== null) return 'the schedule is paused';
  return Date.parse(instant) > decidedUpTo ? null : decidedAlready(instant);
}

function decidedAlready(instant: string): string {
  return `${instant} was decided already`;
}

/** @internal What is decided must have fallen due, and what was missed must be too late, by the time at which the log recorded it. */
export function whyEarly({ definition }: Pick<ScheduleState, 'definition'>, event: RecordedEvent): string | null {
  const at = Date.parse(event.recordedAt) + aheadMsMax;
  const early = (instant: string, what: string) => `it was recorded at ${event.recordedAt}, before ${instant} ${what}`;
  switch (event.type) {
    case 'ScheduleFired':
      if (event.data.kind === 'asked') return null;
      return Date.parse(event.data.instant) <= at ? null : early(event.data.instant, 'was due');
    case 'ScheduleBuffered':
      return Date.parse(event.data.instant) <= at ? null : early(event.data.instant, 'was due');
    case 'ScheduleSkipped': {
      const { to, why } = event.data;
      const lateMs = why === 'missed' ? definition!.catchUpMs : 0;
      return Date.parse(to) + lateMs <= at ? null : early(to, why === 'missed' ? 'was too late to be made' : 'was due');
    }
    default:
      return null;
  }
}
