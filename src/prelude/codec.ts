import * as t from './io.js';
import type { Json, JsonObject } from './json.js';
import { isPlainObject } from './json.js';
import { shownValue, unknownMember } from './known-names.js';

/** A codec for values that pass a test. They are stored as they are. */
function where<A>(name: string, is: (u: unknown) => u is A): t.Type<A> {
  return new t.Type(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity);
}

/** A whole number that JavaScript holds exactly; io-ts' own `Int` lets 2**60 through. */
export const SafeInt = where('whole number', (u): u is number => Number.isSafeInteger(u));

/** A whole number from `least` on. */
export function intFrom(least: number, name = `whole number from ${least}`): t.Type<number> {
  return where(name, (u): u is number => Number.isSafeInteger(u) && (u as number) >= least);
}

/** A finite number between two bounds, both included. */
export function numberBetween(least: number, most: number, name: string): t.Type<number> {
  return where(name, (u): u is number => typeof u === 'number' && u >= least && u <= most);
}

/** A text that matches a pattern. */
function matching(pattern: RegExp, name: string): t.Type<string> {
  return where(name, (u): u is string => typeof u === 'string' && pattern.test(u));
}

/** One of several names. */
export function oneOf<Name extends string>(names: readonly Name[], name: string): t.Type<Name, unknown> {
  return t.keyof(Object.fromEntries(names.map((each) => [each, null])) as Record<Name, null>, name);
}

export const Uuid = matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'UUID in lower case');

export const Sha256 = matching(/^[0-9a-f]{64}$/, 'SHA-256 as 64 hexadecimal digits');

/** What a codec takes, or null. */
export function orNull<C extends t.Mixed>(codec: C): t.UnionC<[C, t.NullC]> {
  return t.union([codec, t.null], `${codec.name}, or null`);
}

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A point in time as the log writes it: ISO 8601, UTC, milliseconds. */
export const Instant = where(
  'instant (ISO 8601, UTC, milliseconds)',
  (u): u is string => typeof u === 'string' && instantPattern.test(u) && !Number.isNaN(Date.parse(u)),
);

/** A value that came out of a JSON parser; only its presence is checked, since the parser has checked the rest. */
export const JsonValue = where('JSON value', (u): u is Json => u !== undefined);

/** A value of any kind, which whoever takes it looks at. */
export const Anything = where('value', (u): u is unknown => u !== undefined);

export const JsonRecord = where('JSON object', (u): u is JsonObject => isPlainObject(u));

type Fields<R extends t.Props, O extends t.Props> = { readonly [K in keyof R]: t.TypeOf<R[K]> } & {
  readonly [K in keyof O]?: t.TypeOf<O[K]>;
};

/** A codec for an object that knows the names of its fields. */
export interface RecordCodec<A> extends t.Type<A, unknown> {
  readonly fields: readonly string[];
}

/**
 * A codec for an object with required and optional fields that drops the fields it does not know. An optional field
 * that is absent stays absent. (io-ts spells this `exact(intersection([type, partial]))`, which validates every value
 * twice and puts the members' numbers into the paths of its errors.)
 */
export function record<R extends t.Props, O extends t.Props = Record<never, never>>(
  name: string,
  required: R,
  optional?: O,
): RecordCodec<Fields<R, O>> {
  const requiredKeys = Object.keys(required);
  const optionalKeys = Object.keys(optional ?? {});
  const codecs: t.Props = { ...required, ...optional };
  type Value = Fields<R, O>;
  const codec: t.Type<Value, unknown> = new t.Type<Value, unknown>(
    name,
    (u): u is Value =>
      isPlainObject(u) &&
      requiredKeys.every((key) => codecs[key]!.is(u[key])) &&
      optionalKeys.every((key) => u[key] === undefined || codecs[key]!.is(u[key])),
    (u, context) => {
      if (!isPlainObject(u)) return t.failure(u, context);
      const errors: t.Errors = [];
      const decoded: Record<string, unknown> = {};
      const read = (key: string) => {
        const field = codecs[key]!;
        const result = field.validate(u[key], t.appendContext(context, key, field, u[key]));
        if (result._tag === 'Left') errors.push(...result.left);
        else decoded[key] = result.right;
      };
      for (const key of requiredKeys) read(key);
      for (const key of optionalKeys) if (u[key] !== undefined) read(key);
      return errors.length > 0 ? t.failures(errors) : t.success(decoded as Value);
    },
    t.identity,
  );
  return Object.assign(codec, { fields: [...requiredKeys, ...optionalKeys] });
}

/** The same codec for an object that has exactly one of two of its optional fields. */
export function withOneOf<A, Key extends keyof A & string>(
  codec: RecordCodec<A>,
  one: Key,
  other: Key,
): RecordCodec<A> {
  const hasOne = (value: A) => (value[one] === undefined) !== (value[other] === undefined);
  const checked: t.Type<A, unknown> = new t.Type<A, unknown>(
    codec.name,
    (u): u is A => codec.is(u) && hasOne(u),
    (u, context) => {
      const read = codec.validate(u, context);
      if (read._tag === 'Left' || hasOne(read.right)) return read;
      return t.failure(u, context, `expected either ${one} or ${other}`);
    },
    t.identity,
  );
  return Object.assign(checked, { fields: codec.fields });
}

/**
 * The same codec for what people write, where an unknown field is reported as a slip. (In stored data, it is a field of
 * another release, and is ignored.)
 */
export function closed<A>(codec: RecordCodec<A>): t.Type<A, unknown> {
  return new t.Type<A, unknown>(
    codec.name,
    (u): u is A => codec.is(u) && Object.keys(u as object).every((key) => codec.fields.includes(key)),
    (u, context) => {
      const problem = isPlainObject(u) ? unknownMember(codec.name, 'field', u, codec.fields) : null;
      return problem === null ? codec.validate(u, context) : t.failure(u, context, problem);
    },
    t.identity,
  );
}

/** Whether a codec is one that puts numbers of its members into paths, where nobody looks for them. */
function isIntersection(codec: object | undefined): boolean {
  return codec !== undefined && '_tag' in codec && codec._tag === 'IntersectionType';
}

/** More problems of one value are not read by anybody. */
const problemsMax = 10;
const pathMax = 200;

/** One line per problem: `jobs[3].type: expected string, got 7`. The first ones, and how many more there are. */
export function problems(errors: t.Errors): readonly string[] {
  const first = errors.slice(0, problemsMax).map((error) => {
    const path = error.context
      .filter(({ key }, index) => key !== '' && !isIntersection(error.context[index - 1]?.type))
      .map(({ key }) => key)
      .join('.');
    const where = path === '' ? 'the value' : path.length > pathMax ? `${path.slice(0, pathMax - 1)}…` : path;
    const expected = error.context.at(-1)?.type.name ?? 'something else';
    return `${where}: ${error.message ?? `expected ${expected}, got ${shownValue(error.value)}`}`;
  });
  const left = errors.length - first.length;
  return left === 0 ? first : [...first, `… and ${left} more`];
}
