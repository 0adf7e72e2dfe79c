import { nearestTo } from '../../config/configuration.js';
import type { Handlers } from '../../handlers/handler.js';
import { start } from '../../worker/start.js';
import { UsageError } from '../failure.js';
import { readHandlers } from '../graph-file.js';
import type { Invocation } from '../invocation.js';
import { workerOptions, type WorkOptions } from '../settings.js';
import { onStopSignal } from '../stop-signals.js';
import { onStrayErrors } from '../stray-errors.js';
import { workerLog } from '../worker-log.js';
import { onParentGone } from '../worker-processes.js';

export interface WorkerCommandOptions extends WorkOptions {
  readonly types?: string;
}

/** Works until told to stop. Rejects if the worker stopped by itself because the log failed it. */
export async function workerCommand(invocation: Invocation<WorkerCommandOptions>, file: string): Promise<void> {
  const { options, terminal, settings } = invocation;
  terminal.outlivesReader = true;
  if (terminal.isJson) terminal.reserveStdout();
  const handlers = ofTypes(await readHandlers(file), options.types);
  const logger = workerLog(settings.values['log-level'], terminal);
  await invocation.withStore(
    async (store) => {
      const worker = await start({ ...workerOptions(settings.values), logger }, store, handlers);
      const stop = () => void worker.stop();
      let stray: Error | null = null;
      const unlisten = [
        onStopSignal(stop),
        onStrayErrors(logger, (error) => {
          stray = error;
          stop();
        }),
      ];
      onParentGone(stop);
      await worker.stopped;
      for (const off of unlisten) off();
      terminal.document({ workerId: worker.id, ...worker.statistics });
      if (stray !== null) throw stray as Error;
    },
    { create: true },
  );
}

/** The handlers of some types, given as names with commas between. */
function ofTypes(handlers: Handlers, types: string | undefined): Handlers {
  if (types === undefined) return handlers;
  const known = Object.keys(handlers);
  const names = types.split(',').map((name) => name.trim());
  for (const name of names) {
    if (known.includes(name)) continue;
    const nearest = nearestTo(name, known);
    throw new UsageError('usage', `--types: there is no handler for ${JSON.stringify(name)}; did you mean ${nearest}?`);
  }
  return Object.fromEntries(names.map((name) => [name, handlers[name]!]));
}
