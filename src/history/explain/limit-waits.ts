import type { JobNode } from '../../domain/graph.js';
import { measureInWords } from '../../domain/limit-phrases.js';
import type { Place, Places } from '../../domain/limit-places.js';
import { type LimitMeasure, measureOf, settingFor } from '../../domain/limit-settings.js';
import type { WorkState } from '../../domain/pauses.js';
import { grouped } from '../../prelude/grouped.js';
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

/** Ready jobs that wait for places under one key, of which they take as many. */
export interface JobsUnderLimit {
  readonly jobs: readonly string[];
  readonly wait: LimitWait;
}

/** Ready jobs that a limit keeps from starting, by the first such limit of each. */
export function jobsUnderLimits(
  jobs: readonly JobNode[],
  { work, now, places }: { readonly work: WorkState; readonly now: number; readonly places?: readonly Places[] },
): readonly JobsUnderLimit[] {
  const waiting = jobs.flatMap((job) => {
    const wait = limitWaits(job, work, now, places).find(({ isFull }) => isFull);
    return wait === undefined ? [] : [{ job, wait }];
  });
  const groups = grouped(waiting, ({ wait }) => `${wait.units} ${wait.key}`);
  return [...groups.values()].map((group) => ({ jobs: group.map(({ job }) => job.id), wait: group[0]!.wait }));
}

/** What keeps a job from starting, limit by limit. */
export function limitLines(waits: readonly LimitWait[], speech: Speech): string[] {
  return waits.flatMap((wait) => {
    const { key, units, limit, isFull } = wait;
    if (isFull) return waitLines(wait, 'it', speech);
    return [`  it takes ${plural(units, 'place')} under ${key} (${measureInWords(limit)}${setThrough(wait)})`];
  });
}

/** What jobs wait for that a limit keeps from starting. */
export function waitLines(wait: LimitWait, who: 'it' | 'each', { now, hint, limit: shown }: Speech): string[] {
  const { key, units, limit, setFor, places, nextStartAt } = wait;
  const { concurrency = Infinity, starts, windowMs } = limit;
  const of = setThrough(wait);
  if (units > concurrency) {
    const rate = starts === undefined ? [] : ['--rate', `${starts}/${exactly(windowMs!)}`];
    return [
      `  ${who} takes ${units} places under ${key}, and there are never more than ${concurrency}${of}: it cannot start`,
      `  raise the limit with: ${hint('limit', 'set', setFor, '--concurrency', String(units), ...rate)}`,
    ];
  }
  if (nextStartAt !== null) {
    const rate = `${plural(starts!, 'start')} in the last ${duration(windowMs!)}`;
    return [
      `  ${who} waits for a place under ${key}: ${rate}${of}; the next may start at ${timeOf(nextStartAt)}, ${untilOf(nextStartAt, now)}`,
    ];
  }
  const taken = places ?? [];
  const count = taken.reduce((sum, place) => sum + place.units, 0);
  const by = listed(
    taken.map(({ graphId, jobId }) => `${graphId}/${jobId}`),
    shown,
  );
  const want = units === 1 ? 'a place' : `${units} places`;
  return [`  ${who} waits for ${want} under ${key} (${count} of ${concurrency} taken by ${by}${of})`];
}

function setThrough({ key, setFor }: LimitWait): string {
  return setFor === key ? '' : `, as ${setFor} says`;
}

/** A length of time as commands read it, to the millisecond. */
function exactly(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
