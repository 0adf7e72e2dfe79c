/**
 * Some facts concern a namespace and none of its graphs. They are kept in streams whose graph id is empty, which no
 * graph's can be: `<namespace>.graph-`, and `<namespace>.job-/<name>`.
 */
import type { StreamId } from './events.js';

/** In place of a graph's id. */
export const ofNamespace = '';

/** Whether a stream, or an event's, belongs to the namespace and not to a graph. */
export function isOfNamespace({ graphId }: Pick<StreamId, 'graphId'>): boolean {
  return graphId === ofNamespace;
}
