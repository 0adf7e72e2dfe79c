import { ConfigurationError, readConfiguration } from '../config/configuration.js';
import { assertHandler, type Handlers } from '../handlers/handler.js';
import { orThrow } from '../store/or-throw.js';
import type { Store } from '../store/store.js';
import { shownName } from '../prelude/known-names.js';
import { closeTo } from '../prelude/nearest.js';
import { guardedLogger, type Logger, silentLogger } from './logger.js';
import { guardedReporter, noReporter, sentryReporter } from './reporter.js';
import { RunningWorker } from './running-worker.js';
import type { Worker, WorkerOptions } from './worker.js';

/**
 * Starts a worker: it claims ready jobs of the types it has handlers for and runs them, until stopped. Any number of
 * workers, in any number of processes, work on one store; none of them is special.
 *
 * @throws ConfigurationError, InvalidHandlerError, LogError
 */
export async function start(options: WorkerOptions, store: Store, handlers: Handlers): Promise<Worker> {
  const { logger: givenLogger = silentLogger, reporter, ...given } = options;
  const logger = guardedLogger(givenLogger);
  const configuration = readConfiguration({ from: 'the options of start', values: given });
  refuseElsewhere(given);
  for (const [type, handler] of Object.entries(handlers))
    assertHandler(handler, `the handler of type ${JSON.stringify(type)}`);
  warnOfTypes(Object.keys(configuration.types), Object.keys(handlers), logger);
  if (store.log.assertWritable !== undefined) await orThrow(store.log.assertWritable());
  const dsn = configuration['sentry.dsn'];
  const errors = reporter ?? (dsn === undefined ? noReporter : await sentryReporter(dsn));
  const worker = new RunningWorker({
    store,
    handlers,
    configuration,
    logger,
    reporter: guardedReporter(errors, logger),
  });
  await worker.begin();
  return worker;
}

/** Workers with other handlers may share the settings, so a type that this one has no handler for need not be a slip. */
function warnOfTypes(types: readonly string[], handled: readonly string[], logger: Logger): void {
  for (const type of types) {
    if (handled.includes(type)) continue;
    const near = closeTo(type, handled);
    if (near === null) continue;
    logger.warn({ type }, `the settings name a type without a handler, ${shownName(type)}; did you mean ${near}?`);
  }
}

/** Settings that a configuration file may have beside a worker's, and that would have no effect here. */
function refuseElsewhere(given: object): void {
  const opened = 'open the store with it: store(address, { namespace })';
  const insteads = {
    store: opened,
    namespace: opened,
    processes: 'give it to startProcesses',
    logLevel: 'give a logger',
    'log-level': 'give a logger',
  };
  for (const [name, instead] of Object.entries(insteads)) {
    if (name in given) {
      throw new ConfigurationError(`the options of start: ${name} is not a setting of a worker; ${instead}`);
    }
  }
}
