import type { GraphInfo } from '../domain/graph-info.js';
import type { GraphState } from '../domain/graph.js';
import { OverseerError } from '../prelude/errors.js';
import { shownId, shownName } from '../prelude/known-names.js';
import { endOfGraph, type WaitOptions } from '../store/event-history.js';
import type { Store } from '../store/store.js';
import { isPipeline } from './pipeline.js';
import type { PipelineInfo } from './pipeline-info.js';
import { ofPipeline, type Pipeline } from './typed-pipeline.js';

/**
 * Waits until nothing in a graph can run any more, and resolves to how it ended: `finished`, `failed` or `aborted`. While
 * the graph is paused, it goes on waiting.
 *
 * @param pipeline the one that the graph was made from: then the types of the jobs' results are known
 * @throws RejectedError `graph-not-found`, or `graph-unreadable` if this release cannot read it; OverseerError
 *   `wait-timeout`, `wait-aborted`, `wait-invalid` if `timeoutMs` is not a number of milliseconds, or `pipeline-other` if the
 *   graph has not all the jobs of the pipeline
 */
export async function waitForGraph(store: Store, graphId: string, options?: WaitOptions): Promise<GraphInfo>;
export async function waitForGraph<Jobs, Results>(
  store: Store,
  graphId: string,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever args it takes
  pipeline: Pipeline<Jobs, Results, any, any>,
  options?: WaitOptions,
): Promise<PipelineInfo<Jobs, Results>>;
export async function waitForGraph(store: Store, graphId: string, ...given: readonly unknown[]): Promise<GraphInfo> {
  const [first, second] = given as readonly [WaitOptions?, WaitOptions?];
  if (!isPipeline(first)) return await endOfGraph(store, graphId, first ?? {}, null);
  const types = first[ofPipeline];
  return await endOfGraph(store, graphId, second ?? {}, (graph) => assertMadeFrom(graph, types));
}

/** A graph may have more jobs than its pipeline, which were spawned. */
function assertMadeFrom(graph: GraphState, types: Readonly<Record<string, string>>): void {
  for (const [id, type] of Object.entries(types)) {
    const job = graph.jobs.get(id);
    if (job?.definition.type === type) continue;
    const wrong =
      job === undefined
        ? `it has no job ${shownName(id)}`
        : `its job ${shownName(id)} is of type ${shownName(job.definition.type)}, not ${shownName(type)}`;
    throw new OverseerError(
      'pipeline-other',
      `graph ${shownId(graph.id)} was not made from this pipeline: ${wrong}; wait with the pipeline that it was made from, or with none`,
    );
  }
}
