/** A worker in a process of its own: `worker-process.ts ADDRESS NAMESPACE CONCURRENCY`. Reports when it starts, runs and stops. */
import { start, store } from 'overseer';

const [address, namespace, concurrency] = process.argv.slice(2) as [string, string, string];
const db = await store(address, { namespace });
const worker = await start({ concurrency: Number(concurrency) }, db, {
  noop: () => null,
  stamp: () => performance.timeOrigin + performance.now(),
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
