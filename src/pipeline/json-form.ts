/**
 * What becomes of a value that is written as JSON and read back, in the language of the compiler. `toJson` in the prelude does
 * the same at run time.
 */

/** The form in which JSON gives a value back: a Date is a string, what returns nothing is null, `undefined` is left out. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is of any type stays so
export type JsonForm<T> = 0 extends 1 & T ? any : unknown extends T ? unknown : FormOfPart<T>;

/** The same for one member of a union. */
type FormOfPart<T> = T extends string | number | boolean | null
  ? T
  : T extends undefined | void
    ? null
    : T extends bigint | symbol | AnyFunction
      ? never
      : T extends { toJSON(...args: never): infer Written }
        ? JsonForm<Written>
        : T extends readonly unknown[]
          ? { [Key in keyof T]: JsonForm<T[Key]> }
          : Flat<
              { [Key in keyof T as Present<T, Key>]: JsonForm<T[Key]> } & {
                [Key in keyof T as Absent<T, Key>]?: JsonForm<Exclude<T[Key], undefined>>;
              }
            >;

/** A key whose value is always there. */
type Present<T, Key extends keyof T> = Key extends symbol ? never : undefined extends T[Key] ? never : Key;

/** A key that JSON leaves out when its value is undefined. */
type Absent<T, Key extends keyof T> = Key extends symbol ? never : undefined extends T[Key] ? Key : never;

/** An intersection as one object. (The empty one at the end has compilers show what it is, not this name.) */
export type Flat<T> = { [Key in keyof T]: T[Key] } & {};

type AnyFunction = (...args: never) => unknown;

/** What a compiler says of a value that JSON cannot hold. */
interface NotJson<Why> {
  readonly 'JSON cannot hold': Why;
}

/**
 * The value's own type where JSON can hold it, and another where it cannot: the compiler then reports the place, and says
 * what is there.
 */
export type Jsonable<T> = 0 extends 1 & T ? T : unknown extends T ? T : JsonablePart<T>;

/** The same for one member of a union. */
type JsonablePart<T> = T extends string | number | boolean | null | undefined | void
  ? T
  : T extends bigint
    ? NotJson<'a BigInt; store it as a string'>
    : T extends symbol
      ? NotJson<'a symbol'>
      : T extends AnyFunction
        ? NotJson<'a function'>
        : T extends { toJSON(...args: never): unknown }
          ? T
          : JsonableObject<T>;

/** The same for an object without a method toJSON. */
type JsonableObject<T> =
  T extends ReadonlyMap<unknown, unknown>
    ? NotJson<'a Map; give a plain object or array'>
    : T extends ReadonlySet<unknown>
      ? NotJson<'a Set; give an array'>
      : T extends Error
        ? NotJson<'an Error; give a plain object'>
        : T extends readonly unknown[]
          ? { [Key in keyof T]: JsonableItem<T[Key]> }
          : { [Key in keyof T]: Key extends symbol ? T[Key] : Jsonable<T[Key]> };

/** The same for an item of an array, which cannot be left out. */
type JsonableItem<T> =
  | Jsonable<Exclude<T, undefined>>
  | (undefined extends T ? (unknown extends T ? T : NotJson<'undefined in an array; use null'>) : never);
