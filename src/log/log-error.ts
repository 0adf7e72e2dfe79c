import { OverseerError } from '../prelude/errors.js';

export type LogErrorCode =
  | 'store-address'
  | 'store-is-a-folder'
  | 'store-folder-missing'
  | 'store-read-only'
  | 'store-not-a-database'
  | 'store-damaged'
  | 'store-gone'
  | 'store-native-part-missing'
  | 'store-foreign-database'
  | 'store-newer-format'
  | 'store-not-installed'
  | 'store-locked'
  | 'store-full'
  | 'store-unavailable'
  | 'store-closed'
  | 'store-credentials-wrong'
  | 'store-access-denied'
  | 'store-server-too-old'
  | 'store-history-missing'
  | 'export-unreadable'
  | 'export-invalid'
  | 'restore-conflict'
  | 'restore-out-of-order'
  | 'position-invalid'
  | 'projections-disabled'
  | 'projections-refused'
  | 'projections-unknown'
  | 'append-too-large'
  | 'event-invalid';

/** The log could not do what was asked. Nothing was appended, unless `outcomeUnknown` says that this is not certain. */
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
  /** Whether the append may have reached the log all the same. Sending the same events again is safe: their ids tell. */
  readonly outcomeUnknown: boolean;
}
