/**
 * A worker in a process of its own, for the chaos suite. It keeps a journal, tells its director when it has started and
 * why it ends, and ends with its director.
 *
 *     worker.ts ORDER
 */
import { openSync, writeSync } from 'node:fs';
import { type Logger, LogError, OverseerError, start, store, type Store, type WorkerOptions } from '../../src/index.js';
import { Journal } from './journal.js';
import { digestsOf, handlersTelling } from './workload.js';

export interface WorkerOrder {
  readonly address: string;
  readonly namespace: string;
  /** Its journal is at this path with the ending `.journal`, its log with `.log`. */
  readonly files: string;
  readonly options: WorkerOptions;
}

/** What it tells its director: that it works, or why it ends by itself. */
export type WorkerSays =
  { readonly says: 'started' } | { readonly says: 'failed'; readonly code: string; readonly message: string };

const order = JSON.parse(process.argv[2]!) as WorkerOrder;
const tell = (message: WorkerSays) => new Promise((told) => process.send!(message, told));
process.on('disconnect', () => process.exit(0));
// A Ctrl-C at the terminal is for the director.
process.on('SIGINT', () => {});

const journal = new Journal(`${order.files}.journal`);
const logFile = openSync(`${order.files}.log`, 'a');

function note(level: string): Logger['info'] {
  return (details: object, message?: string) => {
    const { err, ...rest } = details as { readonly err?: unknown };
    const error = err instanceof Error ? { err: err.message, code: codeOf(err) } : {};
    writeSync(logFile, `${JSON.stringify({ level, message, ...rest, ...error })}\n`);
  };
}

/** The code of the log's error behind another error, if there is one. */
function codeOf(error: unknown): string {
  if (error instanceof OverseerError && !(error instanceof LogError) && error.cause instanceof LogError) {
    return error.cause.code;
  }
  return error instanceof OverseerError ? error.code : 'unknown';
}

async function work(db: Store): Promise<void> {
  journal.follow(db.log);
  const handlers = handlersTelling(({ graphId, id, attempt, inputs }) =>
    journal.write([{ kind: 'run', workerId: worker.id, graphId, jobId: id, attempt, inputs: digestsOf(inputs) }]),
  );
  const logger: Logger = { debug: () => {}, info: () => {}, warn: note('warn'), error: note('error') };
  const worker = await start({ ...order.options, logger }, db, handlers);
  process.on('SIGTERM', () => void worker.stop());
  await tell({ says: 'started' });
  await worker.stopped;
}

let exitCode = 0;
try {
  const db = await store(order.address, { namespace: order.namespace });
  try {
    await work(db);
  } finally {
    await db.close();
  }
} catch (error) {
  exitCode = 3;
  const message = error instanceof Error ? error.message : String(error);
  note('error')({ err: error }, 'ended');
  await tell({ says: 'failed', code: codeOf(error), message });
}
process.exit(exitCode);
