/**
 * How long a graph will still take, judged by how long its jobs took in earlier runs. Pure: nothing here reads a log.
 */
import { grouped } from '../../prelude/grouped.js';
import { Heap } from '../../prelude/heap.js';
import { attemptEnds, type RecordedEvent } from '../../domain/events.js';
import { afterChange, type ParentCounts, prospectOf } from '../../domain/dependency-rules.js';
import type { GraphState, JobNode } from '../../domain/graph.js';

/** An earlier run: how long its jobs took, and how many of them it had running at once. */
export interface EarlierRun {
  readonly graphId: string;
  /** Of each job that finished: how long the attempt took that finished it, without the waits before it. */
  readonly jobs: readonly { readonly id: string; readonly type: string; readonly tookMs: number }[];
  readonly slots: number;
}

/** What an estimate is made from. */
export interface EstimateBasis {
  /** The latest first. */
  readonly runs: readonly EarlierRun[];
  /** The labels that the graph and all of the runs have. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Why there is no estimate. */
export type NoEstimate =
  /** The graph has no label, so that no earlier run can be found by one. */
  | 'no-labels'
  /** No graph that shares a label with it has finished before. */
  | 'no-earlier-run'
  /** Of no job that is left is it known how long it takes. */
  | 'no-known-job'
  /** This release cannot read all of the graph, and leaves it alone. */
  | 'unreadable';

/** How long a graph will still take, as far as earlier runs tell. An estimate, and no promise. */
export interface TimeLeft {
  readonly graphId: string;
  /** Milliseconds from now until its last job has ended. 0 for a graph that has ended; null if there is no estimate. */
  readonly leftMs: number | null;
  readonly reason: NoEstimate | null;
  /** The ids of the earlier runs, the latest first. */
  readonly basedOn: readonly string[];
  /** The labels that the graph and all of these runs have. */
  readonly labels: Readonly<Record<string, string>>;
  /** How many jobs are supposed to run at once. */
  readonly slots: number;
  /**
   * Jobs that are left, and of which no earlier run tells how long they take, or that are answered from outside. They count
   * as if they took no time.
   */
  readonly unknownJobs: number;
}

/** What an earlier run tells. Give it all events of the graph, and the graph folded from them. */
export function earlierRunOf(graph: GraphState, events: readonly RecordedEvent[]): EarlierRun {
  const jobs = [...graph.jobs.values()].flatMap(
    ({ id, definition: { type }, status, state: { startedAt, endedAt } }) => {
      // What was carried over from another graph never started in this one.
      if (status !== 'finished' || startedAt === null || endedAt === null) return [];
      return [{ id, type, tookMs: Date.parse(endedAt) - Date.parse(startedAt) }];
    },
  );
  return { graphId: graph.id, jobs, slots: mostAtOnce(events) };
}

/** How many jobs ran at once, at most. */
export function mostAtOnce(events: readonly RecordedEvent[]): number {
  const running = new Set<string>();
  let most = 0;
  for (const { type, jobId } of events) {
    if (jobId === null) continue;
    if (type === 'JobStarted') running.add(jobId);
    else if (attemptEnds.includes(type)) running.delete(jobId);
    most = Math.max(most, running.size);
  }
  return most;
}

/** How long jobs take, by the median of earlier runs: of the same job, or else of all jobs of its type. */
export class RunTimes {
  private readonly ofJobs: ReadonlyMap<string, number>;
  private readonly ofTypes: ReadonlyMap<string, number>;

  constructor(runs: readonly EarlierRun[]) {
    const jobs = runs.flatMap((run) => run.jobs);
    this.ofJobs = mediansBy(jobs, ({ id }) => id);
    this.ofTypes = mediansBy(jobs, ({ type }) => type);
  }

  /** In milliseconds; null if no earlier run tells, or if it is answered from outside: when people answer is not guessed. */
  of({ id, definition }: JobNode): number | null {
    if (definition.external !== undefined) return null;
    return this.ofJobs.get(id) ?? this.ofTypes.get(definition.type) ?? null;
  }
}

function mediansBy<Timed extends { readonly tookMs: number }>(
  timed: readonly Timed[],
  keyOf: (each: Timed) => string,
): ReadonlyMap<string, number> {
  const medians = Array.from(
    grouped(timed, keyOf),
    ([key, group]) => [key, medianOf(group.map(({ tookMs }) => tookMs))] as const,
  );
  return new Map(medians);
}

/** Of at least one number. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What is left of a graph, and when it would be done. */
export interface Remaining {
  readonly leftMs: number;
  readonly jobs: number;
  readonly unknownJobs: number;
}

/**
 * Plays the rest of a graph through: whenever a slot is free, the next job that may run takes it, in the order of the
 * submission. What a job that runs already has behind it counts; one that takes longer than usual may end at any moment.
 *
 * @param now milliseconds since the epoch
 */
export function remainingOf(graph: GraphState, times: RunTimes, slots: number, now: number): Remaining {
  const rest = [...graph.jobs.values()].filter(canStillRun);
  const play = new Play(slots);
  let unknownJobs = 0;
  for (const node of rest) {
    const took = times.of(node);
    if (took === null) unknownJobs += 1;
    if (node.status === 'started') play.run(node, Math.max(0, (took ?? 0) - (now - Date.parse(node.state.startedAt!))));
    else if (node.record.above.prospect === 'ready') play.offer(node, waitOf(node, now));
  }
  return { leftMs: play.toEnd((node) => times.of(node) ?? 0), jobs: rest.length, unknownJobs };
}

function canStillRun({ status, outcome }: JobNode): boolean {
  return outcome === 'open' && status !== 'aborted';
}

function waitOf({ startsFrom }: JobNode, now: number): number {
  return startsFrom === null ? 0 : Math.max(0, startsFrom - now);
}

/** Jobs on a number of slots, in a time of its own that begins at 0. */
class Play {
  private busy = 0;
  /** Jobs that run, by when they end. */
  private readonly ends = new Queue();
  /** Jobs that may run, by their place in the graph. */
  private readonly ready = new Queue();
  /** Jobs that may run later, by when. */
  private readonly later = new Queue();
  /** How the parents of those jobs have come out that were touched. */
  private readonly parents = new Map<JobNode, ParentCounts>();

  constructor(private readonly slots: number) {}

  /** A job that takes a slot, and when it ends. */
  run(node: JobNode, endsAtMs: number): void {
    this.busy += 1;
    this.ends.add(endsAtMs, node);
  }

  offer(node: JobNode, inMs: number): void {
    if (inMs > 0) this.later.add(inMs, node);
    else this.ready.add(node.index, node);
  }

  /** When the last job has ended. */
  toEnd(tookMs: (node: JobNode) => number): number {
    for (let now = 0; ;) {
      while (this.busy < this.slots && this.ready.first < Infinity) {
        const node = this.ready.take();
        this.run(node, now + tookMs(node));
      }
      const next = Math.min(this.ends.first, this.later.first);
      if (next === Infinity) return now;
      now = next;
      while (this.later.first <= now) this.offer(this.later.take(), 0);
      while (this.ends.first <= now) this.finish(this.ends.take());
    }
  }

  private finish(node: JobNode): void {
    this.busy -= 1;
    this.comeOut(node, 'finished');
  }

  /** Whatever runs is supposed to finish; so jobs that wait for a failure are skipped, and so on down. */
  private comeOut(node: JobNode, after: 'finished' | 'skipped'): void {
    const open: [JobNode, 'finished' | 'skipped'][] = [[node, after]];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [parent, outcome] = at;
      for (const child of parent.children) {
        if (!canStillRun(child) || child.status === 'started') continue;
        const before = this.parents.get(child) ?? child.record.above;
        const counts = afterChange(before, 'open', outcome, child.isOptional(parent));
        this.parents.set(child, counts);
        const [was, prospect] = [prospectOf(child.rule, before), prospectOf(child.rule, counts)];
        if (prospect === was) continue;
        if (prospect === 'ready') this.ready.add(child.index, child);
        else if (prospect === 'skipped') open.push([child, 'skipped']);
      }
    }
  }
}

/** Jobs in the order of their keys. */
class Queue {
  private readonly heap = new Heap<{ readonly key: number; readonly node: JobNode }>((a, b) => a.key < b.key);

  /** The smallest key; Infinity if there is none. */
  get first(): number {
    return this.heap.first?.key ?? Infinity;
  }

  add(key: number, node: JobNode): void {
    this.heap.add({ key, node });
  }

  /** The job with the smallest key, which must be there. */
  take(): JobNode {
    const { node } = this.heap.first!;
    this.heap.removeFirst();
    return node;
  }
}
