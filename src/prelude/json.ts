import { E, type Either } from './fp.js';

/** A value that JSON can write and read back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Whether a value is an object with named entries: made by a literal or by a parser, not an array or a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The value as JSON would read it back, or the first reason, with its path, why that would lose something.
 *
 * Objects that know how to write themselves (`toJSON`: Date, URL) are taken at their word, and a property that is
 * `undefined` is left out, as JSON does. Everything JSON would silently turn into something else is refused:
 * functions, symbols, BigInt, NaN, infinities, `undefined` in an array, Map, Set, other class instances, and cycles.
 */
export function toJson(value: unknown, path: string): Either<string, Json> {
  try {
    return E.right(copy(value, path, new Set()));
  } catch (error) {
    if (error instanceof NotJson) return E.left(error.message);
    return E.left(`${path} cannot be written as JSON: ${String(error)}`);
  }
}

class NotJson extends Error {}

function copy(value: unknown, path: string, above: Set<object>): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw new NotJson(`${path} is ${value}, which JSON cannot hold`);
    case 'object':
      return value === null ? null : copyObject(value, path, above);
    case 'undefined':
      throw new NotJson(`${path} is undefined, which JSON cannot hold; use null`);
    case 'bigint':
      throw new NotJson(`${path} is a BigInt, which JSON cannot hold; store it as a string`);
    default:
      throw new NotJson(`${path} is a ${typeof value}, which JSON cannot hold`);
  }
}

function copyObject(value: object, path: string, above: Set<object>): Json {
  if (above.has(value)) throw new NotJson(`${path} refers back to itself, which JSON cannot hold`);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    above.add(value);
    const written = copy((value.toJSON as () => unknown)(), path, above);
    above.delete(value);
    return written;
  }
  if (!Array.isArray(value) && !isPlainObject(value)) {
    const kind = value.constructor?.name || 'object with a prototype of its own';
    throw new NotJson(`${path} is a ${kind}, which JSON cannot hold; give a plain object or array`);
  }
  above.add(value);
  const written = Array.isArray(value)
    ? Array.from(value, (item, index) => copy(item, `${path}[${index}]`, above))
    : copyEntries(value, path, above);
  above.delete(value);
  return written;
}

function copyEntries(value: object, path: string, above: Set<object>): JsonObject {
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) entries.push([key, copy(item, keyPath(path, key), above)]);
  }
  // `fromEntries` defines properties, so that a key such as `__proto__` stays data.
  return Object.fromEntries(entries);
}

function keyPath(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** JSON with the keys of every object in order, so that equal values have equal text. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** The length of a value's JSON text in bytes, as the limits count it. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The value, frozen to its depth. What is frozen already is taken to be so throughout. */
export function frozen<A>(value: A): A {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) frozen(inner);
  return value;
}

/**
 * What a text says as JSON. What is no JSON comes back as the text itself: somebody else's hand may have written it, and
 * it is to be shown as it stands.
 */
export function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
