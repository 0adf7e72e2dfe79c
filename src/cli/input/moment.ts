import type { Position } from '../../domain/events.js';
import { resolveLogMoment, resolveMoment } from '../../history/moments/moment.js';
import type { AsOf } from '../../store/graph-info.js';
import type { Store } from '../../store/store.js';

/** The position in the log that a moment of a graph names; none means now. */
export async function asOfGraph(store: Store, graphId: string, at: string | undefined): Promise<AsOf> {
  return at === undefined ? {} : { asOf: await resolveMoment(store, graphId, at) };
}

/** The same for a moment of the whole log. */
export async function asOfLog(store: Store, at: string | undefined): Promise<AsOf> {
  return at === undefined ? {} : { asOf: await resolveLogMoment(store, at) };
}

/** A moment as it was found and as it was asked for: `@1204 (2026-03-01T12:00)`. */
export function momentInWords(asOf: Position, at: string | undefined): string {
  return at === undefined || at === `@${asOf}` ? `@${asOf}` : `@${asOf} (${at})`;
}
