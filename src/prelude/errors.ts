import type { ErrorCode } from './error-codes.js';

/**
 * What every error of this library has: a class, and a `code` that stays the same from release to release, by which
 * programs tell errors apart. The message is for people: what is wrong, where, and what to do.
 */
export class OverseerError extends Error {
  override readonly name: string = 'OverseerError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
  }
}

/**
 * Whether a value is an error, of whichever realm: `instanceof` knows only those made in this one, and a program may run
 * scripts of its users in `node:vm`, or its tests in a test runner's threads.
 */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** The message of something thrown. Never throws, though what was thrown may when it is looked at. */
export function wordsFor(thrown: unknown): string {
  try {
    if (!isError(thrown)) return String(thrown);
    const { message } = thrown as { readonly message: unknown };
    return typeof message === 'string' && message !== '' ? message : String(thrown);
  } catch {
    return 'something that throws again when looked at';
  }
}
