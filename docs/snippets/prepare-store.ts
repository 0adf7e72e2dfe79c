/* eslint-disable no-console */
import { install, store } from 'overseer';

const db = await store('sqlite:./overseer.db');
console.log(await install(db));
console.log(await install(db));
await db.close();
