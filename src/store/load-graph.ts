import type { RecordedEvent } from '../domain/events.js';
import { GraphState, type JobNode } from '../domain/graph.js';
import { orThrow, RejectedError } from './or-throw.js';
import type { Store } from './store.js';

/** @internal Folds a graph from its events; throws a RejectedError if it does not exist by them. */
export function foldGraph(graphId: string, events: Iterable<RecordedEvent>): GraphState {
  const graph = new GraphState(graphId);
  for (const event of events) graph.apply(event);
  if (graph.existsFrom === null) throw graphNotFound(graphId);
  return graph;
}

/** @internal Reads and folds a graph as it is now; throws a RejectedError if there is no such graph. */
export async function loadGraph(store: Pick<Store, 'log'>, graphId: string): Promise<GraphState> {
  return foldGraph(graphId, await orThrow(store.log.readGraph(graphId)));
}

/** @internal Whether this event completes a graph's submission, which may come in parts. */
export function completesSubmission(event: RecordedEvent): boolean {
  return event.type === 'GraphSubmitted' && event.data.part === event.data.parts;
}

/** @internal */
export function graphNotFound(graphId: string): RejectedError {
  return new RejectedError({ code: 'graph-not-found', message: `there is no graph ${JSON.stringify(graphId)}` });
}

/** @internal */
export function jobIn(graph: GraphState, jobId: string): JobNode {
  const job = graph.jobs.get(jobId);
  if (job !== undefined) return job;
  const message = `graph ${graph.id} has no job ${JSON.stringify(jobId)}`;
  throw new RejectedError({ code: 'job-not-found', message });
}
