import { OverseerError } from '../../prelude/errors.js';
import { placeIn } from '../output/thrown-at.js';

/** What becomes of errors that belong to no job. */
export interface StrayErrorListener {
  /** A promise was rejected. Work goes on. */
  readonly rejected: (error: unknown) => void;
  /** An exception was thrown. Nobody knows what state the process is in: the worker should come to a good end. */
  readonly thrown: (error: Error) => void;
}

/**
 * Errors that nobody handles come from handlers: a promise that was not awaited, a callback that throws. They belong to
 * no job that could be failed. Returns how to stop listening.
 */
export function onStrayErrors({ rejected, thrown }: StrayErrorListener): () => void {
  const caught = (error: unknown) =>
    thrown(error instanceof Error ? error : new Error(`${typeof error} thrown`, { cause: error }));
  process.on('unhandledRejection', rejected);
  process.on('uncaughtException', caught);
  return () => {
    process.off('unhandledRejection', rejected);
    process.off('uncaughtException', caught);
  };
}

/** A promise that was rejected, in a sentence. */
export function rejectionText(error: unknown): string {
  const kind = error instanceof Error && !(error instanceof OverseerError) ? `${error.name}: ` : '';
  const what = error instanceof Error ? `${kind}${error.message}` : `${typeof error} ${asText(error)}`;
  return `a promise was rejected and nobody handled it, most likely in a handler: ${what}${placeIn(error)}`;
}

/** Anything may be thrown, and not all of it can be made text. */
function asText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'that cannot be shown';
  }
}
