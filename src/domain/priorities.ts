import { jobsIn, type RecordedEvent } from './events.js';

/** Whether an event brings jobs that come before or after others: of a graph with a priority, or with one of their own. */
export function givesPriority(event: RecordedEvent): boolean {
  if (event.type === 'GraphSubmitted' && event.data.priority !== 0) return true;
  return jobsIn(event).some(({ priority }) => priority !== undefined);
}
