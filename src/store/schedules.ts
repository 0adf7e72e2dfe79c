import type { GraphStatus, Intervention } from '../domain/graph.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { GraphState } from '../domain/graph.js';
import type { JobGraph } from '../domain/job-graph.js';
import type { Overlap } from '../domain/overlap.js';
import { graphOf, nextInstants } from '../domain/schedule-runs.js';
import { type ScheduleDefinition, scheduleStream, whyEarly } from '../domain/schedules.js';
import { isoTime } from '../prelude/iso-time.js';
import { assertOptions } from '../prelude/known-names.js';
import { missingSchedule } from './command-schedule.js';
import { type AsOf, asOfOnly } from './graph-info.js';
import { KnownSchedule } from './known-schedule.js';
import { loadWork } from './load-work.js';
import { orThrow } from './or-throw.js';
import { limitOf } from './pages.js';
import type { Store } from './store.js';

/** A schedule: what it is set to, and what comes next. Instants are ISO times in UTC. */
export interface ScheduleInfo {
  readonly name: string;
  /** Null if it has a period. */
  readonly cron: string | null;
  readonly timezone: string | null;
  /** Null if it has a cron line. */
  readonly everyMs: number | null;
  readonly overlap: Overlap;
  readonly catchUpMs: number;
  /** How many jobs a run has. */
  readonly jobs: number;
  /** Who set it to this. */
  readonly set: Intervention;
  readonly pause: Intervention | null;
  /** The next five instants at which it is due; none while it is paused. */
  readonly next: readonly string[];
  /** What is due or was asked for, and waits until the run before it has ended. */
  readonly waiting: readonly string[];
  readonly last: LastRun | null;
  /** Why this release makes no run of it: it cannot read what was set, or not tell when that is due. */
  readonly problem: string | null;
}

/** The run that was decided last. */
export interface LastRun {
  readonly instant: string;
  readonly graphId: string;
  /** Null for one whose graph is still to be submitted. */
  readonly status: GraphStatus | null;
}

/** A schedule with its graph, and what was decided lately. */
export interface ScheduleDetails extends ScheduleInfo {
  /** What each run is made from. Its id is empty. */
  readonly graph: JobGraph;
  /** What was decided, the latest first. */
  readonly history: readonly ScheduleDecision[];
}

/** What was decided of one instant, or of several that were skipped together. */
export interface ScheduleDecision {
  readonly outcome: 'run' | 'skipped';
  readonly from: string;
  /** The same instant as `from`, unless several were skipped. */
  readonly to: string;
  /** How many instants; null for more than a thousand. */
  readonly count: number | null;
  /** Why there is a run: it was `due`, `asked` for by an operator, or had waited (`buffered`); or why it was skipped. */
  readonly why: 'due' | 'asked' | 'buffered' | 'overlap' | 'missed';
  /** When the log recorded the decision. */
  readonly at: string;
  /** Of the run. */
  readonly graphId: string | null;
  /** How the run stands; null if there is none, or its graph is still to be submitted. */
  readonly status: GraphStatus | null;
  /** Of the run's last event. */
  readonly lastEventAt: string | null;
}

const nextShown = 5;

/** The schedules that there are, by name. */
export async function schedules(store: Store, options: AsOf = {}): Promise<readonly ScheduleInfo[]> {
  assertOptions<AsOf>('schedules', options, asOfOnly);
  const { asOf = null } = options;
  const names = (await loadWork(store, asOf)).schedules;
  const found: ScheduleInfo[] = [];
  for (const name of [...names].sort()) {
    const known = await KnownSchedule.load(store.log, name, asOf);
    const { definition } = known.state;
    if (definition !== null) found.push(await infoOf(store, known, definition, asOf));
  }
  return found;
}

export interface ScheduleRequest extends AsOf {
  /** How many decisions its history has at most. Default 20. */
  readonly limit?: number;
}

/**
 * One schedule.
 *
 * @throws RejectedError `schedule-not-found`; OverseerError `limit-invalid`
 */
export async function schedule(store: Store, name: string, request: ScheduleRequest = {}): Promise<ScheduleDetails> {
  assertOptions<ScheduleRequest>('schedule', request, { asOf: true, limit: true });
  const { asOf = null, limit = 20 } = request;
  const most = limitOf({ limit });
  const names = (await loadWork(store, asOf)).schedules;
  const known = names.has(name) ? await KnownSchedule.load(store.log, name, asOf) : null;
  const definition = known?.state.definition ?? null;
  if (known === null || definition === null) throw await missingSchedule(store, name, names);
  const info = await infoOf(store, known, definition, asOf);
  const history = await historyOf(store, known, most, asOf);
  return { ...info, graph: graphOf(definition), history };
}

async function infoOf(
  store: Store,
  { state, recurrence, problem }: KnownSchedule,
  definition: ScheduleDefinition,
  asOf: Position | null,
): Promise<ScheduleInfo> {
  const { name, pause, buffered, asked, last, unreadable } = state;
  const { cron = null, timezone = null, everyMs = null, overlap, catchUpMs, jobs, set } = definition;
  const now = asOf === null ? store.environment.now() : state.decidedUpTo;
  const waiting = buffered === null ? asked : [buffered, ...asked];
  return {
    name,
    ...{ cron, timezone, everyMs, overlap, catchUpMs, set, pause },
    jobs: jobs.length,
    next: nextInstants(state, { recurrence, now }, nextShown).map(isoTime),
    waiting: waiting.map(isoTime),
    last:
      last === null
        ? null
        : {
            instant: isoTime(last.instant),
            graphId: last.graphId,
            status: (await standing(store, last.graphId, asOf)).status,
          },
    problem: unreadable ?? problem,
  };
}

async function historyOf(
  store: Store,
  { name, state }: KnownSchedule,
  most: number,
  asOf: Position | null,
): Promise<readonly ScheduleDecision[]> {
  const { revision: to } = state;
  // Of an instant that had to wait there are two events, and operators have written some.
  const events = await orThrow(store.log.readStream(scheduleStream(name), { from: Math.max(0, to - 4 * most), to }));
  const decided = events.filter((event) => whyEarly(state, event) === null).flatMap(decisionOf);
  const latest = decided.reverse().slice(0, most);
  return await Promise.all(
    latest.map(async (each) =>
      each.graphId === null ? each : { ...each, ...(await standing(store, each.graphId, asOf)) },
    ),
  );
}

function decisionOf(event: RecordedEvent): readonly ScheduleDecision[] {
  const common = { at: event.recordedAt, status: null, lastEventAt: null };
  if (event.type === 'ScheduleFired') {
    const { instant, kind, graphId } = event.data;
    return [{ outcome: 'run', from: instant, to: instant, count: 1, why: kind, graphId, ...common }];
  }
  if (event.type !== 'ScheduleSkipped') return [];
  const { from, to, count = null, why } = event.data;
  return [{ outcome: 'skipped', from, to, count, why, graphId: null, ...common }];
}

/** How a run stands. */
async function standing(
  store: Store,
  graphId: string,
  asOf: Position | null,
): Promise<Pick<ScheduleDecision, 'status' | 'lastEventAt'>> {
  const graph = new GraphState(graphId);
  for (const event of await orThrow(store.log.readGraph(graphId, asOf))) graph.apply(event);
  if (graph.existsFrom === null) return { status: null, lastEventAt: null };
  return { status: graph.status, lastEventAt: graph.lastEventAt };
}
