import { wordsFor } from './errors.js';
import { E, type Either } from './fp.js';
import { utf8Bytes } from './utf8.js';

/** A value that JSON can write and read back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** How deep arrays and objects may be nested in a value that is stored; `[1]` is nested once. */
export const nestingMax = 200;

/** More than any stored value may hold, counted in items and in characters of its texts. */
const unitsMax = 4 * 1024 * 1024;

/**
 * Whether a value is an object with named entries: made by a literal or by a parser, of this realm or another (`node:vm`),
 * not an array or a class.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null || isRootOfRealm(prototype);
}

/** Whether a prototype is what `Object.prototype` is in some realm: nothing is above it, and it has what only that one has. */
function isRootOfRealm(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'propertyIsEnumerable');
}

/**
 * The value as JSON would read it back, or the first reason, with its path, why that would lose something.
 *
 * Objects that know how to write themselves (`toJSON`: Date, URL) are believed, and a property that is
 * `undefined` is left out, as JSON does. Everything JSON would silently turn into something else is refused:
 * functions, symbols, BigInt, NaN, infinities, invalid dates, `undefined` in an array, Map, Set, other class instances,
 * and cycles. So is what is nested deeper than {@link nestingMax}, or larger than anything that can be kept. Never throws.
 */
export function toJson(value: unknown, path: string): Either<string, Json> {
  const copying = new Copying(path);
  return E.tryCatch(
    () => copying.of(value),
    (thrown) => (thrown instanceof NotJson ? thrown.message : `${path} cannot be written as JSON: ${wordsFor(thrown)}`),
  );
}

class NotJson extends Error {}

/** One value while it is copied. Recursion goes no deeper than values may be nested. */
class Copying {
  private readonly above = new Set<object>();
  /** The keys that lead to where the copying is. */
  private readonly trail: (string | number)[] = [];
  private units = 0;

  constructor(private readonly root: string) {}

  of(value: unknown): Json {
    this.count(1);
    switch (typeof value) {
      case 'string':
        this.count(value.length);
        return value;
      case 'boolean':
        return value;
      case 'number':
        // JSON has no -0.
        if (Number.isFinite(value)) return value === 0 ? 0 : value;
        throw this.problem(`is ${value}, which JSON cannot hold`);
      case 'object':
        return value === null ? null : this.ofObject(value);
      case 'undefined':
        throw this.problem('is undefined, which JSON cannot hold; use null');
      case 'bigint':
        throw this.problem('is a BigInt, which JSON cannot hold; store it as a string');
      default:
        throw this.problem(`is a ${typeof value}, which JSON cannot hold`);
    }
  }

  private ofObject(value: object): Json {
    if (this.above.has(value)) throw this.problem('refers back to itself, which JSON cannot hold');
    if (this.above.size >= nestingMax)
      throw this.problem(`is nested deeper than the limit of ${nestingMax}`, this.root);
    this.above.add(value);
    const written = this.written(value);
    this.above.delete(value);
    return written;
  }

  private written(value: object): Json {
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      if (isInvalidDate(value)) throw this.problem('is an invalid Date, which JSON cannot hold');
      return this.of((value.toJSON as () => unknown)());
    }
    if (Array.isArray(value)) return Array.from(value, (item, index) => this.at(index, item));
    if (isPlainObject(value)) return this.entriesOf(value);
    const kind = value.constructor?.name || 'object with a prototype of its own';
    throw this.problem(`is a ${kind}, which JSON cannot hold; give a plain object or array`);
  }

  private entriesOf(value: Record<string, unknown>): JsonObject {
    const entries: [string, Json][] = [];
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      this.count(key.length);
      entries.push([key, this.at(key, item)]);
    }
    // `fromEntries` defines properties, so that a key such as `__proto__` stays data.
    return Object.fromEntries(entries);
  }

  private at(key: string | number, item: unknown): Json {
    this.trail.push(key);
    const copy = this.of(item);
    this.trail.pop();
    return copy;
  }

  private count(units: number): void {
    this.units += units;
    if (this.units > unitsMax) throw this.problem('is larger than any limit', this.root);
  }

  private problem(what: string, where = this.trail.reduce(keyPath, this.root)): NotJson {
    return new NotJson(`${where} ${what}`);
  }
}

function isInvalidDate(value: object): boolean {
  const isDate = Object.prototype.toString.call(value) === '[object Date]';
  return isDate && Number.isNaN((value as Date).valueOf());
}

/** A path in words, of bounded length: one that is long loses its middle. */
function keyPath(path: string | number, key: string | number): string {
  const next = typeof key === 'number' ? `[${key}]` : plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  const whole = `${path}${next}`;
  return whole.length <= pathCharactersMax ? whole : `${whole.slice(0, 80)}…${whole.slice(-80)}`;
}

const plainKey = /^[A-Za-z_$][\w$]*$/;
const pathCharactersMax = 200;

/**
 * Whether the arrays and objects of a JSON text are nested deeper than that. It looks at the text, since walking a parsed
 * value of any depth would need a loop without recursion.
 */
export function isNestedDeeper(text: string, most: number): boolean {
  if (text.length <= 2 * most) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfText(text, at);
        break;
      case openingBracket:
      case openingBrace:
        depth += 1;
        if (depth > most) return true;
        break;
      case closingBracket:
      case closingBrace:
        depth -= 1;
        break;
    }
  }
  return false;
}

const [quote, backslash, openingBracket, closingBracket, openingBrace, closingBrace] = [34, 92, 91, 93, 123, 125];

/** Where the quoted text that begins there ends. */
function endOfText(text: string, begins: number): number {
  for (let at = text.indexOf('"', begins + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** A value as JSON text, however deep it is nested: it can write whatever a parser has read. */
export function jsonText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return deepJsonText(value);
    throw error;
  }
}

/** The same without recursion, which makes `JSON.stringify` fail at some thousand levels. It takes several times as long. */
function deepJsonText(value: Json): string {
  const pieces: string[] = [];
  /** What is still to write, the next at the end: texts as they are, and values. */
  const open: ({ readonly text: string } | { readonly value: Json })[] = [{ value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if ('text' in next) pieces.push(next.text);
    else if (typeof next.value !== 'object' || next.value === null) pieces.push(JSON.stringify(next.value));
    else {
      const isList = Array.isArray(next.value);
      const entries = Object.entries<Json>(next.value as JsonObject);
      pieces.push(isList ? '[' : '{');
      open.push({ text: isList ? ']' : '}' });
      entries.reverse().forEach(([key, item], index) => {
        open.push({ value: item });
        const comma = index === entries.length - 1 ? '' : ',';
        open.push({ text: isList ? comma : `${comma}${JSON.stringify(key)}:` });
      });
    }
  }
  return pieces.join('');
}

/** A copy of a value that was read from the log, for somebody who may change it. */
export function copied<A extends Json>(value: A): A;
export function copied(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => copied(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(entries.map(([key, item]) => [key, copied(item)]));
}

/** JSON with the keys of every object in order, so that equal values have equal text. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(inKeyOrder(value));
}

/** The value with the keys of every object in order; what is in order already is not copied. */
export function inKeyOrder<A extends Json>(value: A): A;
export function inKeyOrder(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const inner = items.map((item) => inKeyOrder(item));
    return inner.every((item, index) => item === items[index]) ? items : inner;
  }
  const entries = Object.entries(value as JsonObject);
  const inner = entries.map(([key, item]): [string, Json] => [key, inKeyOrder(item)]);
  const isInOrder = entries.every(
    ([key, item], index) => (index === 0 || entries[index - 1]![0] < key) && inner[index]![1] === item,
  );
  if (isInOrder) return value;
  inner.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(inner);
}

/** The length of a value's JSON text in bytes, as the limits count it. */
export function jsonBytes(value: Json): number {
  return utf8Bytes(JSON.stringify(value));
}

/** The value, deeply frozen, however deep it is. What is frozen already is taken to be deeply frozen. */
export function frozen<A>(value: A): A {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const inner of Object.values(next)) if (typeof inner === 'object' && inner !== null) open.push(inner);
  }
  return value;
}

/**
 * The value of a JSON text. Text that is not JSON comes back as it is: somebody else may have written it, and it must be
 * shown as it is.
 */
export function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
