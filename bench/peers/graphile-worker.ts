/** graphile-worker under test: `graphile-worker.ts {"url": …, "localQueue": …, "concurrency": …}`. It has no graphs. */
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { inParts, serve } from './program.js';

const settings = JSON.parse(process.argv[2]!) as { url: string; localQueue: number | null; concurrency: number };
const pgPool = new pg.Pool({ connectionString: settings.url, max: settings.concurrency + 1 });
pgPool.on('error', console.error).on('connect', (client) => client.on('error', console.error));
const logger = new Logger(() => () => {});
let ended = 0;

/** As the package's own measurement of its speed has it. */
const batched =
  settings.localQueue === null
    ? {}
    : { localQueue: { size: settings.localQueue }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

serve({
  async prepare() {
    const tools = await makeWorkerUtils({ pgPool, logger });
    await tools.migrate();
    await tools.release();
  },
  async submit(shape) {
    if (shape.jobs.length > 1) throw new Error('graphile-worker has no graphs');
    const tools = await makeWorkerUtils({ pgPool, logger });
    const jobs = Array.from({ length: shape.copies }, () => ({ identifier: 'noop', payload: {} }));
    await inParts(jobs, 5000, (part) => tools.addJobs(part));
    await tools.release();
  },
  async start() {
    ended = 0;
    const worker = { concurrentJobs: settings.concurrency, ...batched };
    const taskList = { noop: () => void ended++ };
    const runner = await run({ pgPool, logger, noHandleSignals: true, taskList, preset: { worker } });
    return () => runner.stop();
  },
  ended: () => ended,
  /** A job that has ended is deleted. */
  async isAllStored() {
    const { rows } = await pgPool.query('select 1 from graphile_worker._private_jobs limit 1');
    return rows.length === 0;
  },
  close: () => pgPool.end(),
});
