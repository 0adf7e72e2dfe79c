import type { Either, TaskEither } from '../../src/prelude/fp.js';

/** The value of an Either that must be Right. */
export function right<A>(either: Either<unknown, A>): A {
  if (either._tag === 'Right') return either.right;
  throw either.left instanceof Error ? either.left : new Error(`unexpected Left: ${JSON.stringify(either.left)}`);
}

/** The value of an Either that must be Left. */
export function left<E>(either: Either<E, unknown>): E {
  if (either._tag === 'Left') return either.left;
  throw new Error(`unexpected Right: ${JSON.stringify(either.right)}`);
}

export async function rightOf<A>(task: TaskEither<unknown, A>): Promise<A> {
  return right(await task());
}

export async function leftOf<E>(task: TaskEither<E, unknown>): Promise<E> {
  return left(await task());
}
