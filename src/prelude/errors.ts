/**
 * What every error of this library has: a class, and a `code` that stays the same from release to release, for programs
 * to tell errors apart by. The message is for people: what is wrong, where, and what to do.
 */
export class OverseerError extends Error {
  override readonly name: string = 'OverseerError';
  constructor(
    readonly code: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
  }
}
