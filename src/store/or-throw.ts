import type { Rejection } from '../domain/rejection.js';
import type { Append, AppendResult, EventLog } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E, type Either, type TaskEither } from '../prelude/fp.js';

/** A rule said no; nothing was written. `code` says which rule. */
export class RejectedError extends OverseerError {
  override readonly name = 'RejectedError';
  declare readonly code: Rejection['code'];
  constructor(rejection: Rejection) {
    super(rejection.code, rejection.message);
  }
}

/** @internal Turns a TaskEither into a promise and throws a Left: the border between fp-ts inside and promises outside. */
export async function orThrow<A>(task: TaskEither<Error, A>): Promise<A> {
  const result = await task();
  if (E.isLeft(result)) throw result.left;
  return result.right;
}

/** @internal Appends, and throws for a stream that cannot be appended to any more: trying again would never end. */
export async function appendOrThrow(log: EventLog, requests: readonly Append[]): Promise<readonly AppendResult[]> {
  const results = await orThrow(log.append(requests));
  for (const result of results) if (!result.appended && result.actualRevision === null) throw result.problem;
  return results;
}

/** @internal */
export function allowed<A>(decision: Either<Rejection, A>): A {
  if (E.isLeft(decision)) throw new RejectedError(decision.left);
  return decision.right;
}
