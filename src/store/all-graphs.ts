import type { UnreadableGraph } from '../domain/listed.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { GraphState, type GraphStateOptions } from '../domain/graph.js';
import { type EventLog, LogError } from '../log/event-log.js';
import { comparePositions } from '../domain/positions.js';
import { E } from '../prelude/fp.js';
import { foldGraph } from './load-graph.js';
import { completesSubmission } from '../domain/submission.js';
import { orThrow, RejectedError } from './or-throw.js';
import type { Cursor } from './pages.js';

interface GraphsWalk {
  readonly direction: 'forwards' | 'backwards';
  readonly from: Cursor | null;
  readonly asOf?: Position | undefined;
}

/** @internal Every graph that exists, ordered by the position from which it does, including the one a cursor names. */
export async function* allGraphs(
  log: EventLog,
  { direction, from, asOf }: GraphsWalk,
): AsyncGenerator<GraphState | UnreadableGraph> {
  const batch = 200;
  const isThere = ({ position }: RecordedEvent) => asOf === undefined || comparePositions(position, asOf) <= 0;
  if (from !== null) yield await loadShown(log, from.graphId, asOf);
  for (let after = from?.position ?? null; ;) {
    const events = await orThrow(
      log.readAll({ after, direction, filter: { types: ['GraphSubmitted'] }, limit: batch }),
    );
    for (const event of events.filter(isThere)) {
      if (event.type !== 'Unreadable' && !completesSubmission(event)) continue;
      const graph = await loadShown(log, event.graphId, asOf);
      // A submission that was written a second time adds no graph.
      const isSecond = graph instanceof GraphState && graph.existsFrom !== event.position;
      if (!isSecond) yield graph;
    }
    if (events.length < batch) return;
    after = events.at(-1)!.position;
  }
}

/** @internal One graph, or why it cannot be shown. */
export async function loadShown(
  log: EventLog,
  graphId: string,
  asOf?: Position,
): Promise<GraphState | UnreadableGraph> {
  try {
    const read = await log.readGraph(graphId, asOf)();
    return foldShown(graphId, E.isRight(read) ? read.right : read.left);
  } catch (error) {
    return unshown(graphId, error);
  }
}

/** @internal The same, of a history that somebody else has read. @throws LogError if it could not be read for now */
export function foldShown(
  graphId: string,
  history: readonly RecordedEvent[] | LogError,
  options: GraphStateOptions = {},
): GraphState | UnreadableGraph {
  try {
    if (history instanceof LogError) throw history;
    return foldGraph(graphId, history, options);
  } catch (error) {
    return unshown(graphId, error);
  }
}

/** @throws LogError a log that cannot be read says nothing about a graph */
function unshown(graphId: string, error: unknown): UnreadableGraph {
  if (error instanceof LogError && error.code !== 'store-history-missing') throw error;
  if (error instanceof RejectedError) return { graphId, reason: 'its submission is not complete, or cannot be read' };
  return { graphId, reason: error instanceof Error ? error.message : String(error) };
}
