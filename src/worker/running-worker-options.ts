import type { Configuration } from '../config/configuration.js';
import type { Handlers } from '../handlers/handler.js';
import type { Store } from '../store/store.js';
import type { Logger } from './logger.js';
import type { ErrorReporter } from './reporter.js';

/** What a worker is made of; its settings are checked. */
export interface RunningWorkerOptions {
  readonly store: Store;
  readonly handlers: Handlers;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly reporter: ErrorReporter;
}
