import { checkLimitPattern } from '../domain/check-limits.js';
import { kindOf, problemIn } from '../domain/graph-rules.js';
import { decideLimit, type LimitCommand } from '../domain/limit-decisions.js';
import { type LimitMeasure, type LimitSetting, settingFor } from '../domain/limit-settings.js';
import { limits as sizes } from '../domain/limits.js';
import type { Place } from '../domain/limit-places.js';
import { namespaceStream } from '../domain/namespace-stream.js';
import type { JobNode } from '../domain/graph.js';
import { OverseerError } from '../prelude/errors.js';
import { isoTime } from '../prelude/iso-time.js';
import { assertOptions, shownName } from '../prelude/known-names.js';
import { type AsOf, asOfOnly } from './graph-info.js';
import { KnownLimit } from './known-limit.js';
import { loadWork } from './load-work.js';
import { newEvents } from './new-events.js';
import { noProgress } from './operate.js';
import { allowed, appendOrThrow } from './or-throw.js';
import { openGraphs } from './queue-depths.js';
import { type Reason, stated } from './reason.js';
import type { Store } from './store.js';

/** How much may run under a key. At least one of the two. */
export interface LimitSpecification {
  /** How many places may be taken at a time. A job takes one, or its `units`, for as long as an attempt of it lasts. */
  readonly concurrency?: number;
  /** How many attempts may start in any window of `windowMs` milliseconds: at most 10,000, in at most 31 days. */
  readonly rate?: { readonly starts: number; readonly windowMs: number };
}

/**
 * Limits what runs under a key, over all workers and machines: how many attempts at a time, how many starts in any window of time,
 * or both. With a star at the end, the key stands for all that begin alike, each counted by itself; a key's own limit goes before
 * that of a pattern, and a longer pattern before a shorter one. It holds for what starts from now on: what runs goes on, and
 * counts only if it started under a limit. Resolves to false if it is set to just this already; then nothing is changed.
 *
 *     await setLimit(db, 'tenant-*', { concurrency: 2 })
 *     await setLimit(db, 'github-api', { rate: { starts: 100, windowMs: 60_000 } })
 *
 * @throws OverseerError `limit-setting-invalid`
 */
export async function setLimit(
  store: Store,
  key: string,
  specification: LimitSpecification,
  why: Reason = {},
): Promise<boolean> {
  assertOptions<LimitSpecification>('setLimit', specification, { concurrency: true, rate: true });
  const { by, reason } = stated(store, why, 'set by an operator');
  orInvalid(() => checkLimitPattern(key, 'key of a limit'));
  return await commandLimit(store, { kind: 'set', key, measure: checkedMeasure(specification), by, reason });
}

/**
 * Takes a limit away. A pattern that fits the key holds for it from then on.
 *
 * @throws RejectedError `limit-not-found`; OverseerError `limit-setting-invalid`
 */
export async function removeLimit(store: Store, key: string, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'removed by an operator');
  orInvalid(() => checkLimitPattern(key, 'key of a limit'));
  await commandLimit(store, { kind: 'remove', key, by, reason });
}

/** The limits that are set, by key. */
export async function limits(store: Store, options: AsOf = {}): Promise<readonly LimitSetting[]> {
  assertOptions<AsOf>('limits', options, asOfOnly);
  const work = await loadWork(store, options.asOf ?? null);
  return [...work.limits.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A key, what holds for it, and who has its places. */
export interface LimitInfo {
  readonly key: string;
  /** What is set for it; null if there is no limit. */
  readonly setting: LimitSetting | null;
  /** How many units are taken. */
  readonly units: number;
  /** The places that are taken, the oldest first. */
  readonly places: readonly Place[];
  /** How many starts there were in the window that ends now; null without a rate. */
  readonly starts: number | null;
  /** When the next may start, as far as the rate goes; null if at once. */
  readonly nextStartAt: string | null;
  /** Ready jobs that want a place, those that wait for the rate too: how many there are, and some of them. */
  readonly waiting: number;
  readonly waiters: readonly { readonly graphId: string; readonly jobId: string; readonly units: number }[];
  /** Why this release leaves the key alone: its stream holds what it cannot read. */
  readonly problem: string | null;
}

/** Enough to see who waits. */
const waitersShown = 100;

/**
 * One key: what is set for it, who has its places, and who waits.
 *
 * @throws OverseerError `limit-setting-invalid`
 */
export async function limit(store: Store, key: string, options: AsOf = {}): Promise<LimitInfo> {
  assertOptions<AsOf>('limit', options, asOfOnly);
  orInvalid(() => checkLimitPattern(key, 'key of a limit'));
  if (key.endsWith('*')) throw invalid(`${shownName(key)} stands for many keys; give one of them`);
  const { asOf = null } = options;
  const { projection, now } = await openGraphs(store, options);
  const { places } = await KnownLimit.load(store.log, key, asOf);
  const setting = settingFor(projection.work.limits, key);
  const waiters = [...projection.ready.values()].flatMap((jobs) => [...jobs].flatMap((job) => waiterUnder(job, key)));
  const nextStart = places.nextStart(setting ?? {});
  return {
    key,
    setting,
    units: places.unitsTaken,
    places: places.taken,
    starts: setting?.starts === undefined ? null : places.startsWithin(setting, now),
    nextStartAt: nextStart > now ? isoTime(nextStart) : null,
    waiting: waiters.length,
    waiters: waiters.slice(0, waitersShown),
    problem: places.unreadable,
  };
}

function waiterUnder(job: JobNode, key: string): LimitInfo['waiters'] {
  const own = job.definition.limits?.find((each) => each.key === key);
  return own === undefined ? [] : [{ graphId: job.graph.id, jobId: job.id, units: own.units ?? 1 }];
}

async function commandLimit(store: Store, command: LimitCommand): Promise<boolean> {
  for (let tried: number | null = null; ;) {
    const work = await loadWork(store);
    if (tried === work.revision) throw noProgress("the namespace's own stream", work);
    tried = work.revision;
    const events = newEvents(store.environment, allowed(decideLimit(work, command)), work.lastEventId, command.by);
    if (events.length === 0) return false;
    const [result] = await appendOrThrow(store.log, [{ ...namespaceStream, expectedRevision: work.revision, events }]);
    if (result!.appended) return true;
  }
}

function checkedMeasure({ concurrency, rate }: LimitSpecification): LimitMeasure {
  if (concurrency === undefined && rate === undefined) {
    throw invalid('nothing is limited: give a concurrency, a rate, or both');
  }
  if (concurrency !== undefined) assertCount('concurrency', concurrency, sizes.limitUnitsMax);
  if (rate === undefined) return { concurrency: concurrency! };
  if (typeof rate !== 'object' || (rate as unknown) === null) {
    throw invalid(`rate is ${kindOf(rate)}; give { starts: 100, windowMs: 60_000 }`);
  }
  const { starts, windowMs } = rate;
  assertOptions<NonNullable<LimitSpecification['rate']>>('rate of setLimit', rate, { starts: true, windowMs: true });
  assertCount('starts of the rate', starts, sizes.limitStartsMax);
  assertCount('windowMs of the rate', windowMs, sizes.limitWindowMsMax);
  return concurrency === undefined ? { starts, windowMs } : { concurrency, starts, windowMs };
}

function assertCount(what: string, given: unknown, most: number): asserts given is number {
  if (Number.isSafeInteger(given) && (given as number) >= 1 && (given as number) <= most) return;
  const shown = typeof given === 'number' ? String(given) : kindOf(given);
  const instead = given === 0 ? '; to hold all back, pause the type of job or the graph' : '';
  throw invalid(`${what} is ${shown}; give a whole number from 1 to ${most}${instead}`);
}

function orInvalid(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw invalid(problemIn(thrown));
  }
}

function invalid(message: string): OverseerError {
  return new OverseerError('limit-setting-invalid', message);
}
