import { serialisable } from '../handlers/failure.js';
import { OverseerError } from '../prelude/errors.js';
import { isPlainObject } from '../prelude/json.js';
import { shownAddress } from '../prelude/shown-address.js';
import type { Logger } from './logger.js';

/** Gets reports of the errors of handlers. */
export interface ErrorReporter {
  report(
    error: unknown,
    job: { readonly graphId: string; readonly id: string; readonly type: string; readonly attempt: number },
  ): void;
  /** Waits until all reports are sent, for a limited time. */
  close(): Promise<void>;
}

export const noReporter: ErrorReporter = { report() {}, close: () => Promise.resolve() };

/** A reporter whose own failures are logged, without further effect. */
export function guardedReporter(reporter: ErrorReporter, logger: Logger): ErrorReporter {
  const failed = (error: unknown) => logger.warn({ err: error }, 'an error could not be reported');
  return {
    report(error, job) {
      try {
        reporter.report(error, job);
      } catch (failure) {
        failed(failure);
      }
    },
    async close() {
      try {
        await reporter.close();
      } catch (failure) {
        failed(failure);
      }
    },
  };
}

const flushMs = 2000;

/**
 * Reports to Sentry. Its package is loaded only here, so that a program without a DSN does not need it. The client is separate,
 * so that a program that uses Sentry itself keeps its own settings.
 *
 * @throws OverseerError `sentry-missing` if `@sentry/node` is not installed, `sentry-dsn` if the DSN is not valid
 */
export async function sentryReporter(dsn: string): Promise<ErrorReporter> {
  // Sentry's own check would print the DSN with its key.
  if (!dsnForm.test(dsn)) throw noDsn(dsn);
  const sentry = await loadSentry();
  const client = new sentry.NodeClient({
    dsn,
    integrations: [],
    transport: sentry.makeNodeTransport,
    stackParser: sentry.defaultStackParser,
  });
  if (client.getDsn() === undefined) throw noDsn(dsn);
  client.init();
  return {
    report(error, { graphId, id, type, attempt }) {
      const scope = new sentry.Scope();
      scope.setClient(client);
      scope.setTags({ 'job.type': type });
      const data =
        typeof error === 'object' && error !== null && 'data' in error && isPlainObject(error.data) ? error.data : {};
      scope.setExtras({ ...serialisable(data), 'graph id': graphId, 'job id': id, 'job type': type, attempt });
      scope.captureException(error);
    },
    async close() {
      await client.close(flushMs);
    },
  };
}

/** `https://KEY@HOST/PROJECT`, as Sentry reads it. */
const dsnForm = /^https?:\/\/\w+(:\w*)?@(\[[:.%\w]+\]|[\w.-]+)(:\d+)?\/(.+\/)?\d+$/;

function noDsn(dsn: string): OverseerError {
  const shown = JSON.stringify(shownAddress(dsn));
  return new OverseerError(
    'sentry-dsn',
    `sentry.dsn ${shown} is not a DSN; copy it from the project's settings in Sentry`,
  );
}

async function loadSentry() {
  try {
    return await import('@sentry/node');
  } catch (error) {
    throw new OverseerError(
      'sentry-missing',
      'sentry.dsn is set but @sentry/node is not installed; run `npm install @sentry/node`',
      {
        cause: error,
      },
    );
  }
}
