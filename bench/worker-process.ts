/** A worker in a process of its own: `worker-process.ts ADDRESS NAMESPACE CONCURRENCY`. Reports when it starts, runs and stops. */
import { fault, type Handler, start, store } from 'overseer';
import { pageTypes } from './ui/large-run.js';

const [address, namespace, concurrency] = process.argv.slice(2) as [string, string, string];
const db = await store(address, { namespace });
/** Tells twice how far it is; in every third job the first attempt faults. */
const page: Handler = async (job) => {
  const number = Number(job.args['page']);
  for (const progress of [0.3, 0.8]) await job.heartbeat({ page: number, attempt: job.attempt }, progress);
  if (job.attempt === 1 && number % 3 === 0) fault(`page ${number} is busy`, { retryAfterMs: 5 });
  return { rows: (number * 37) % 1000, ok: true };
};
const worker = await start({ concurrency: Number(concurrency) }, db, {
  noop: () => null,
  stamp: () => performance.timeOrigin + performance.now(),
  ...Object.fromEntries(pageTypes.map((type) => [type, page])),
  sleep: (job) => new Promise((resolve) => setTimeout(resolve, Number(job.args['ms']))),
});
process.send!('started');
process.on('message', () => {
  void worker.stop().then(async () => {
    process.send!(worker.statistics);
    await db.close();
    process.disconnect();
  });
});
