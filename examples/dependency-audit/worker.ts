/**
 * One worker process of the audit, on the store that OVERSEER_STORE names. It knows nothing of the graph but its
 * handlers, and works until it is told to stop.
 */
import { start, store } from 'overseer';
import { handlers } from './audit.js';

const address = process.env['OVERSEER_STORE'];
if (address === undefined) throw new Error('set OVERSEER_STORE to the address of the store');

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
