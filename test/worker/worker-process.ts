/**
 * A worker in a process of its own, for tests that kill, stop and continue it. Prints one JSON line per thing that
 * happens; runs until it is told to stop by SIGTERM.
 *
 *     worker-process.ts ADDRESS NAMESPACE OPTIONS
 */
import { type Handlers, type Logger, start, store, type WorkerOptions } from '../../src/index.js';

const [address, namespace, optionsText] = process.argv.slice(2) as [string, string, string];
const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);

const handlers: Handlers = {
  /** Returns its parents, so that a run shows what it was given. */
  task: (job) => ({ parents: Object.keys(job.inputs).sort() }),
  /** Takes as long as it is told. */
  sleep: async (job) => {
    say({ event: 'running', jobId: job.id, attempt: job.attempt });
    await new Promise((resolve) => setTimeout(resolve, Number(job.args['ms'])));
    say({ event: 'ran', jobId: job.id, attempt: job.attempt, aborted: job.signal.aborted });
    return `slept in ${process.pid}`;
  },
};

const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (details, message) => say({ event: 'warning', message, ...details }),
  error: (details, message) => say({ event: 'error', message, ...details }),
};

const opened = await store(address, { namespace });
const worker = await start({ ...(JSON.parse(optionsText) as WorkerOptions), logger }, opened, handlers);
say({ event: 'started', workerId: worker.id });

process.on('SIGTERM', () => {
  void worker.stop().then(async () => {
    say({ event: 'stopped', ...worker.statistics });
    await opened.close();
  });
});
