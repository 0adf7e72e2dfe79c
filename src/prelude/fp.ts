/**
 * The part of fp-ts this project uses. It is imported from `fp-ts/lib/*.js` because `fp-ts/Either` type-checks and
 * runs under a bundler but not in plain Node, and a published package would find that out too late. Each function is named,
 * so that a build can leave out the many others, which take time to load.
 */
import { isLeft, isRight, left, right, tryCatch } from 'fp-ts/lib/Either.js';
import { left as leftLater, right as rightLater, tryCatch as tryCatchLater } from 'fp-ts/lib/TaskEither.js';

export const E = { isLeft, isRight, left, right, tryCatch };
export const TE = { left: leftLater, right: rightLater, tryCatch: tryCatchLater };
export type { Either } from 'fp-ts/lib/Either.js';
export type { TaskEither } from 'fp-ts/lib/TaskEither.js';
