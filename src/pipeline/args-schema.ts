import { problems } from '../prelude/codec.js';
import { OverseerError, wordsFor } from '../prelude/errors.js';
import { E, type Either } from '../prelude/fp.js';
import type { Errors } from '../prelude/io.js';
import { shownValue } from '../prelude/known-names.js';
import { InvalidGraphError } from '../store/define.js';

/** A schema as Standard Schema (version 1) describes it; those of zod, valibot and arktype are such. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema says of a value: what it made of it, or what is wrong with it. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A codec of io-ts, of whatever copy of it. */
export interface ArgsCodec<Output = unknown, Input = unknown> {
  readonly _A: Output;
  readonly _O: Input;
  readonly name: string;
  readonly decode: (value: never) => { readonly _tag: string };
}

/** What args are checked with. */
export type ArgsSchema = StandardSchema | ArgsCodec;

/** The args that a schema takes. */
export type SchemaInput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema['~standard']['types']>['input']
  : Schema extends ArgsCodec<unknown, infer Input>
    ? Input
    : never;

/** What a schema makes of them. */
export type SchemaOutput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema['~standard']['types']>['output']
  : Schema extends ArgsCodec<infer Output>
    ? Output
    : never;

/** @throws OverseerError `schema-invalid` if this is nothing that args can be checked with */
export function assertSchema(schema: unknown): asserts schema is ArgsSchema {
  if (isStandard(schema) || isCodec(schema)) return;
  throw new OverseerError(
    'schema-invalid',
    `the schema of the args is ${shownValue(schema)}; give a schema of zod, valibot or arktype (Standard Schema), or a codec of io-ts`,
  );
}

/**
 * What a schema makes of args.
 *
 * @throws InvalidGraphError with the path of what is wrong, and what was expected; OverseerError `schema-invalid` if the
 *   schema does not answer at once
 */
export function checkedBy(schema: ArgsSchema, args: unknown): unknown {
  const read = attempted(() => (isStandard(schema) ? readStandard(schema, args) : readCodec(schema, args)));
  if (E.isRight(read)) return read.right;
  throw new InvalidGraphError(`the args do not fit the schema of the pipeline: ${read.left.join('; ')}`);
}

type Read = Either<readonly string[], unknown>;

function attempted(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof OverseerError) throw error;
    return E.left([`the schema threw: ${wordsFor(error)}`]);
  }
}

function isStandard(schema: unknown): schema is StandardSchema {
  // Schemas of arktype are functions.
  const isThing = (typeof schema === 'object' && schema !== null) || typeof schema === 'function';
  if (!isThing || !('~standard' in schema)) return false;
  const standard = schema['~standard'] as Partial<StandardSchema['~standard']> | null | undefined;
  return typeof standard?.validate === 'function';
}

function isCodec(schema: unknown): schema is ArgsCodec {
  return typeof schema === 'object' && schema !== null && 'decode' in schema && typeof schema.decode === 'function';
}

function readStandard(schema: StandardSchema, args: unknown): Read {
  const result = schema['~standard'].validate(args);
  if ('then' in result) {
    // Nobody waits for it, whatever it comes to.
    result.then(undefined, () => {});
    throw new OverseerError(
      'schema-invalid',
      'the schema of the args answers later, by a promise; a graph is built at once, so give a schema without asynchronous checks',
    );
  }
  return result.issues === undefined
    ? E.right(result.value)
    : E.left(result.issues.slice(0, issuesMax).map(sentenceOf));
}

/** More of them are not read by anybody. */
const issuesMax = 10;

/** Where in the args something is wrong, and what: `args.shops[0].name: expected a string`. */
function sentenceOf({ message, path = [] }: StandardIssue): string {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const where = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `args${where}: ${message}`;
}

function readCodec(codec: ArgsCodec, args: unknown): Read {
  // io-ts is what the author of the codec has; what it returns is known from its documentation.
  const decode = codec.decode as (value: unknown) => Either<Errors, unknown>;
  const decoded = decode(args);
  return E.isRight(decoded) ? decoded : E.left(problems(decoded.left).map(inArgs));
}

function inArgs(problem: string): string {
  return problem.startsWith('the value: ') ? problem.replace('the value', 'args') : `args.${problem}`;
}
