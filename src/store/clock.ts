import { orThrow } from './or-throw.js';
import type { Store } from './store.js';

const dayMs = 24 * 3_600_000;

/**
 * What is to be said of a log whose last event lies ahead of this machine's clock by more than a day, or null. Somebody's
 * clock was wrong when it was written; and since times in a log never go backwards, each event after it has the same time.
 */
export async function lastEventAhead(store: Pick<Store, 'log' | 'environment'>): Promise<string | null> {
  const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
  if (last === undefined) return null;
  const aheadMs = Date.parse(last.recordedAt) - store.environment.now();
  if (!(aheadMs >= dayMs)) return null;
  const days = Math.round(aheadMs / dayMs);
  const ahead = days > 730 ? `${Math.floor(days / 365)} years` : days === 1 ? 'a day' : `${days} days`;
  return `the last event, @${last.position}, was recorded at ${last.recordedAt}, which is ${ahead} ahead of this machine's clock: one of the two clocks was wrong. Every event to come gets that time too, until it is reached, since times in a log never go backwards; their order is right all the same`;
}
