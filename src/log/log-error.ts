import type { LogErrorCode } from '../prelude/error-codes.js';
import { OverseerError } from '../prelude/errors.js';

/** The log could not do what was asked. Nothing was appended, unless `outcomeUnknown` says that it is not certain. */
export class LogError extends OverseerError {
  override readonly name = 'LogError';
  declare readonly code: LogErrorCode;
  constructor(
    code: LogErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly isTransient?: boolean; readonly outcomeUnknown?: boolean } = {},
  ) {
    super(code, message, options);
    this.isTransient = options.isTransient ?? false;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
  }
  /** Whether the same call may succeed a little later. */
  readonly isTransient: boolean;
  /** Whether the append may have reached the log even so. Sending the same events again is safe: their ids tell. */
  readonly outcomeUnknown: boolean;
}
