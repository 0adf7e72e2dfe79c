import { install, start, store } from 'overseer';
import { pino } from 'pino';

const db = await store('memory:');
await install(db);
const worker = await start({ logger: pino({ level: 'info' }) }, db, { hello: () => 'world' });
await worker.stop();
