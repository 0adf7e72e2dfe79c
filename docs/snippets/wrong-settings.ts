/* eslint-disable no-console */
import { install, start, store, type WorkerOptions } from 'overseer';

const db = await store('memory:');
await install(db);

const attempts = [{ concurency: 4 }, { concurrency: 0 }, { heartbeat: { tolerance: 'high' } }];
for (const options of attempts as WorkerOptions[]) {
  await start(options, db, {}).catch((error: Error) => console.log(error.message));
}
