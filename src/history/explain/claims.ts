import type { RecordedEvent, WorkerIdentity } from '../../domain/events.js';
import { recentMs, type WorkerSeen } from './explanation.js';

/** From when on a claim is a recent one, as ISO 8601. @param now in milliseconds since the epoch */
export function recentSince(now: number): string {
  return new Date(now - recentMs).toISOString();
}

/**
 * The workers that made some claims, and of which types of jobs.
 *
 * @param claims the last one first
 * @param typeOf the type of the job that an event is about, as far as it is known
 */
export function workersOf(
  claims: readonly RecordedEvent[],
  typeOf: (event: RecordedEvent) => string | undefined,
): readonly WorkerSeen[] {
  const seen = new Map<string, { identity: WorkerIdentity; lastSeenAt: string; types: Set<string> }>();
  for (const event of claims) {
    if (event.type !== 'JobStarted') continue;
    const { worker } = event.data;
    const known = seen.get(worker.id) ?? { identity: worker, lastSeenAt: event.recordedAt, types: new Set() };
    seen.set(worker.id, known);
    const type = typeOf(event);
    if (type !== undefined) known.types.add(type);
  }
  return [...seen.values()].map(({ identity, lastSeenAt, types }) => ({ ...identity, lastSeenAt, types: [...types] }));
}

/** How many claims are looked at, at most. */
export const claimsMax = 5000;
