import { graphOfRun, nextStep, type NextStep } from '../domain/schedule-runs.js';
import { type ScheduledRun, scheduleStream } from '../domain/schedules.js';
import { LogError } from '../log/event-log.js';
import { GraphConflictError, storeGraph } from './submit.js';
import type { KnownSchedule } from './known-schedule.js';
import { loadGraph } from './load-graph.js';
import { newEvents } from './new-events.js';
import { abortGraph, noProgress } from './operate.js';
import { appendOrThrow, orThrow, RejectedError } from './or-throw.js';
import type { ScheduleClock } from './schedule-clock.js';
import type { Store } from './store.js';

/** @internal What whoever advances a schedule knows besides it. */
export interface Advancing {
  /** Who writes what is decided. */
  readonly actor: string;
  readonly clock: ScheduleClock;
  /** Whether the graph of a run is known to be there. */
  readonly isSubmitted?: (run: ScheduledRun) => boolean;
  /** Told when the graph of the last run is there. */
  readonly onSubmitted?: (run: ScheduledRun) => void;
  /** Told when a graph of other content stands where a run's should be. It stays, as that run. */
  readonly onConflict?: (graphId: string) => void;
  /** Whether to decide nothing more. */
  readonly isOver?: () => boolean;
}

type Wait = NextStep & { readonly kind: 'wait' };

/**
 * @internal Decides all there is to decide about a schedule now, and submits the graphs of what is decided. Anybody may do so at
 * any time, and any number at once: each decision is one append, and one writer's fits. First the graph of the last run is seen
 * to be there, so whatever a writer that died left undone is done by the next. Resolves to what there is to wait for.
 */
export async function advanceSchedule(store: Store, schedule: KnownSchedule, given: Advancing): Promise<Wait> {
  let hasLastEnded: boolean | null = null;
  let submitted: ScheduledRun | null = null;
  for (;;) {
    const { last } = schedule.state;
    if (last !== null && last.revision !== submitted?.revision) {
      if (given.isSubmitted?.(last) !== true) await submitRun(store, schedule.name, last, given);
      submitted = last;
      hasLastEnded = null;
    }
    const { recurrence } = schedule;
    const step = nextStep(schedule.state, { now: given.clock.now(), recurrence, hasLastEnded });
    if (step.kind === 'wait') return step;
    if (given.isOver?.() === true) return { kind: 'wait', until: null, waitsFor: null };
    if (step.kind === 'look') hasLastEnded = await hasEnded(store, step.graphId);
    else await decide(store, schedule, step, given);
  }
}

/** Appends a decision, unless another writer was faster; and reads on in either case. */
async function decide(
  store: Store,
  schedule: KnownSchedule,
  { event }: NextStep & { readonly kind: 'append' },
  { actor, clock }: Advancing,
): Promise<void> {
  const { state } = schedule;
  const events = newEvents(store.environment, [event], state.lastEventId, actor);
  const began = store.environment.now();
  const append = { ...scheduleStream(schedule.name), expectedRevision: state.revision, events };
  const [result] = await appendOrThrow(store.log, [append]);
  const read = await schedule.refresh();
  const written = read.find(({ id }) => id === events[0]!.id);
  if (written !== undefined) clock.learn(began, Date.parse(written.recordedAt));
  else if (result!.appended || read.length === 0) throw noProgress(`schedule ${schedule.name}`, state);
}

/** Sees to it that the graph of a run is there. Its events follow from its content, so any number may do so at once. */
async function submitRun(store: Store, name: string, run: ScheduledRun, given: Advancing): Promise<void> {
  const { graphId, aborts } = run;
  if (aborts !== null && !(await isThere(store, graphId))) await abortEarlier(store, name, run, aborts);
  try {
    await storeGraph(store, graphOfRun(name, run));
  } catch (error) {
    if (!(error instanceof GraphConflictError)) throw error;
    given.onConflict?.(graphId);
  }
  given.onSubmitted?.(run);
}

async function isThere(store: Store, graphId: string): Promise<boolean> {
  return (await orThrow(store.log.readStream({ graphId, jobId: null }, { from: 0, to: 0 }))).length > 0;
}

async function abortEarlier(store: Store, name: string, { graphId }: ScheduledRun, earlier: string): Promise<void> {
  try {
    await abortGraph(store, earlier, { by: `schedule ${name}`, reason: `${graphId} is due` });
  } catch (error) {
    // It has ended, or cannot be judged here: in neither case can it be waited for.
    if (!(error instanceof RejectedError)) throw error;
  }
}

/** Whether nothing in a run can run any more. One that this release cannot read is not over. */
async function hasEnded(store: Store, graphId: string): Promise<boolean> {
  try {
    const graph = await loadGraph(store, graphId);
    return graph.isSettled;
  } catch (error) {
    // A run of which a part was lost, or which was taken away, must not hold up all later ones.
    if (error instanceof LogError && error.code === 'store-history-missing') return true;
    if (error instanceof RejectedError && error.code === 'graph-not-found') return true;
    throw error;
  }
}
