import type { RecordedEvent } from '../../../domain/events.js';
import { GraphState } from '../../../domain/graph.js';
import { type GraphSummary, toSummary } from '../../../domain/graph-info.js';
import type { UnreadableGraph } from '../../../domain/listed.js';
import { completesSubmission } from '../../../domain/submission.js';

/** A graph in short, folded from its events; or why it cannot be shown. */
export function foldedSummary(graphId: string, events: readonly RecordedEvent[]): GraphSummary | UnreadableGraph {
  const graph = new GraphState(graphId);
  for (const event of events) graph.apply(event);
  if (graph.existsFrom !== null) return toSummary(graph);
  return { graphId, reason: unreadSubmission(events) ?? 'its submission is not complete' };
}

/** Why nobody can tell what a graph is, whatever comes after these events; null if they, or others, tell it. */
export function unreadSubmission(events: readonly RecordedEvent[]): string | null {
  if (events.some(completesSubmission)) return null;
  for (const { type, data } of events) {
    if (type === 'Unreadable' && data.storedType === 'GraphSubmitted') {
      return `its submission cannot be read: ${data.explanation}`;
    }
  }
  return null;
}
