import type { JobNode } from '../domain/graph.js';
import { ordinalOf } from '../domain/positions.js';
import { Heap } from '../prelude/heap.js';

/** Jobs of one type in one graph, of one priority, that want as many units: all of them can run now, or none. */
interface Group {
  readonly graphId: string;
  readonly type: string;
  readonly priority: number;
  /** Where in the log the graph was submitted. */
  readonly submittedAt: number;
  readonly heap: Heap<JobNode>;
}

/** The first job of a group, and by what it is compared with others: less comes first, and what stands first counts most. */
interface Candidate {
  readonly job: JobNode;
  readonly rank: readonly number[];
}

/** How many graphs are remembered whose jobs were called. */
const rememberedMost = 1000;

/**
 * The jobs that wait for a place under one key. Those of the highest priority come first; among these, those of the graph that has
 * the fewest places; then those of the graph that was called longest ago; then those of the oldest graph.
 */
export class LimitWaiters {
  private readonly jobs = new Set<JobNode>();
  /** At which call a job of a graph was called last, by its id. */
  private readonly calledAt = new Map<string, number>();
  private calls = 0;
  private readonly groups = new Map<string, Group>();

  get size(): number {
    return this.jobs.size;
  }

  *[Symbol.iterator](): Generator<JobNode> {
    yield* this.jobs;
  }

  add(job: JobNode, units: number): void {
    if (this.jobs.has(job)) return;
    this.jobs.add(job);
    const { graph, definition, priority } = job;
    const key = `${priority} ${units} ${graph.id}/${definition.type}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      const { id: graphId } = graph;
      const submittedAt = ordinalOf(graph.existsFrom!);
      const heap = new Heap<JobNode>((a, b) => a.index < b.index);
      group = { graphId, type: definition.type, priority, submittedAt, heap };
      this.groups.set(key, group);
    }
    group.heap.add(job);
  }

  delete(job: JobNode): boolean {
    // Its group drops it when it comes to the top.
    return this.jobs.delete(job);
  }

  /** The job that is next, of those that can run here now; null if there is none. */
  next(canRun: (job: JobNode) => boolean, placesOf: (graphId: string) => number): JobNode | null {
    let best: Candidate | null = null;
    for (const [key, group] of this.groups) {
      const job = this.firstOf(group);
      if (job === null) this.groups.delete(key);
      if (job === null || !canRun(job)) continue;
      const { priority, graphId, submittedAt } = group;
      const calledAt = this.calledAt.get(graphId) ?? 0;
      const candidate = { job, rank: [-priority, placesOf(graphId), calledAt, submittedAt] };
      if (best === null || comesBefore(candidate.rank, best.rank)) best = candidate;
    }
    return best?.job ?? null;
  }

  /** A job waits no longer, since it is called: the next one is of another graph, if they are equal in all else. */
  call(job: JobNode): void {
    const { id } = job.graph;
    this.delete(job);
    this.calledAt.delete(id);
    this.calledAt.set(id, ++this.calls);
    if (this.calledAt.size > rememberedMost) this.calledAt.delete(this.calledAt.keys().next().value!);
  }

  private firstOf({ heap }: Group): JobNode | null {
    for (let first = heap.first; first !== null; first = heap.first) {
      if (this.jobs.has(first)) return first;
      heap.removeFirst();
    }
    return null;
  }
}

function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const differing = a.findIndex((value, index) => value !== b[index]);
  return differing >= 0 && a[differing]! < b[differing]!;
}
