import type { Logger } from '../worker/logger.js';

/**
 * Errors that nobody handles come from handlers: a promise that was not awaited, a callback that throws. They belong to
 * no job that could be failed. A rejection is told and work goes on; after an exception nobody knows what state the
 * process is in, so the worker comes to a good end and hands its jobs back.
 */
export function onStrayErrors(logger: Logger, stop: (error: Error) => void): () => void {
  const rejected = (error: unknown) => {
    logger.error({ err: error }, 'a promise was rejected and nobody handled it, most likely in a handler');
  };
  const thrown = (error: Error) => {
    logger.error({ err: error }, 'an exception was thrown outside of any job, most likely by a handler; stopping');
    stop(error);
  };
  process.on('unhandledRejection', rejected);
  process.on('uncaughtException', thrown);
  return () => {
    process.off('unhandledRejection', rejected);
    process.off('uncaughtException', thrown);
  };
}
