import { isPlainObject, type Json } from './json.js';

/**
 * One change of a JSON value, as RFC 6902 writes it. `before` is the old value, which the RFC leaves out: it is for
 * people, and programs that apply a patch may ignore it.
 */
export type PatchOperation =
  | { readonly op: 'add'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string; readonly before: Json }
  | { readonly op: 'replace'; readonly path: string; readonly value: Json; readonly before: Json };

/** Operations that turn one value into another, in the order of the second value's paths. */
export type Patch = readonly PatchOperation[];

type Members = Readonly<Record<string, Json>>;

/**
 * The patch from one JSON value to another. Objects are compared member by member; an array, whose items have no names, is
 * compared as a whole.
 */
export function patchBetween(before: Json, after: Json): Patch {
  const operations: PatchOperation[] = [];
  compare(before, after, '', operations);
  return operations;
}

function compare(before: Json, after: Json, path: string, operations: PatchOperation[]): void {
  if (before === after) return;
  if (isPlainObject(before) && isPlainObject(after)) {
    compareMembers(before, after, path, operations);
  } else if (!isSame(before, after)) {
    operations.push({ op: 'replace', path, value: after, before });
  }
}

function compareMembers(before: Members, after: Members, path: string, operations: PatchOperation[]): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) operations.push({ op: 'remove', path: below(path, key), before: before[key]! });
  }
  for (const [key, value] of Object.entries(after)) {
    if (Object.hasOwn(before, key)) compare(before[key]!, value, below(path, key), operations);
    else operations.push({ op: 'add', path: below(path, key), value });
  }
}

/** Whether two values are equal as JSON: the order of members does not count. */
export function isSame(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    const others = b as readonly Json[];
    return a.length === b.length && (a as readonly Json[]).every((item, at) => isSame(item, others[at]!));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const [left, right] = [a as Members, b as Members];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key]!, right[key]!))
  );
}

/** The value that a patch leads to; the given value stays as it is. Throws a RangeError where the patch does not fit. */
export function applyPatch(value: Json, patch: Patch): Json {
  const root = { value: structuredClone(value) };
  for (const operation of patch) {
    const keys = ['value', ...segmentsOf(operation.path)];
    const last = keys.pop()!;
    let at: unknown = root;
    for (const key of keys) at = isPlainObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    if (!isPlainObject(at) || (operation.op !== 'add' && !Object.hasOwn(at, last))) {
      throw new RangeError(`there is nothing at ${JSON.stringify(operation.path)} to ${operation.op}`);
    }
    // Defined, not assigned, so that a key such as `__proto__` stays data.
    if (operation.op === 'remove') delete at[last];
    else {
      const property = { value: operation.value, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(at, last, property);
    }
  }
  return root.value;
}

function below(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The keys a JSON pointer (RFC 6901) goes through. */
export function segmentsOf(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
