/* eslint-disable no-console */
import { type Handlers, install, start, store } from 'overseer';

const handlers: Handlers = {
  resize: async ({ args, signal }) => await fetch(args.url as string, { signal }).then((image) => image.status),
};

const db = await store('sqlite:./overseer.db');
await install(db);
const worker = await start({ concurrency: 4 }, db, handlers);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void worker.stop());
}
console.log('working');
await worker.stopped; // rejects if the worker had to give up
await db.close();
console.log('stopped');
