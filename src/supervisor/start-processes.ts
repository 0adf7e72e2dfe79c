import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigurationError, readConfiguration } from '../config/configuration.js';
import { isMemoryAddress, type LogAddress } from '../log/open-log.js';
import { assertOptions } from '../prelude/known-names.js';
import { guardedLogger, type Logger } from '../worker/logger.js';
import { idleMessage } from '../worker/running-worker.js';
import type { WorkerOptions, WorkerStatistics } from '../worker/worker.js';
import { endSentence } from './end-sentence.js';
import { Supervisor, type SupervisorListener } from './supervisor.js';

/** Options of {@link startProcesses}: those of a worker, which each process has, and how many there are. */
export interface ProcessesOptions extends Omit<WorkerOptions, 'reporter'> {
  /** How many processes. Default `auto`: as many as this program may use processors. */
  readonly processes?: number | 'auto' | null;
  /** The namespace of the store. Default `overseer`. */
  readonly namespace?: string;
  /** Where all of them log, from level `info` up, each line with the `workerId`. Default: nowhere. */
  readonly logger?: Logger;
}

/** Worker processes that were started together. */
export interface WorkerProcesses {
  /** The workers that are up. One that has died is missing until another has taken its place. */
  readonly workers: readonly { readonly pid: number; readonly workerId: string }[];
  /** What all of them have done so far, those that have died too; up to a second old. */
  readonly statistics: Readonly<WorkerStatistics>;
  /** Stops every worker, as {@link Worker.stop} does, and resolves when all processes have ended. */
  stop(): Promise<void>;
  /**
   * Resolves when all were told to stop, and have. Rejects if one of them could not stop well, or if all were stopped because
   * of an error that every process would meet: the store is gone, for example.
   */
  readonly stopped: Promise<void>;
}

/**
 * Starts workers in processes of their own, all of them alike, for handlers that compute: JavaScript computes in one thread
 * of a process. A process that dies is replaced, after a second at first, after half a minute at most. When this program
 * ends, in whatever way, the workers stop by themselves as if they had been told to.
 *
 * Resolves when a worker is up in each process.
 *
 * @param address of the store, which is made ready if it is new; `memory:` is refused, since no other process sees it
 * @param handlers the file of a module that exports `handlers`, or has them as its default export: functions cannot be sent
 *   to another process. `new URL('./handlers.js', import.meta.url)` names one beside this program; a path begins at the
 *   working folder
 * @throws ConfigurationError, or the error of a process that could not start its worker, by its `code`
 */
export async function startProcesses(
  options: ProcessesOptions,
  address: LogAddress,
  handlers: URL | string,
): Promise<WorkerProcesses> {
  assertOptions<ProcessesOptions>('startProcesses', options, known);
  const { processes, namespace, logger: givenLogger, ...settings } = options;
  readConfiguration({ from: 'the options of startProcesses', values: { processes, ...settings } });
  if (isMemoryAddress(address)) {
    throw new ConfigurationError('a store in memory cannot be shared with other processes; use start, or name a file');
  }
  const logger = givenLogger === undefined ? undefined : guardedLogger(givenLogger);
  const count = processes === 'auto' ? availableParallelism() : (processes ?? availableParallelism());
  const task = { address, namespace, settings, handlers: addressOf(handlers), isLogged: logger !== undefined };
  const supervisor = new Supervisor(count, { file: ownProgram(), words: [], task }, listenerTo(logger));
  await supervisor.started.catch(async (error: unknown) => {
    await supervisor.stopped.catch(() => {});
    throw error;
  });
  return {
    get workers() {
      return supervisor.workers;
    },
    get statistics() {
      return supervisor.statistics;
    },
    stop: () => supervisor.stop(),
    stopped: supervisor.stopped,
  };
}

const known: Readonly<Record<keyof ProcessesOptions, true>> = {
  processes: true,
  namespace: true,
  logger: true,
  concurrency: true,
  types: true,
  detectorSleepTime: true,
  sleepTime: true,
  heartbeat: true,
  sentry: true,
  stopTimeout: true,
};

/** Asked for when it is needed: where a bundler has put this module into a file of CommonJS, it has no address. */
const ownProgram = () => fileURLToPath(new URL('./process-main.js', import.meta.url));

function addressOf(handlers: unknown): string {
  if (handlers instanceof URL) return handlers.href;
  if (typeof handlers !== 'string') {
    const sentence = 'functions cannot be sent to another process; name the file of a module that exports `handlers`';
    throw new ConfigurationError(`startProcesses: the handlers are a ${typeof handlers}; ${sentence}`);
  }
  return handlers.startsWith('file:') ? handlers : pathToFileURL(resolve(handlers)).href;
}

function listenerTo(logger: Logger | undefined): SupervisorListener {
  return {
    ended(end, restartMs) {
      const { pid, exitCode } = end;
      if (restartMs !== null || exitCode !== 0) logger?.warn({ pid }, endSentence(end, restartMs));
    },
    logged: ({ level, details, message }) => logger?.[level](details, message),
    idle: (idleMs) => logger?.info({ idleMs }, idleMessage),
  };
}
