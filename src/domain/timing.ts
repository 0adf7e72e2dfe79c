/**
 * When a job may start at the earliest, and by when it must have started and ended. All of it follows from the definition and
 * from when the log recorded what made the job ready; what nobody has to write down, nobody can lose.
 *
 * Instants are milliseconds since the epoch, by the log's clock.
 */

/** What a job's definition says of time. */
export interface JobTimes {
  readonly startAfter?: string;
  readonly delayMs?: number;
  readonly scheduleToStartMs?: number;
  readonly scheduleToCloseMs?: number;
}

/** The limits that run out while nobody runs the job, too. How long an attempt may take is its worker's affair. */
export const timeLimits = ['scheduleToStart', 'scheduleToClose'] as const;
export type TimeLimit = (typeof timeLimits)[number];

/** When one of a job's limits runs out. */
export interface Expiry {
  readonly limit: TimeLimit;
  readonly at: number;
  /** How long the limit is. */
  readonly limitMs: number;
}

/** What the log says of a job that has become ready. */
export interface Readiness {
  /** When it became ready. */
  readonly at: number;
  /** When it was reopened by an operator, if that was later: its limits count from there. */
  readonly reopenedAt: number;
}

/** Whether a job asks for anything about time that others have to watch. */
export function isTimed({ startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs }: JobTimes): boolean {
  const isDelayed = startAfter !== undefined || delayMs !== undefined;
  return isDelayed || scheduleToStartMs !== undefined || scheduleToCloseMs !== undefined;
}

/** How long a limit is; undefined for a job that has no such limit. */
export function limitOf({ scheduleToStartMs, scheduleToCloseMs }: JobTimes, limit: TimeLimit): number | undefined {
  return limit === 'scheduleToStart' ? scheduleToStartMs : scheduleToCloseMs;
}

const reasons: Readonly<Record<TimeLimit, string>> = {
  scheduleToStart: 'system/schedule-to-start',
  scheduleToClose: 'system/schedule-to-close',
};

/** The reason of the failure of a job that has run out of time. */
export function reasonOf(limit: TimeLimit): string {
  return reasons[limit];
}

/** Whether a failure is that of a job that has run out of time. */
export function isTimeOver({ reason }: { readonly reason: string }): boolean {
  return timeLimits.some((limit) => reason === reasons[limit]);
}

/** What a graph says of when it must have ended. */
export interface GraphDeadline {
  readonly deadline?: string;
  readonly deadlineMs?: number;
}

/** When a graph is aborted if it has not ended; null if never. */
export function deadlineOf(
  { deadline, deadlineMs }: GraphDeadline,
  { recordedAt }: { readonly recordedAt: string },
): number | null {
  if (deadline !== undefined) return Date.parse(deadline);
  return deadlineMs === undefined ? null : Date.parse(recordedAt) + deadlineMs;
}

/** From when on a job that has become ready may start, as far as it was ever asked to wait. */
export function dueFrom(
  { startAfter, delayMs = 0 }: JobTimes,
  graphStartAfter: string | null,
  { at }: Readiness,
): number {
  const since = startAfter === undefined ? at : Math.max(at, Date.parse(startAfter));
  const ofGraph = graphStartAfter === null ? since : Math.max(since, Date.parse(graphStartAfter));
  return Math.max(ofGraph, at + delayMs);
}

/** When the job has run out of time over all its attempts; null if it has no such limit. */
export function closesBy({ scheduleToCloseMs }: JobTimes, due: number, { reopenedAt }: Readiness): Expiry | null {
  if (scheduleToCloseMs === undefined) return null;
  const at = Math.max(due, reopenedAt) + scheduleToCloseMs;
  return { limit: 'scheduleToClose', at, limitMs: scheduleToCloseMs };
}

/** When a job that waits for a worker has waited too long; null if it may wait for ever. @param from when it could start */
export function startsBy({ scheduleToStartMs }: JobTimes, from: number): Expiry | null {
  if (scheduleToStartMs === undefined) return null;
  return { limit: 'scheduleToStart', at: from + scheduleToStartMs, limitMs: scheduleToStartMs };
}
