import type { JobNode } from '../../domain/graph.js';
import { measureInWords } from '../../domain/limit-phrases.js';
import type { Place, Places } from '../../domain/limit-places.js';
import { type LimitMeasure, measureOf, settingFor } from '../../domain/limit-settings.js';
import type { WorkState } from '../../domain/pauses.js';
import { isoTime } from '../../prelude/iso-time.js';
import { duration, listed, plural } from '../../prelude/phrases.js';
import { type Speech, timeOf, untilOf } from './speech.js';

/** A limit that a ready job comes under, and what of it is left. */
export interface LimitWait {
  readonly key: string;
  /** How many places the job takes. */
  readonly units: number;
  readonly limit: LimitMeasure;
  /** The key or pattern that the limit is set for. */
  readonly setFor: string;
  /** Who has its places; null where the places are not known, as in a page that has the graph's events only. */
  readonly places: readonly Pick<Place, 'graphId' | 'jobId' | 'attempt' | 'units'>[] | null;
  /** When the next may start, as far as the rate goes; null if at once. */
  readonly nextStartAt: string | null;
  /** Whether it keeps the job from starting now. */
  readonly isFull: boolean;
}

/** The limits that are set for a ready job. */
export function limitWaits(
  { definition, isReady }: JobNode,
  { limits }: WorkState,
  now: number,
  placesKnown: readonly Places[] = [],
): readonly LimitWait[] {
  if (definition.limits === undefined || !isReady) return [];
  return definition.limits.flatMap(({ key, units = 1 }): readonly LimitWait[] => {
    const setting = settingFor(limits, key);
    if (setting === null) return [];
    const places = placesKnown.find((each) => each.key === key);
    const opensAt = places?.nextStart(setting) ?? -Infinity;
    const isFull = (places?.unitsFree(setting) ?? setting.concurrency ?? Infinity) < units || opensAt > now;
    const taken = places?.taken.map(({ graphId, jobId, attempt, units: their }) => {
      return { graphId, jobId, attempt, units: their };
    });
    return [
      {
        key,
        units,
        limit: measureOf(setting),
        setFor: setting.key,
        places: taken ?? null,
        nextStartAt: opensAt > now ? isoTime(opensAt) : null,
        isFull,
      },
    ];
  });
}

/** What keeps a job from starting, limit by limit. */
export function limitLines(waits: readonly LimitWait[], { now, hint, limit: shown }: Speech): string[] {
  return waits.flatMap(({ key, units, limit, setFor, places, nextStartAt, isFull }) => {
    const { concurrency = Infinity } = limit;
    const of = setFor === key ? '' : `, as ${setFor} says`;
    if (units > concurrency) {
      return [
        `  it takes ${units} places under ${key}, and there are never more than ${concurrency}${of}: it cannot start`,
        `  raise the limit with: ${hint('limit', 'set', setFor, '--concurrency', String(units))}`,
      ];
    }
    if (!isFull) return [`  it takes ${plural(units, 'place')} under ${key} (${measureInWords(limit)}${of})`];
    if (nextStartAt !== null) {
      const rate = `${plural(limit.starts!, 'start')} in the last ${duration(limit.windowMs!)}`;
      return [
        `  it waits for a place under ${key}: ${rate}${of}; the next may start at ${timeOf(nextStartAt)}, ${untilOf(nextStartAt, now)}`,
      ];
    }
    const taken = places ?? [];
    const count = taken.reduce((sum, place) => sum + place.units, 0);
    const by = listed(taken.slice(0, shown).map(({ graphId, jobId }) => `${graphId}/${jobId}`));
    const want = units === 1 ? 'a place' : `${units} places`;
    return [`  it waits for ${want} under ${key} (${count} of ${concurrency} taken by ${by}${of})`];
  });
}
