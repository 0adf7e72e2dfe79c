import type { Failure } from '../domain/events.js';
import { limits } from '../domain/limits.js';
import { defined } from '../prelude/defined.js';
import { isError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { isPlainObject, type Json, jsonBytes, toJson } from '../prelude/json.js';

export type FailureReason =
  'system/exception' | 'system/fault' | 'system/timeout' | 'system/lease-expired' | 'system/released';

/**
 * The record of something thrown, in Overseer's form: `reason`, the class of the exception, its message (null if it has
 * none) and its data, if it carries any. An error's data is its `data` property or else its own enumerable properties
 * (`code`, `status` and the like); entries that JSON cannot hold are left out. A record that is too large is cut.
 */
export function failureOf(thrown: unknown, reason: FailureReason = 'system/exception'): Failure {
  return bounded(
    defined({
      reason,
      exception: safely(() => classOf(thrown), 'unknown'),
      message: safely(() => messageOf(thrown), 'the handler threw something that throws again when looked at'),
      data: safely(() => dataOf(thrown), undefined),
    }),
  );
}

/** Looks at something thrown, which may be anything, even something that throws when it is looked at. */
export function safely<A>(look: () => A, otherwise: A): A {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** The stack of something thrown, with those of its causes, cut to a bounded size; undefined if it has none. */
export function stackOf(thrown: unknown): string | undefined {
  return safely(() => stackIn(thrown), undefined);
}

function stackIn(thrown: unknown): string | undefined {
  const stacks: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = thrown; isError(at) && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (typeof at.stack === 'string') stacks.push(at.stack);
  }
  return stacks.length === 0 ? undefined : cut(stacks.join('\ncaused by: '), limits.failureBytesMax / 4);
}

/** The names of something thrown, for a retry policy's `nonRetryable`: its class and those above it, `name`, `code`. */
export function namesOf(thrown: unknown): readonly string[] {
  return safely(() => namesIn(thrown), []);
}

function namesIn(thrown: unknown): readonly string[] {
  if (typeof thrown !== 'object' || thrown === null) return [classOf(thrown)];
  const names = new Set<string>();
  // The last prototype is that of all objects, of whichever realm.
  for (let at = prototypeOf(thrown); at !== null && prototypeOf(at) !== null; at = prototypeOf(at)) {
    const name = classNameOf(at);
    if (name !== null) names.add(name);
  }
  for (const key of ['name', 'code'] as const) {
    const name = (thrown as Record<string, unknown>)[key];
    if (typeof name === 'string') names.add(name);
  }
  return [...names];
}

/** The entries of an object that JSON can hold. */
export function serialisable(data: Readonly<Record<string, unknown>>): Record<string, Json> {
  const kept: [string, Json][] = [];
  for (const [key, value] of Object.entries(data)) {
    const json = toJson(value, key);
    if (E.isRight(json)) kept.push([key, json.right]);
  }
  return Object.fromEntries(kept);
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

/** The name of an object's class; null if it has none. */
function classNameOf(value: object): string | null {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } | null };
  const name = constructor?.name;
  return typeof name === 'string' && name !== '' ? name : null;
}

function classOf(thrown: unknown): string {
  if (isError(thrown)) {
    return classNameOf(thrown) ?? (typeof thrown.name === 'string' ? thrown.name : 'Error');
  }
  return thrown === null ? 'null' : typeof thrown;
}

function messageOf(thrown: unknown): string | null {
  if (isError(thrown)) {
    const { message } = thrown as { readonly message: unknown };
    if (message === '' || message === undefined || message === null) return null;
    return typeof message === 'string' ? message : shownSafely(message);
  }
  if (typeof thrown === 'string') return thrown;
  if (isPlainObject(thrown) && typeof thrown.message === 'string') return thrown.message;
  return thrown === undefined || thrown === null ? null : shownSafely(thrown);
}

function shownSafely(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

function dataOf(thrown: unknown): Json | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  if ('data' in thrown && thrown.data !== undefined) {
    if (isPlainObject(thrown.data)) return serialisable(thrown.data);
    const json = toJson(thrown.data, 'data');
    return E.isRight(json) ? json.right : undefined;
  }
  if (!isError(thrown)) return undefined;
  const {
    name: _name,
    message: _message,
    stack: _stack,
    cause: _cause,
    ...own
  } = { ...thrown } as Record<string, unknown>;
  const kept = serialisable(own);
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function bounded(failure: Failure): Failure {
  if (jsonBytes(failure) <= limits.failureBytesMax) return failure;
  const { data, ...rest } = failure;
  const message = rest.message === null ? null : cut(rest.message, limits.failureBytesMax / 4);
  const withData = defined({ ...rest, message, data });
  if (jsonBytes(withData) <= limits.failureBytesMax) return withData;
  const note = `left out: with it the record would be over the limit of ${limits.failureBytesMax} bytes`;
  return { ...rest, exception: cut(rest.exception, 200), message, data: { cut: note } };
}

function cut(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const kept = Buffer.from(text).subarray(0, bytesMax).toString().replace(/�+$/, '');
  return `${kept}… (cut: ${Buffer.byteLength(text)} bytes)`;
}
