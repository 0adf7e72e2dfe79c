import { criticalPathOf, type Span } from '../../../history/timeline/spans.js';
import { listIn } from '../../../prelude/grouped.js';
import { Heap } from '../../../prelude/heap.js';
import type { GraphModel } from './graph-model.js';

/** A row of the timeline. */
export interface Lane {
  readonly key: string;
  readonly label: string;
  /** Set for the lane of one job. */
  readonly jobId: string | null;
  readonly isCritical: boolean;
  readonly isTroubled: boolean;
}

/** A bar in a lane. Times are in milliseconds since the epoch. */
export interface Bar extends Pick<Span, 'kind' | 'from' | 'to' | 'ending'> {
  readonly jobId: string;
}

export interface LaneChoice {
  /** Only lanes whose job's id or type contains it. */
  readonly search: string;
  readonly only: 'all' | 'critical' | 'troubled';
}

/** A lane for each job, in the order in which they started; then those that never did. */
export function lanesByJob(model: GraphModel, { search, only }: LaneChoice): readonly Lane[] {
  const critical = new Set(criticalPathOf([...model.latest.jobs.values()]));
  const wanted = search.toLowerCase();
  const found: { readonly lane: Lane; readonly start: number }[] = [];
  for (const { id, definition } of model.latest.jobs.values()) {
    const [isCritical, isTroubled] = [critical.has(id), model.troubled.has(id)];
    if ((only === 'critical' && !isCritical) || (only === 'troubled' && !isTroubled)) continue;
    if (wanted !== '' && !`${id}\n${definition.type}`.toLowerCase().includes(wanted)) continue;
    const start = model.eventsOf(id).find((number) => model.event(number).type === 'JobStarted') ?? Infinity;
    found.push({ lane: { key: id, label: id, jobId: id, isCritical, isTroubled }, start });
  }
  // Not a subtraction: of two that never started, that would be no number.
  found.sort((a, b) => (a.start === b.start ? 0 : a.start - b.start));
  return found.map(({ lane }) => lane);
}

/** The lanes of workers: each has as many as it ran jobs at once, and every bar is in one of them. */
export interface WorkerLanes {
  readonly lanes: readonly Lane[];
  readonly bars: ReadonlyMap<string, readonly Bar[]>;
}

/** What each worker ran. @param until when bars end that still run, in milliseconds since the epoch */
export function lanesByWorker(model: GraphModel, until: number): WorkerLanes {
  const barsOf = new Map<string, Bar[]>();
  for (const { id } of model.latest.jobs.values()) {
    const owners = new Map<number, string>();
    for (const number of model.eventsOf(id)) {
      const event = model.event(number);
      if (event.type === 'JobStarted') owners.set(event.data.attempt, event.data.worker.id);
    }
    for (const span of model.timelines.spansOf(id, model.length, until)) {
      if (span.kind !== 'running') continue;
      listIn(barsOf, owners.get(span.attempt!) ?? 'unknown').push({ ...span, jobId: id });
    }
  }
  return packed(barsOf);
}

/** Puts bars that overlap into lanes of their own, each into the first that is free. */
function packed(barsOf: ReadonlyMap<string, Bar[]>): WorkerLanes {
  const lanes: Lane[] = [];
  const bars = new Map<string, Bar[]>();
  for (const [workerId, all] of [...barsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    all.sort((a, b) => a.from - b.from);
    const free = new Heap<number>((a, b) => a < b);
    const busy = new Heap<{ readonly to: number; readonly lane: number }>((a, b) => a.to < b.to);
    let count = 0;
    for (const bar of all) {
      while (busy.first !== null && busy.first.to <= bar.from) {
        free.add(busy.first.lane);
        busy.removeFirst();
      }
      const lane = free.first ?? count++;
      if (free.first === lane) free.removeFirst();
      busy.add({ to: bar.to, lane });
      listIn(bars, `${workerId} ${lane}`).push(bar);
    }
    for (let lane = 0; lane < count; lane++) {
      const label = lane === 0 ? workerId : '';
      lanes.push({ key: `${workerId} ${lane}`, label, jobId: null, isCritical: false, isTroubled: false });
    }
  }
  return { lanes, bars };
}
