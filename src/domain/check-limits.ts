import { isPlainObject, type JsonObject } from '../prelude/json.js';
import { shownName, unknownMember } from '../prelude/known-names.js';
import { checkId, demand, inWords, kindOf, Problem, refuse, type Sentence } from './graph-rules.js';
import { JobLimit } from './job-limit.js';
import { limits } from './limits.js';

const example = "write limits: ['tenant-7', { key: 'github-api', units: 2 }]";

/** Throws a `Problem` if a job cannot come under the limits that are asked for. Templates become keys. */
export function checkLimits(
  given: unknown,
  args: JsonObject,
  where: Sentence,
): { readonly limits?: readonly JobLimit[] } {
  if (given === undefined || given === null) return {};
  const what = () => `limits of ${inWords(where)}`;
  demand(Array.isArray(given), () => `${what()} is ${kindOf(given)}; ${example}`);
  const { limitsPerJobMax } = limits;
  refuse(given.length > limitsPerJobMax, () => `${what()} are ${given.length}; a job has at most ${limitsPerJobMax}`);
  const read = given.map((each: unknown) => readLimit(each, args, what));
  const keys = new Set<string>();
  for (const { key } of read) {
    refuse(keys.has(key), () => `${what()} have the key ${shownName(key)} twice; give it once, with units`);
    keys.add(key);
  }
  // In the order of keys: two jobs under the same limits are the same, and take their places in the same order.
  return read.length === 0 ? {} : { limits: read.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

function readLimit(given: unknown, args: JsonObject, what: () => string): JobLimit {
  if (typeof given === 'string') return { key: keyFrom(given, args, what) };
  demand(isPlainObject(given), () => `one of the ${what()} is ${kindOf(given)}; ${example}`);
  const unknown = unknownMember(`one of the ${what()}`, 'field', given, JobLimit.fields);
  if (unknown !== null) throw new Problem(unknown);
  const { key, units } = given;
  demand(typeof key === 'string', () => `key in the ${what()} is ${kindOf(key)}; ${example}`);
  const { limitUnitsMax } = limits;
  refuse(
    units !== undefined &&
      !(Number.isSafeInteger(units) && (units as number) >= 1 && (units as number) <= limitUnitsMax),
    () =>
      `units of ${shownName(key)} in the ${what()} is ${typeof units === 'number' ? units : kindOf(units)}; it is a whole number from 1 to ${limitUnitsMax}`,
  );
  const made = { key: keyFrom(key, args, what) };
  return units === undefined || units === 1 ? made : { ...made, units: units as number };
}

/** The key that a template means for a job. */
function keyFrom(template: string, args: JsonObject, what: () => string): string {
  const key = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    demand(
      typeof value === 'string' || typeof value === 'number',
      () =>
        `${shownName(template)} in the ${what()} names the arg ${shownName(name)}, which is ${kindOf(value)}; it must be a text or a number of this job`,
    );
    return String(value);
  });
  checkLimitKey(key, () => `key in the ${what()}`);
  return key;
}

/** Throws a `Problem` if this is no key: it is a part of a stream's name, and a star stands for others. */
export function checkLimitKey(key: unknown, name: Sentence): asserts key is string {
  checkId(key, name, limits.limitKeyBytesMax);
  const stray = ['/', '*', '{', '}'].find((each) => (key as string).includes(each));
  refuse(
    stray !== undefined,
    () => `${inWords(name)} ${shownName(key as string)} has a ${stray}, which no key can have`,
  );
}

/** Throws a `Problem` if this is neither a key nor the beginning of keys with a star behind it. */
export function checkLimitPattern(pattern: unknown, name: Sentence): asserts pattern is string {
  const isText = typeof pattern === 'string' && pattern.endsWith('*') && pattern !== '*';
  if (pattern === '*') return;
  checkLimitKey(isText ? pattern.slice(0, -1) : pattern, name);
}
