/** The program of a process that `startProcesses` has started: a worker with the handlers of a module. */
import { failureOf, serialisable, stackOf } from '../handlers/failure.js';
import { assertHandler, type Handlers } from '../handlers/handler.js';
import type { LogAddress } from '../log/open-log.js';
import { defined } from '../prelude/defined.js';
import { OverseerError, wordsFor } from '../prelude/errors.js';
import { isPlainObject } from '../prelude/json.js';
import { install, store } from '../store/store.js';
import { type Logger, silentLogger } from '../worker/logger.js';
import { start } from '../worker/start.js';
import type { Worker, WorkerOptions } from '../worker/worker.js';
import { Supervised } from './supervised.js';

interface Task {
  readonly address: LogAddress;
  readonly namespace?: string;
  readonly settings: WorkerOptions;
  /** The address of the module. */
  readonly handlers: string;
  readonly isLogged: boolean;
}

const supervised = new Supervised();

/** Lines that come for every job stay here: a supervisor that took part in every job would be in its way. */
const sentLogger: Logger = {
  debug() {},
  info: (details, message) => send('info', details, message),
  warn: (details, message) => send('warn', details, message),
  error: (details, message) => send('error', details, message),
};

let worker: Worker | null = null;
let isAskedToStop = false;

const stop = () => {
  isAskedToStop = true;
  // Nothing has begun that would have to end.
  if (worker === null) process.exit(0);
  void worker.stop();
};
supervised.onStop(stop);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);

try {
  await work((await supervised.task()) as unknown as Task);
  await supervised.flushed();
  // Whatever handlers have left open must not keep the process.
  process.exit(0);
} catch (error) {
  supervised.failed(error);
  await supervised.flushed();
  process.exit(1);
}

async function work({ address, namespace, settings, handlers: module, isLogged }: Task): Promise<void> {
  const handlers = await loadHandlers(module);
  const db = await store(address, defined({ namespace }));
  try {
    await install(db);
    const logger = isLogged ? supervised.logger(sentLogger) : silentLogger;
    worker = await start({ ...settings, logger }, db, handlers);
    supervised.started(worker);
    if (isAskedToStop) void worker.stop();
    await worker.stopped;
    supervised.ended(worker);
  } finally {
    await db.close();
  }
}

async function loadHandlers(module: string): Promise<Handlers> {
  const { handlers, main } = await exportsOf(module);
  const found = handlers ?? main;
  if (!isPlainObject(found) || Object.keys(found).length === 0) {
    const sentence = `${module} exports no handlers; export an object of handlers by job type as \`handlers\``;
    throw new OverseerError('handlers-missing', sentence);
  }
  for (const [type, handler] of Object.entries(found)) {
    assertHandler(handler, `${module}: the handler of type ${JSON.stringify(type)}`);
  }
  return found as Handlers;
}

async function exportsOf(module: string): Promise<{ readonly handlers: unknown; readonly main: unknown }> {
  try {
    const { handlers, default: main } = (await import(module)) as { readonly handlers?: unknown; default?: unknown };
    return { handlers, main };
  } catch (error) {
    throw new OverseerError('file-throws', `${module} could not be loaded: ${wordsFor(error)}`, { cause: error });
  }
}

function send(level: keyof Logger, details: object, message: string): void {
  const { err, ...rest } = details as { readonly err?: unknown };
  const told = {
    ...(worker !== null && { workerId: worker.id }),
    ...serialisable(rest),
    ...(err !== undefined && { err: described(err) }),
  };
  supervised.tell({ tells: 'logged', level, details: told, message });
}

/** An error as pino writes it. */
function described(error: unknown): object {
  const { exception, message } = failureOf(error);
  return { type: exception, message, stack: stackOf(error) };
}
