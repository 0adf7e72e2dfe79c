/** The part of io-ts this project uses. It is imported from here only, as fp-ts is from fp.ts: a build takes just that. */
export {
  appendContext,
  boolean,
  failure,
  failures,
  identity,
  Int,
  keyof,
  literal,
  null,
  number,
  readonly,
  readonlyArray,
  record,
  string,
  success,
  Type,
  union,
  UnknownRecord,
} from 'io-ts';
export type { Decoder, Errors, Mixed, NullC, Props, TypeOf, UnionC } from 'io-ts';
