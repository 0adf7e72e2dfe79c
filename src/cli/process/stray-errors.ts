import { OverseerError } from '../../prelude/errors.js';
import { thrownAt } from '../output/thrown-at.js';

/** Receives errors that belong to no job. */
export interface StrayErrorListener {
  /** A promise was rejected. Work goes on. */
  readonly rejected: (error: unknown) => void;
  /** An exception was thrown. The process may be in any state, so the worker should stop. */
  readonly thrown: (error: Error) => void;
}

/**
 * Listens for errors that nobody handles. They come from handlers (a promise that was not awaited, a callback that
 * throws), but no job can be failed for them. Returns a function that stops listening.
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
  return `a promise was rejected and nobody handled it, most likely in a handler: ${what}${thrownAt(error)}`;
}

/** Any value may be thrown, and some cannot be turned into text. */
function asText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'that cannot be shown';
  }
}
