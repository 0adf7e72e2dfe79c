import { kindOf } from '../domain/graph-rules.js';
import { limits } from '../domain/limits.js';
import { OverseerError } from '../prelude/errors.js';
import { assertOptions } from '../prelude/known-names.js';
import type { Store } from './store.js';

/** Who does it and why, for the history. */
export interface Reason {
  /** Default: the name of this host. */
  readonly by?: string;
  readonly reason?: string;
}

/** @internal Who and why. They stay in the history for ever, so they are checked before. */
export function stated(store: Store, why: Reason, defaultReason: string): Required<Reason> {
  assertOptions<Reason>('an intervention', why, { by: true, reason: true });
  const by = words('by', why.by ?? store.environment.host);
  const reason = words('reason', why.reason ?? defaultReason);
  if (by.trim() === '') throw invalid('by is empty; give the name of the person or program that does this');
  const bytes = Buffer.byteLength(by);
  if (bytes > limits.actorBytesMax) throw invalid(`by is ${bytes} bytes long; the limit is ${limits.actorBytesMax}`);
  return { by, reason };
}

function words(what: keyof Reason, given: unknown): string {
  if (typeof given !== 'string') throw invalid(`${what} is ${kindOf(given)}, not a string`);
  return given;
}

function invalid(message: string): OverseerError {
  return new OverseerError('reason-invalid', message);
}
