/**
 * The part of fp-ts this project uses. It is imported from `fp-ts/lib/*.js` because `fp-ts/Either` type-checks and
 * runs under a bundler but not in plain Node, and a published package would find that out too late.
 */
export * as E from 'fp-ts/lib/Either.js';
export * as TE from 'fp-ts/lib/TaskEither.js';
export type { Either } from 'fp-ts/lib/Either.js';
export type { TaskEither } from 'fp-ts/lib/TaskEither.js';
