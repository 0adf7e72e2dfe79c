import type { RecordedEvent } from '../domain/events.js';
import { GraphState, type GraphStateOptions, type JobNode } from '../domain/graph.js';
import { graphNotFound, jobNotFound } from '../domain/not-found.js';
import { completesSubmission } from '../domain/submission.js';
import { E } from '../prelude/fp.js';
import { orThrow, RejectedError } from './or-throw.js';
import type { Store } from './store.js';

/** @internal Folds a graph from its events; throws a RejectedError if it does not exist by them. */
export function foldGraph(
  graphId: string,
  events: Iterable<RecordedEvent>,
  options: GraphStateOptions = {},
): GraphState {
  const graph = new GraphState(graphId, options);
  for (const event of events) graph.apply(event);
  if (graph.existsFrom === null) throw new RejectedError(graphNotFound(graphId));
  return graph;
}

/** @internal The same, where an id that does not exist is most likely a slip: the error names the graph that was meant. */
export async function existingGraph(
  store: Pick<Store, 'log'>,
  graphId: string,
  events: readonly RecordedEvent[],
): Promise<GraphState> {
  if (!events.some(completesSubmission)) throw await missingGraph(store, graphId);
  return foldGraph(graphId, events);
}

/** @internal Reads and folds a graph as it is now; throws a RejectedError if there is no such graph. */
export async function loadGraph(store: Pick<Store, 'log'>, graphId: string): Promise<GraphState> {
  return await existingGraph(store, graphId, await orThrow(store.log.readGraph(graphId)));
}

/** Enough to find what people work on now, and so few that a program may ask again and again for a graph to come. */
const lookedThrough = 2000;

/** @internal The error for a graph that there is not. Names the one that was meant, if the latest events are of it. */
export async function missingGraph(store: Pick<Store, 'log'>, graphId: string): Promise<RejectedError> {
  const latest = await store.log.readAll({ direction: 'backwards', limit: lookedThrough })();
  const others = E.isRight(latest) ? latest.right.map((event) => event.graphId) : [];
  return new RejectedError(graphNotFound(graphId, new Set(others)));
}

/** @internal */
export function jobIn(graph: GraphState, jobId: string): JobNode {
  const job = graph.jobs.get(jobId);
  if (job !== undefined) return job;
  throw new RejectedError(jobNotFound(graph.id, jobId, graph.jobs.keys()));
}
