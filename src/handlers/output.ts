import type { Failure } from '../domain/events.js';
import { limits } from '../domain/limits.js';
import { resultFrom } from '../domain/results.js';
import { OverseerError } from '../prelude/errors.js';
import { E, type Either } from '../prelude/fp.js';
import { type Json, jsonBytes, toJson } from '../prelude/json.js';
import { shownValue } from '../prelude/known-names.js';
import { failureOf, namesOf, safely, stackOf } from './failure.js';
import { type AnySignal, signalIn } from './signals.js';

/** The handler returned a result that cannot be recorded. */
export class InvalidResultError extends OverseerError {
  override readonly name = 'InvalidResultError';
  declare readonly code: 'result-invalid';
  constructor(message: string) {
    super('result-invalid', message);
  }
}

/** The result to record for what a handler returned; nothing returned is null. */
export function checkedResult(returned: unknown): Either<InvalidResultError, Json> {
  const result = resultFrom(returned);
  return E.isLeft(result) ? E.left(new InvalidResultError(`the handler's ${result.left}`)) : result;
}

/** The details of a heartbeat as they are recorded, if it has any. */
export function checkedBeat(details: unknown, progress: unknown): Either<OverseerError, Json | undefined> {
  const invalid = (message: string) => E.left(new OverseerError('heartbeat-invalid', message));
  if (progress !== undefined && !(typeof progress === 'number' && progress >= 0 && progress <= 1)) {
    return invalid(`progress is ${shownValue(progress)}; it must be a number from 0 to 1`);
  }
  if (details === undefined) return E.right(undefined);
  const json = toJson(details, 'details');
  if (E.isLeft(json)) return invalid(`the heartbeat's ${json.left}`);
  const bytes = jsonBytes(json.right);
  if (bytes <= limits.detailsBytesMax) return json;
  return invalid(`the heartbeat's details take ${bytes} bytes as JSON; the limit is ${limits.detailsBytesMax}`);
}

/** What is known about something thrown. */
interface Inspected {
  /** The signal in it, if there is one. */
  readonly signal: AnySignal | null;
  readonly failure: Failure;
  readonly stack: string | undefined;
  readonly errorNames: readonly string[];
}

const reasons = { threw: 'system/exception', 'timed-out': 'system/timeout', released: 'system/released' } as const;

/** Looks at something a handler threw. Looking may throw again (a getter, a proxy); then the rest counts. */
export function inspected(error: unknown, kind: keyof typeof reasons): Inspected {
  const reason = reasons[kind];
  const failed = (thrown: unknown): Inspected => ({
    signal: null,
    failure: failureOf(thrown, reason),
    stack: kind === 'timed-out' ? undefined : stackOf(thrown),
    errorNames: namesOf(thrown),
  });
  const signal = kind === 'timed-out' ? null : safely(() => signalIn(error), null);
  if (signal === null) return failed(error);
  return { signal, failure: failureOf(signal, 'system/fault'), stack: undefined, errorNames: namesOf(error) };
}
