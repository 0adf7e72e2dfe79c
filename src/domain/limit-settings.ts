import type { EventOf } from './events.js';
import type { Intervention } from './graph.js';

/** How much there may be under a key: so many places at once, and so many starts in any window of time. */
export interface LimitMeasure {
  /** How many places may be taken at a time. */
  readonly concurrency?: number;
  /** How many starts there may be in any window of `windowMs` milliseconds. */
  readonly starts?: number;
  readonly windowMs?: number;
}

/** What an operator has set for a key, or for all keys that begin alike. */
export interface LimitSetting extends LimitMeasure {
  /** A key, or the beginning of keys with a star behind it. */
  readonly key: string;
  readonly set: Intervention;
}

export type LimitSettings = ReadonlyMap<string, LimitSetting>;

/** Whether what is set for a key, or for all that begin alike, concerns this key. */
export function isFor(pattern: string, key: string): boolean {
  return pattern === key || (pattern.endsWith('*') && key.startsWith(pattern.slice(0, -1)));
}

/** The setting that holds for a key: its own, or else that of the longest pattern that fits. Null if there is no limit. */
export function settingFor(settings: LimitSettings, key: string): LimitSetting | null {
  if (settings.size === 0) return null;
  const own = settings.get(key);
  if (own !== undefined) return own;
  let best: LimitSetting | null = null;
  for (const [pattern, setting] of settings) {
    if (!isFor(pattern, key)) continue;
    if (best === null || pattern.length > best.key.length) best = setting;
  }
  return best;
}

/** Only what is measured, without who set it. */
export function measureOf({ concurrency, starts, windowMs }: LimitMeasure): LimitMeasure {
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(starts === undefined || windowMs === undefined ? {} : { starts, windowMs }),
  };
}

export function isSameMeasure(a: LimitMeasure, b: LimitMeasure): boolean {
  return a.concurrency === b.concurrency && a.starts === b.starts && a.windowMs === b.windowMs;
}

/** What an event sets. */
export function settingIn({ key, by, reason, ...measure }: EventOf<'LimitSet'>['data'], at: string): LimitSetting {
  return Object.freeze({ key, ...measureOf(measure), set: Object.freeze({ by, reason, at }) });
}
