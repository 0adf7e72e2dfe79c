import { meantAmong, shownName } from '../../../prelude/known-names.js';
import type { Handlers } from '../../../handlers/handler.js';
import { Supervised } from '../../../supervisor/supervised.js';
import { start } from '../../../worker/start.js';
import type { Logger } from '../../../worker/logger.js';
import type { Worker } from '../../../worker/worker.js';
import { watchedHandlers } from '../../process/early-end.js';
import { endProcess } from '../../process/end-process.js';
import { type ExitCode, exitCodeOf, exitCodes, UsageError } from '../../failure.js';
import { readHandlers } from '../../input/work-file.js';
import type { Invocation } from '../../call/invocation.js';
import { workerOptions, type WorkOptions } from '../../call/settings.js';
import { endAtOnce, onStopSignal } from '../../process/stop-signals.js';
import { onStrayErrors, rejectionText } from '../../process/stray-errors.js';
import { type LogForm, workerLog } from '../../process/worker-log.js';
import { processesFor } from './processes.js';
import { superviseWorkers } from './supervise-workers.js';

export interface WorkerCommandOptions extends WorkOptions {
  readonly types?: string;
  /** Set if a supervisor has started this process, which then has one worker: how log lines are to be written. */
  readonly supervised?: LogForm;
  /** Whether that is of a `run`. Its log may then be silent, and the run fails if this worker does. */
  readonly ofRun?: boolean;
}

/** Works until told to stop. Rejects if the worker stopped by itself because of an error of the log. */
export async function workerCommand(invocation: Invocation<WorkerCommandOptions>, file: string): Promise<ExitCode> {
  const { options, terminal, settings } = invocation;
  terminal.outlivesReader = true;
  if (terminal.isJson) terminal.reserveStdout();
  if (options.supervised !== undefined) return await workSupervised(invocation, file);
  const processes = processesFor(settings, settings.values.processes ?? 'auto');
  if (processes > 1) return await superviseWorkers(invocation, file, options.types, processes);
  return await workHere(invocation, file, null);
}

/** What goes wrong is told to the supervisor, which knows whether another process has told it already. */
async function workSupervised(invocation: Invocation<WorkerCommandOptions>, file: string): Promise<ExitCode> {
  const supervised = new Supervised();
  try {
    return await workHere(invocation, file, supervised);
  } catch (error) {
    supervised.failed(error);
    if ((process.env['OVERSEER_DEBUG'] ?? '') !== '') invocation.terminal.fail(error, true);
    return exitCodeOf(error);
  } finally {
    await supervised.flushed();
  }
}

async function workHere(
  invocation: Invocation<WorkerCommandOptions>,
  file: string,
  supervised: Supervised | null,
): Promise<ExitCode> {
  const { options, terminal, settings } = invocation;
  const ofRun = options.ofRun === true;
  let worker: Worker | null = null;
  const stop = (signal: NodeJS.Signals) => {
    if (worker === null) endAtOnce(signal);
    void worker.stop();
  };
  // Before anything else, so that no signal is missed.
  const unlisten = [onStopSignal(stop)];
  supervised?.onStop(() => (worker === null ? endProcess(exitCodes.good) : void worker.stop()));
  const { held } = await readHandlers(file);
  const handlers = watchedHandlers(ofTypes(held, options.types));
  const logger = loggerOf(invocation, supervised, () => worker);
  let stray: Error | null = null;
  let rejections = 0;
  const rejected = (error: unknown) => {
    rejections += 1;
    if (ofRun) terminal.tell(`overseer: ${rejectionText(error)}`);
    else logger.error({ err: error }, 'a promise was rejected and nobody handled it, most likely in a handler');
  };
  const thrown = (error: Error) => {
    logger.error({ err: error }, 'an exception was thrown outside of any job, most likely by a handler; stopping');
    stray ??= error;
    void worker?.stop();
  };
  await invocation.withStore(
    async (store) => {
      unlisten.push(onStrayErrors({ rejected, thrown }));
      worker = await start({ ...workerOptions(settings.values), logger }, store, handlers);
      supervised?.started(worker);
      if (stray !== null) void worker.stop();
      await worker.stopped.finally(() => supervised?.ended(worker!));
      for (const off of unlisten) off();
      terminal.document({ workerId: worker.id, ...worker.statistics });
      if (stray !== null) throw stray;
    },
    { create: true },
  );
  return ofRun && rejections > 0 ? exitCodes.failed : exitCodes.good;
}

/** One of several says in each line which it is, and leaves it to the supervisor to say that there is nothing to run. */
function loggerOf(
  { options, terminal, settings }: Invocation<WorkerCommandOptions>,
  supervised: Supervised | null,
  worker: () => Worker | null,
): Logger {
  const level = settings.values['log-level'];
  if (supervised === null) return workerLog(terminal, { level });
  const about = () => ({ workerId: worker()?.id });
  return supervised.logger(workerLog(terminal, { level, form: options.supervised!, about }));
}

/** The handlers of some types, given as names with commas between. */
function ofTypes(handlers: Handlers, types: string | undefined): Handlers {
  if (types === undefined) return handlers;
  const known = Object.keys(handlers);
  const names = types.split(',').map((name) => name.trim());
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new UsageError('usage', `--types: there is no handler for ${shownName(name)}; ${meantAmong(name, known)}`);
  }
  return Object.fromEntries(names.map((name) => [name, handlers[name]!]));
}
