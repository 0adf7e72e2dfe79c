/**
 * One worker process of the audit: `node --import tsx worker.ts STORE`. It knows nothing of the graph but its handlers,
 * and works until it is told to stop.
 */
import { start, store } from 'overseer';
import { handlers } from './audit.js';

const [address] = process.argv.slice(2);
if (address === undefined) throw new Error('give the address of the store');

const db = await store(address);
const worker = await start(
  {
    concurrency: 4,
    // A lease of 5 s instead of the default 5 min: should this process be killed, its jobs are soon another's.
    heartbeat: { sleepTime: 1000, tolerance: 5 },
  },
  db,
  handlers,
);

const stop = () => void worker.stop();
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The submitting process may be killed without a chance to say goodbye; nobody would stop this one then.
process.once('disconnect', stop);

await worker.stopped;
await db.close();
if (process.connected) process.disconnect();
