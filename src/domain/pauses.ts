import { absurd } from '../prelude/absurd.js';
import { E, type Either } from '../prelude/fp.js';
import { shownName } from '../prelude/known-names.js';
import { nearestTo } from '../prelude/nearest.js';
import type { EventOf, NamespaceEvent, RecordedEvent } from './events.js';
import { type GraphState, type Intervention, interventionOf, type JobNode } from './graph.js';
import { isSameMeasure, type LimitSetting, type LimitSettings, settingIn } from './limit-settings.js';
import { cutMessage } from './limits.js';
import type { Rejection } from './rejection.js';

/**
 * A pause: no job that it concerns is started until it is resumed. Jobs that run go on to their end, and a claim that was
 * under way at that moment may still be recorded after it.
 */
export interface Pause extends Intervention {
  /** What is paused: all work of the namespace, the jobs of a type in all graphs, or the jobs of a graph. */
  readonly scope: 'namespace' | 'type' | 'graph';
  /** The type of job, if that is the scope. */
  readonly type: string | null;
  /** The graph, if that is the scope. */
  readonly graphId: string | null;
}

/**
 * What the namespace's own stream says: which work is paused in all graphs, which schedules there may be, and how much may run
 * under which keys. Immutable.
 */
export interface WorkState {
  /** The pause of all work. */
  readonly pause: Intervention | null;
  /** Pauses of types of job. */
  readonly types: ReadonlyMap<string, Intervention>;
  /** The names of all schedules that there ever were. */
  readonly schedules: ReadonlySet<string>;
  /** Limits that are set, by the key or pattern they are set for. */
  readonly limits: LimitSettings;
  /** Of the last event in the stream, -1 while there is none. */
  readonly revision: number;
  readonly lastEventId: string | null;
}

export const initialWork: WorkState = Object.freeze({
  pause: null,
  types: new Map<string, Intervention>(),
  schedules: new Set<string>(),
  limits: new Map<string, LimitSetting>(),
  revision: -1,
  lastEventId: null,
});

/**
 * The state after the next event of the namespace's own stream. One that cannot follow, or that this release cannot read,
 * changes nothing: unlike that of a graph, the stream of the namespace must not be made unusable by one event.
 */
export function evolveWork(work: WorkState, event: RecordedEvent): WorkState {
  const { revision, id: lastEventId } = event;
  if (whyNoWork(work, event) !== null) return { ...work, revision, lastEventId };
  const allowed = event as RecordedEvent & NamespaceEvent;
  if (allowed.type === 'ScheduleNamed') {
    return { ...work, schedules: new Set([...work.schedules, allowed.data.name]), revision, lastEventId };
  }
  if (allowed.type === 'LimitSet' || allowed.type === 'LimitRemoved') {
    const limits = new Map(work.limits);
    if (allowed.type === 'LimitSet') limits.set(allowed.data.key, settingIn(allowed.data, event.recordedAt));
    else limits.delete(allowed.data.key);
    return { ...work, limits, revision, lastEventId };
  }
  const { type, data } = allowed;
  const pause = type === 'WorkPaused' ? interventionOf(allowed) : null;
  if (data.jobType === null) return { ...work, pause, revision, lastEventId };
  const types = new Map(work.types);
  if (pause === null) types.delete(data.jobType);
  else types.set(data.jobType, pause);
  return { ...work, types, revision, lastEventId };
}

/** Why an event cannot follow in the namespace's own stream, or null if it can. */
export function whyNoWork(work: WorkState, event: RecordedEvent): string | null {
  switch (event.type) {
    case 'Unreadable':
      return event.data.explanation;
    case 'WorkPaused':
      return pauseIn(work, event.data.jobType) === null ? null : `${workInWords(event.data)} is paused already`;
    case 'WorkResumed':
      return pauseIn(work, event.data.jobType) === null ? `${workInWords(event.data)} is not paused` : null;
    case 'ScheduleNamed':
      return work.schedules.has(event.data.name) ? `schedule ${shownName(event.data.name)} is named already` : null;
    case 'LimitSet': {
      const known = work.limits.get(event.data.key);
      const isSame = known !== undefined && isSameMeasure(known, event.data);
      return isSame ? `limit ${shownName(event.data.key)} is set to this already` : null;
    }
    case 'LimitRemoved':
      return work.limits.has(event.data.key) ? null : `no limit is set for ${shownName(event.data.key)}`;
    default:
      return `${event.type} does not belong in the namespace's own stream`;
  }
}

function pauseIn(work: WorkState, jobType: string | null): Intervention | null {
  return jobType === null ? work.pause : (work.types.get(jobType) ?? null);
}

function workInWords({ jobType }: Pick<EventOf<'WorkPaused'>['data'], 'jobType'>): string {
  return jobType === null ? 'all work' : `work of type ${shownName(jobType)}`;
}

export interface WorkCommand {
  readonly kind: 'pause' | 'resume';
  /** A type of job, or null for all work of the namespace. */
  readonly jobType: string | null;
  readonly by: string;
  readonly reason: string;
}

/** What a command does to the namespace's own stream. Pausing what is paused does nothing. */
export function decideWork(work: WorkState, command: WorkCommand): Either<Rejection, readonly NamespaceEvent[]> {
  const { kind, jobType, by } = command;
  const isPaused = pauseIn(work, jobType) !== null;
  const data = { jobType, by, reason: cutMessage(command.reason) };
  switch (kind) {
    case 'pause':
      return E.right(isPaused ? [] : [{ type: 'WorkPaused', data }]);
    case 'resume':
      if (isPaused) return E.right([{ type: 'WorkResumed', data }]);
      return E.left({ code: 'not-paused', message: whyNotResumed(work, command) });
    default:
      return absurd(kind);
  }
}

/** And what may have been meant. */
function whyNotResumed({ pause, types }: WorkState, command: WorkCommand): string {
  const known = [...types.keys()];
  if (command.jobType === null) {
    return `the namespace is not paused as a whole${known.length === 0 ? '' : `; these types are: ${known.join(', ')}`}`;
  }
  const sentence = `${workInWords(command)} is not paused`;
  if (known.length > 0) return `${sentence}; did you mean ${shownName(nearestTo(command.jobType, known))}?`;
  return pause === null ? sentence : `${sentence} by itself; all work of the namespace is`;
}

/** Whether a type of job is held back in all graphs, by its own pause or by that of all work. */
export function isTypePaused({ pause, types }: WorkState, type: string): boolean {
  return pause !== null || types.has(type);
}

/** The pauses of all work and of types. */
export function pausesOfWork({ pause, types }: WorkState): readonly Pause[] {
  const ofTypes = [...types].map(([type, given]): Pause => ({ scope: 'type', type, graphId: null, ...given }));
  return pause === null ? ofTypes : [{ scope: 'namespace', type: null, graphId: null, ...pause }, ...ofTypes];
}

/** The graph's own pause, as one of all pauses. */
export function pauseOfGraph({ id, pause }: Pick<GraphState, 'id' | 'pause'>): Pause | null {
  return pause === null ? null : { scope: 'graph', type: null, graphId: id, ...pause };
}

const none: readonly Pause[] = Object.freeze([]);

/**
 * The pauses that hold a job back: of the namespace, of its type, of its graph. None for a job that has been started or
 * has ended, or that could not run in any case, since a job it depends on has failed.
 */
export function pausesOf(job: JobNode, work: WorkState): readonly Pause[] {
  const { graph, definition, record } = job;
  // Nobody who answers is kept from it by a pause.
  if (definition.external !== undefined) return none;
  const isFree = work.pause === null && graph.pause === null && !work.types.has(definition.type);
  if (isFree || job.status !== 'unstarted' || record.above.prospect === 'blocked') return none;
  const ofGraph = pauseOfGraph(graph);
  const ofWork = pausesOfWork(work).filter(({ scope, type }) => scope === 'namespace' || type === definition.type);
  return ofGraph === null ? ofWork : [...ofWork, ofGraph];
}
