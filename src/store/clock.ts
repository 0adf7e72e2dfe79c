import { orThrow } from './or-throw.js';
import type { Store } from './store.js';

const dayMs = 24 * 3_600_000;

/**
 * A warning about a log whose last event is more than a day ahead of this machine's clock, or null. Some clock was wrong
 * when it was written; and since times in a log never go backwards, every later event gets the same time.
 */
export async function lastEventAhead(store: Pick<Store, 'log' | 'environment'>): Promise<string | null> {
  const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
  if (last === undefined) return null;
  const aheadMs = Date.parse(last.recordedAt) - store.environment.now();
  if (!(aheadMs >= dayMs)) return null;
  const days = Math.round(aheadMs / dayMs);
  const ahead = days > 730 ? `${Math.floor(days / 365)} years` : days === 1 ? 'a day' : `${days} days`;
  return `the last event, @${last.position}, was recorded at ${last.recordedAt}, which is ${ahead} ahead of this machine's clock: one of the two clocks was wrong. Every further event gets that time too, until it has passed, since times in a log never go backwards; their order is right all the same`;
}
