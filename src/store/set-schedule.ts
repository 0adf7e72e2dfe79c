import { checkJobGraph } from '../domain/build-job-graph.js';
import { checkLabels, checkScheduleName, kindOf, problemIn } from '../domain/graph-rules.js';
import type { JobGraph } from '../domain/job-graph.js';
import { limits } from '../domain/limits.js';
import { namespaceStream } from '../domain/namespace-stream.js';
import { type Overlap, overlaps } from '../domain/overlap.js';
import type { ScheduleSetting } from '../domain/schedule-decisions.js';
import { scheduleLabel, wholeMs } from '../domain/schedules.js';
import { partsOf } from '../domain/submission.js';
import type { Append } from '../log/event-log.js';
import { defined } from '../prelude/defined.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { jsonBytes } from '../prelude/json.js';
import { assertName, assertOptions, shownId } from '../prelude/known-names.js';
import { thousands } from '../prelude/phrases.js';
import { commandSchedule } from './command-schedule.js';
import { orInvalid } from './define.js';
import { KnownSchedule, recurrenceOf } from './known-schedule.js';
import { loadWork } from './load-work.js';
import { newEvents } from './new-events.js';
import { noProgress } from './operate.js';
import { appendOrThrow } from './or-throw.js';
import { type Reason, stated } from './reason.js';
import type { Store } from './store.js';

/** What a schedule runs, and when. */
export interface ScheduleSpecification {
  /** What each run is made from. Its id is not used: a run's id is `NAME@INSTANT`. */
  readonly graph: JobGraph;
  /** A cron line: minute, hour, day of the month, month, day of the week; perhaps seconds in front; or a name such as `@daily`. */
  readonly cron?: string;
  /** The time zone by which the cron line is read, such as `Europe/Oslo`. Default UTC. */
  readonly timezone?: string;
  /** In place of a cron line: every so many milliseconds, in whole seconds, counted from 1970-01-01T00:00:00Z. */
  readonly every?: { readonly ms: number };
  /**
   * What becomes of a run that is due while the one before it has not ended: it is skipped (`skip`, unless given), it waits, one
   * at most (`buffer-one`), it starts all the same (`allow`), or the one before it is aborted (`abort-earlier`).
   */
  readonly overlap?: Overlap;
  /** How late, in milliseconds, a run is still made that nobody made in time. At least 1000; ten minutes unless given. */
  readonly catchUpMs?: number;
}

const specificationKeys = {
  graph: true,
  cron: true,
  timezone: true,
  every: true,
  overlap: true,
  catchUpMs: true,
} as const;

/** Long enough for a restart, a deployment or another machine to take over; who wants a run hours later says so. */
const defaultCatchUpMs = 600_000;
const shortest = 1000;
/** Ten years. */
const longest = 3650 * 86_400_000;

/**
 * Sets a schedule: from this moment on, any running worker makes a run of it whenever it is due, and one of all workers does. A
 * run is an ordinary graph with the id `NAME@INSTANT` and the label `schedule`. What is stored is the graph itself. Setting
 * another specification replaces the one before; runs that there are go on. Resolves to false if it is set to just this already;
 * then nothing is changed.
 *
 *     await setSchedule(db, 'nightly', { graph, cron: '0 6 * * 1-5', timezone: 'Europe/Oslo' })
 *
 * @throws OverseerError `schedule-invalid`; InvalidGraphError; OverseerError `name-unknown` for an `overlap` that is none
 */
export async function setSchedule(
  store: Store,
  name: string,
  specification: ScheduleSpecification,
  why: Reason = {},
): Promise<boolean> {
  assertOptions<ScheduleSpecification>('setSchedule', specification, specificationKeys);
  const { by, reason } = stated(store, why, 'set by an operator');
  const setting = await checkedSetting(store, name, specification);
  const known = await KnownSchedule.load(store.log, name);
  // A worker finds the streams of schedules by their names, so the name comes first: alone, it says nothing.
  await nameSchedule(store, name, by);
  return await commandSchedule(store, known, () => ({ kind: 'set', setting, by, reason }));
}

async function nameSchedule(store: Store, name: string, by: string): Promise<void> {
  for (let tried: number | null = null; ;) {
    const work = await loadWork(store);
    if (work.schedules.has(name)) return;
    if (tried === work.revision) throw noProgress("the namespace's own stream", work);
    tried = work.revision;
    const events = newEvents(store.environment, [{ type: 'ScheduleNamed', data: { name } }], work.lastEventId, by);
    const append: Append = { ...namespaceStream, expectedRevision: work.revision, events };
    const [result] = await appendOrThrow(store.log, [append]);
    if (result!.appended) return;
  }
}

async function checkedSetting(
  store: Store,
  name: string,
  specification: ScheduleSpecification,
): Promise<ScheduleSetting> {
  const { overlap = 'skip', catchUpMs = defaultCatchUpMs } = specification;
  orScheduleInvalid(() => checkScheduleName(name));
  assertName('the rule of overlapping runs', overlap, overlaps);
  assertLength('catchUpMs', catchUpMs);
  const due = dueOf(specification);
  const recurrence = await recurrenceOf(due);
  if (E.isLeft(recurrence)) throw invalid(recurrence.left);
  if (recurrence.right.next(store.environment.now()) === null) {
    throw invalid(`the cron line ${JSON.stringify(due.cron)} is never due`);
  }
  return { ...checkedGraph(name, specification.graph), ...due, overlap, catchUpMs };
}

function dueOf({
  cron,
  timezone,
  every,
}: ScheduleSpecification): Pick<ScheduleSetting, 'cron' | 'timezone' | 'everyMs'> {
  if ((cron === undefined) === (every === undefined)) {
    const given =
      cron === undefined ? 'nothing says when the schedule is due' : 'two things say when the schedule is due';
    throw invalid(`${given}; give either a cron line or a period`);
  }
  if (every !== undefined) {
    if (timezone !== undefined) throw invalid('a period has no time zone: leave it out, or give a cron line');
    const ms = (every as { readonly ms?: unknown } | null)?.ms;
    assertLength('every.ms', ms);
    if (ms % wholeMs !== 0) throw invalid(`every.ms is ${ms}; give whole seconds`);
    return { everyMs: ms };
  }
  if (typeof cron !== 'string') throw invalid(`the cron line is ${kindOf(cron)}, not a string`);
  if (timezone !== undefined && typeof timezone !== 'string') {
    throw invalid(`the time zone is ${kindOf(timezone)}, not a string`);
  }
  return { cron: cron.trim().replace(/\s+/g, ' '), timezone: timezone ?? 'UTC' };
}

function assertLength(what: string, ms: unknown): asserts ms is number {
  if (Number.isSafeInteger(ms) && (ms as number) >= shortest && (ms as number) <= longest) return;
  const given = typeof ms === 'number' ? String(ms) : kindOf(ms);
  throw invalid(`${what} is ${given}; give a whole number of milliseconds, from 1000 (a second) to ten years`);
}

type SettingOfGraph = Pick<ScheduleSetting, 'jobs' | 'args' | 'labels' | 'priority' | 'deadlineMs'>;

function checkedGraph(name: string, given: JobGraph): SettingOfGraph {
  const graph = orInvalid(checkJobGraph(given));
  const isFork =
    given.forkedFrom !== undefined || Object.values(graph.jobs).some(({ carried }) => carried !== undefined);
  if (isFork) throw invalid('a fork carries results over, and is made once; give the graph itself');
  assertNoInstants(graph);
  if (Object.hasOwn(graph.labels, scheduleLabel)) {
    throw invalid(
      `the graph has a label ${scheduleLabel}, which every run is given with the schedule's name; name it otherwise`,
    );
  }
  orScheduleInvalid(() => checkLabels({ ...graph.labels, [scheduleLabel]: name }));
  const parts = partsOf(graph);
  const { args, labels, priority, deadlineMs } = parts[0]!.data;
  const content = { jobs: parts.flatMap((part) => part.data.jobs), args, labels, priority, ...defined({ deadlineMs }) };
  const bytes = jsonBytes(content);
  const { scheduledGraphBytesMax } = limits;
  if (bytes <= scheduledGraphBytesMax) return content;
  const message = `the graph of schedule ${shownId(name)} takes ${thousands(bytes)} bytes as JSON; the limit is ${thousands(scheduledGraphBytesMax)}. Let a job of it submit what is larger`;
  throw invalid(message);
}

/** Every run has the same graph: one instant would be that of one run only. */
function assertNoInstants({ startAfter, deadline, jobs }: JobGraph): void {
  const instead = 'which means the same instant for every run';
  if (startAfter !== undefined)
    throw invalid(`the graph has a startAfter, ${instead}; the schedule says when it starts`);
  if (deadline !== undefined)
    throw invalid(`the graph has a deadline, ${instead}; give deadlineMs, which counts from each run's submission`);
  const delayed = Object.values(jobs).find((job) => job.startAfter !== undefined);
  if (delayed !== undefined)
    throw invalid(
      `job ${shownId(delayed.id)} has a startAfter, ${instead}; give delayMs, which counts from when the job is ready`,
    );
}

function orScheduleInvalid(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw invalid(problemIn(thrown));
  }
}

/** @internal */
export function invalid(message: string): OverseerError {
  return new OverseerError('schedule-invalid', message);
}
