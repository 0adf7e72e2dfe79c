import type { RejectionCode } from '../prelude/error-codes.js';

/** A rule that says no. Nothing was written. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}
