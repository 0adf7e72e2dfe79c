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

/**
 * The jobs that wait for a place under one key. Those of the highest priority come first; among these, those of the graph that has
 * the fewest places; then those of the oldest graph.
 */
export class LimitWaiters {
  private readonly jobs = new Set<JobNode>();
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
    let best: { readonly group: Group; readonly job: JobNode; readonly places: number } | null = null;
    for (const [key, group] of this.groups) {
      const job = this.firstOf(group);
      if (job === null) this.groups.delete(key);
      if (job === null || !canRun(job)) continue;
      const places = placesOf(group.graphId);
      if (best === null || comesBefore(group, places, best.group, best.places)) best = { group, job, places };
    }
    return best?.job ?? null;
  }

  private firstOf({ heap }: Group): JobNode | null {
    for (let first = heap.first; first !== null; first = heap.first) {
      if (this.jobs.has(first)) return first;
      heap.removeFirst();
    }
    return null;
  }
}

function comesBefore(a: Group, placesOfA: number, b: Group, placesOfB: number): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (placesOfA !== placesOfB) return placesOfA < placesOfB;
  return a.submittedAt < b.submittedAt;
}
