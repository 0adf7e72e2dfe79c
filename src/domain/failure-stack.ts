import type { RecordedEvent } from './events.js';
import type { JobNode } from './graph.js';

/**
 * The stack of a job's failure, as its handler's process wrote it. A job's state does not keep stacks, since they are
 * large and seldom asked for: it is found in the event that the failure came from.
 *
 * @param events from which the job's state was folded
 * @returns null if there is no failure, or none with a stack
 */
export function failureStack({ id, state }: JobNode, events: readonly RecordedEvent[]): string | null {
  if (state.failure === null) return null;
  const source = events.findLast(
    (event) => event.jobId === id && event.type === 'JobFaulted' && event.data.failure === state.failure,
  );
  return source?.type === 'JobFaulted' ? (source.data.stack ?? null) : null;
}
