import { meantAmong, shownName } from '../../../prelude/known-names.js';
import type { Handlers } from '../../../handlers/handler.js';
import { start } from '../../../worker/start.js';
import type { Worker } from '../../../worker/worker.js';
import { watchedHandlers } from '../../process/early-end.js';
import { endProcess } from '../../process/end-process.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import { readHandlers } from '../../input/work-file.js';
import type { Invocation } from '../../call/invocation.js';
import { workerOptions, type WorkOptions } from '../../call/settings.js';
import { endAtOnce, onStopSignal } from '../../process/stop-signals.js';
import { onStrayErrors, rejectionText } from '../../process/stray-errors.js';
import { workerLog } from '../../process/worker-log.js';
import { onParentGone } from './worker-processes.js';

export interface WorkerCommandOptions extends WorkOptions {
  readonly types?: string;
  /** Whether a `run` has started this worker. Its log may then be silent, and the run fails if this worker does. */
  readonly ofRun?: boolean;
}

/** Works until told to stop. Rejects if the worker stopped by itself because of an error of the log. */
export async function workerCommand(invocation: Invocation<WorkerCommandOptions>, file: string): Promise<ExitCode> {
  const { options, terminal, settings } = invocation;
  const ofRun = options.ofRun === true;
  terminal.outlivesReader = true;
  if (terminal.isJson) terminal.reserveStdout();
  let worker: Worker | null = null;
  const stop = (signal: NodeJS.Signals) => {
    if (worker === null) endAtOnce(signal);
    void worker.stop();
  };
  // Before anything else, so that no signal is missed.
  const unlisten = [onStopSignal(stop)];
  if (ofRun) onParentGone(() => (worker === null ? endProcess(exitCodes.good) : void worker.stop()));
  const { held } = await readHandlers(file);
  const handlers = watchedHandlers(ofTypes(held, options.types));
  const logger = workerLog(settings.values['log-level'], terminal);
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
      if (stray !== null) void worker.stop();
      await worker.stopped;
      for (const off of unlisten) off();
      terminal.document({ workerId: worker.id, ...worker.statistics });
      if (stray !== null) throw stray;
    },
    { create: true },
  );
  return ofRun && rejections > 0 ? exitCodes.failed : exitCodes.good;
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
