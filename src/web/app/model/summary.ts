import type { RecordedEvent } from '../../../domain/events.js';
import { GraphState } from '../../../domain/graph.js';
import { type GraphSummary, toSummary } from '../../../domain/graph-info.js';

/** A graph in short, folded from its events; none if they do not hold its whole submission. */
export function foldedSummary(graphId: string, events: readonly RecordedEvent[]): readonly GraphSummary[] {
  const graph = new GraphState(graphId);
  for (const event of events) graph.apply(event);
  return graph.existsFrom === null ? [] : [toSummary(graph)];
}
