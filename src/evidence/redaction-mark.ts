import { isPlainObject, type Json } from '../prelude/json.js';

/** The key of a redaction mark, which replaces a redacted value in an export and holds the value's digest. */
export const redactedKey = '$redacted';

/** The mark that replaces a value with this digest (in hexadecimal). */
export function redactionMark(digest: string): Json {
  return { [redactedKey]: `sha256:${digest}` };
}

/** The digest in a mark of redaction; null for everything else. */
export function redactionIn(value: Json): string | null {
  if (!isPlainObject(value)) return null;
  const mark = value[redactedKey];
  if (typeof mark !== 'string' || Object.keys(value).length !== 1) return null;
  return /^sha256:([0-9a-f]{64})$/.exec(mark)?.[1] ?? null;
}

/** Whether a canonical text may hold a mark of redaction, or a key that looks like one. */
export function mentionsRedaction(text: string): boolean {
  return text.includes(`${redactedKey}"`);
}

/** Whether there is a mark of redaction, or anything under its key, within a canonical value. */
export function holdsRedaction(value: Json): boolean {
  return someWithin(value, (inner) => isPlainObject(inner) && Object.hasOwn(inner, redactedKey));
}

/** Whether there is a mark of redaction, or what stands for one where text is needed, within a value of an event as read. */
export function mentionsPlaceholder(value: Json): boolean {
  return someWithin(value, (inner) => inner === shown || (isPlainObject(inner) && Object.hasOwn(inner, redactedKey)));
}

/**
 * Whether something holds of a value or of any value within it. Values to skip are skipped with all that is in them. No
 * recursion: values in a log may nest deeper than the stack allows.
 */
export function someWithin(
  value: Json,
  holds: (value: Json) => boolean,
  isSkipped: (value: Json) => boolean = () => false,
): boolean {
  const left: Json[] = [value];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (isSkipped(at)) continue;
    if (holds(at)) return true;
    if (typeof at === 'object' && at !== null) for (const inner of Object.values(at)) left.push(inner);
  }
  return false;
}

/** Genuine data may have keys like that of a mark; in canonical text they have one more `$`. */
export function escapeKeys(value: Json): Json {
  return renamed(value, (key) => (/^\$+redacted$/.test(key) ? `$${key}` : key));
}

/** Takes back what {@link escapeKeys} did. */
export function unescapeKeys(value: Json): Json {
  return renamed(value, (key) => (/^\$\$+redacted$/.test(key) ? key.slice(1) : key));
}

/** A copy with other keys, made without recursion: first each object with its new keys, then its members. */
function renamed(value: Json, rename: (key: string) => string): Json {
  const root: Record<string, Json> = { value };
  const left: Record<string, Json>[] = [root];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const [key, item] of Object.entries(at)) {
      if (typeof item !== 'object' || item === null) continue;
      const members = Object.entries(item).map(([name, inner]) => [rename(name), inner] as const);
      const copy = Array.isArray(item) ? [...(item as readonly Json[])] : Object.fromEntries(members);
      // The key is there already, even if it is `__proto__`, so that no prototype is changed.
      at[key] = copy;
      left.push(copy as Record<string, Json>);
    }
  }
  return root['value']!;
}

const shown = '(redacted)';
/** In place of a time that was redacted. */
export const redactedInstant = '1970-01-01T00:00:00.000Z';
const failurePlaceholder = { reason: shown, exception: shown, message: shown };
const carriedPlaceholder = {
  graphId: shown,
  attempt: 1,
  eventId: shown,
  finishedAt: redactedInstant,
  result: shown,
};
const memoizedPlaceholder = {
  graphId: shown,
  jobId: shown,
  attempt: 1,
  eventId: shown,
  finishedAt: redactedInstant,
};
/** Keys that must hold text for an event to be readable. */
const textKeys: ReadonlySet<string> = new Set([
  'message',
  'reason',
  'exception',
  'stack',
  'graphId',
  'jobId',
  'jobType',
  'eventId',
  'name',
  'cron',
  'timezone',
  'aborts',
  'key',
]);

const stretchPlaceholder = { from: redactedInstant, to: redactedInstant };
/** In place of other fields that were redacted as a whole. */
const placeholders: Readonly<Record<string, Json>> = {
  failure: failurePlaceholder,
  memoized: memoizedPlaceholder,
  revision: 0,
  delayMs: 0,
  limit: 'scheduleToClose',
  startAfter: redactedInstant,
  deadline: redactedInstant,
  deadlineMs: 1,
  // Of schedules.
  instant: redactedInstant,
  ...stretchPlaceholder,
  instants: [],
  backfill: stretchPlaceholder,
  kind: 'due',
  why: 'overlap',
  overlap: 'skip',
  count: 1,
  catchUpMs: 1,
  everyMs: 1,
  // Of limits.
  limits: [],
  after: 0,
  units: 1,
  concurrency: 1,
  starts: 1,
  windowMs: 1,
};

/** Data of an event with readable placeholders for what was redacted, and the rest as it was. */
export function placeholdersFor(data: Json): Json {
  if (!isPlainObject(data)) return data;
  return mapped(data, (key, value) => {
    if (redactionIn(value) !== null) return placeholderFor(key, value);
    if (key === 'jobs' && Array.isArray(value)) return value.map(jobWithPlaceholders);
    if (key === 'instants' && Array.isArray(value)) return value.map(instantOr);
    if (!isPlainObject(value)) return value;
    if (key === 'failure') return mapped(value, textOr);
    if (key === 'memoized') return { ...memoizedPlaceholder, ...kept(value) };
    if (key === 'backfill') return { ...stretchPlaceholder, ...kept(value) };
    return key === 'labels' ? mapped(value, (_, label) => textOr('message', label)) : value;
  });
}

/** In place of a field of the data that was redacted as a whole. */
function placeholderFor(key: string, mark: Json): Json {
  return Object.hasOwn(placeholders, key) ? placeholders[key]! : textOr(key, mark);
}

function instantOr(value: Json): Json {
  return redactionIn(value) === null ? value : redactedInstant;
}

function jobWithPlaceholders(job: Json): Json {
  if (!isPlainObject(job)) return job;
  return mapped(job, (key, value) => {
    if (key !== 'carried' || !isPlainObject(value)) return value;
    return redactionIn(value) === null ? { ...carriedPlaceholder, ...kept(value) } : carriedPlaceholder;
  });
}

/** The members that are not redacted. */
function kept(object: Record<string, unknown>): Record<string, Json> {
  const members = Object.entries(object) as [string, Json][];
  return Object.fromEntries(members.filter(([, value]) => redactionIn(value) === null));
}

function textOr(key: string, value: Json): Json {
  return textKeys.has(key) && redactionIn(value) !== null ? shown : value;
}

function mapped(object: Record<string, unknown>, change: (key: string, value: Json) => Json): Json {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value as Json)]));
}
