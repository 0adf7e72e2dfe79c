/** A worker driven by a projection, for tests: notes each job that finished in a file, and is killed at the third. */
import { appendFileSync, readFileSync } from 'node:fs';
import { defineProjection, project, store } from '../../src/index.js';

const [address = '', file = '', dieAt = ''] = process.argv.slice(2);
const db = await store(address);
const finished = defineProjection({
  name: 'finished',
  initial: 0,
  evolve: (count, event) => (event.type === 'JobFinished' ? count + 1 : count),
});
await project(db, finished, {
  until: 'caughtUp',
  onChange: ({ state, event }) => {
    appendFileSync(file, `${state} ${event.id}\n`);
    const lines = readFileSync(file, 'utf8').split('\n').length - 1;
    if (lines === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
  },
});
await db.close();
