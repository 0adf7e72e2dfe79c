import type { StoredEvent } from '../../evidence/canonical-event.js';
import { keptData } from '../../evidence/canonical-event.js';
import type { EventOf, RecordedEvent, StreamId } from '../../domain/events.js';
import { memoKeyOf } from '../../domain/memoized-results.js';
import type { EventLog } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { E } from '../../prelude/fp.js';
import { limitKeyOf } from '../../domain/limit-places.js';
import { scheduleNameOf } from '../../domain/schedules.js';
import type { Problem } from './invariants.js';
import type { LimitChecks } from './limit-checks.js';
import type { ScheduleChecks } from './schedule-checks.js';

/**
 * Checks an event of a stream that belongs to the namespace: it follows the one before it in its stream, and what it says of
 * a job is so. Of remembered results nothing is kept in memory, since there may be any number of them; the log is asked instead.
 *
 * @param stored the same event, as it is stored
 * @param checks what is known of schedules and limits, which are few
 */
export async function checkOfNamespace(
  log: EventLog,
  event: RecordedEvent,
  stored: StoredEvent,
  { schedules, limits }: { readonly schedules: ScheduleChecks; readonly limits: LimitChecks },
): Promise<readonly Problem[]> {
  const [name, key] = [scheduleNameOf(event), limitKeyOf(event)];
  const untrue =
    name !== null
      ? await schedules.check(name, event, stored)
      : key !== null
        ? await limits.check(key, event, stored)
        : [await whyUntrue(log, event, stored)];
  const found = [await whyOutOfPlace(log, event), ...untrue];
  const { position, id: eventId, graphId, jobId } = event;
  return found.flatMap((problem) => (problem === null ? [] : [{ position, eventId, graphId, jobId, problem }]));
}

async function whyOutOfPlace(log: EventLog, event: RecordedEvent): Promise<string | null> {
  if (event.revision === 0) return null;
  const before = await eventAt(log, event, event.revision - 1);
  const isThere = before !== null && comparePositions(before.position, event.position) < 0;
  return isThere ? null : `event ${event.revision - 1} of its stream does not come before it`;
}

async function whyUntrue(log: EventLog, event: RecordedEvent, stored: StoredEvent): Promise<string | null> {
  if (event.type === 'Unreadable') return event.data.explanation;
  if (event.type !== 'ResultMemoized' || memoKeyOf(event) === null)
    return `${event.type} does not belong in this stream`;
  // Of a redacted event it cannot be told which job it means.
  return keptData(stored.data) === null ? null : await whyNoResult(log, event);
}

async function whyNoResult(
  log: EventLog,
  { position, data }: RecordedEvent & EventOf<'ResultMemoized'>,
): Promise<string | null> {
  const { graphId, jobId, attempt, eventId, revision } = data;
  const source = await eventAt(log, { graphId, jobId }, revision);
  const isThere = source?.type === 'JobFinished' && source.id === eventId && source.data.attempt === attempt;
  if (isThere && comparePositions(source.position, position) < 0) return null;
  return `it says that attempt ${attempt} of job ${JSON.stringify(jobId)} of graph ${graphId} has finished before it, by event ${revision}, and no such event does`;
}

async function eventAt(log: EventLog, stream: StreamId, revision: number): Promise<RecordedEvent | null> {
  const read = await log.readStream(stream, { from: revision, to: revision })();
  if (E.isRight(read)) return read.right[0] ?? null;
  if (read.left.code === 'store-history-missing') return null;
  throw read.left;
}
