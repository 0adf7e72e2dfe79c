import type { WorkerIdentity } from '../../../domain/events.js';
import type { GraphState } from '../../../domain/graph.js';
import type { Environment } from '../../../store/environment.js';
import { clockTime, listed } from '../../../prelude/phrases.js';

interface Held {
  readonly worker: WorkerIdentity;
  readonly jobs: string[];
  leaseMs: number;
}

/** A line for each worker that holds jobs of a graph: which, and when they are taken over if it is gone. */
export function heldElsewhere(graph: GraphState, environment: Environment): readonly string[] {
  const byWorker = new Map<string, Held>();
  for (const { id, status, state } of graph.jobs.values()) {
    if (status !== 'started' || state.worker === null) continue;
    const held = byWorker.get(state.worker.id) ?? { worker: state.worker, jobs: [], leaseMs: 0 };
    held.jobs.push(id);
    held.leaseMs = Math.max(held.leaseMs, state.leaseMs!);
    byWorker.set(state.worker.id, held);
  }
  return [...byWorker.values()].map((held) => lineOf(held, environment));
}

function lineOf({ worker, jobs, leaseMs }: Held, environment: Environment): string {
  const { id, host, pid } = worker;
  const holds = `${listed(jobs)}: held by worker ${id} (pid ${pid} on ${host})`;
  if (environment.isGone?.(worker) === true) return `${holds}, whose process is gone; taken over at once`;
  return `${holds}; taken over by ${clockTime(environment.now() + leaseMs)} unless it gives a sign of life`;
}
