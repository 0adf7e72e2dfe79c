/* eslint-disable no-console */
import { setTimeout } from 'node:timers/promises';
import { install, jobGraph, pauseSchedule, schedule, setSchedule, start, store } from 'overseer';

const db = await store('sqlite:./overseer.db');
await install(db);
await setSchedule(db, 'tick', { graph: jobGraph({ tick: [] }), every: { ms: 1000 } }, { by: 'ann' });

let ticks = 0;
const worker = await start({}, db, { tick: () => (ticks += 1) });
while (ticks < 3) await setTimeout(50);
await pauseSchedule(db, 'tick', { by: 'ann', reason: 'that is enough' });
await worker.stop();

const { history } = await schedule(db, 'tick');
for (const { outcome, why, status } of history) console.log(`${outcome}, ${why}, ${status}`);
await db.close();
