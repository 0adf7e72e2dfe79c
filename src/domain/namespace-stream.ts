/**
 * Some facts concern a namespace and none of its graphs. They are kept in streams whose graph id is empty, which no graph's
 * can be: its own stream, `<namespace>.graph-`, and `<namespace>.job-/<name>`, which are the streams of no job.
 */
import type { StreamId } from './events.js';

/** In place of a graph's id. */
export const ofNamespace = '';

/** The namespace's own stream: pauses of a type of job, and of all work. */
export const namespaceStream: StreamId = Object.freeze({ graphId: ofNamespace, jobId: null });

/** Whether a stream, or an event's, belongs to the namespace and not to a graph. */
export function isOfNamespace({ graphId }: Pick<StreamId, 'graphId'>): boolean {
  return graphId === ofNamespace;
}
