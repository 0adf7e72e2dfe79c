import type { RecordedEvent, StreamId } from './events.js';

/**
 * The namespace's own stream, for facts that belong to no graph: pauses of a type of job, and of all work. Every graph
 * has an id, so no graph has the empty one, and the stream is named `<namespace>.graph-`. The streams of jobs under it,
 * `<namespace>.job-/…`, belong to the namespace too; none of them is the stream of a job.
 */
export const namespaceStream: StreamId = Object.freeze({ graphId: '', jobId: null });

/** Whether an event belongs to the namespace itself, in its own stream or in one under it, and so to no graph. */
export function isOfNamespace({ graphId }: Pick<RecordedEvent, 'graphId'>): boolean {
  return graphId === namespaceStream.graphId;
}
