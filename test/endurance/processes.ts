/** Worker processes that follow each other on one file: each takes what is there, is told to stop, and is gone. */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { install, jobGraph, store, transactGraph, waitForGraph } from '../../src/index.js';
import { freshPlace } from '../support/stores.js';
import { WorkerProcess } from '../support/worker-process.js';
import type { Life } from './lives.js';
import { type Holding, holding } from './measure.js';

/** What is measured is the process that begins them and looks at their store. Their files must not become more either. */
export async function manyProcesses(processes: number): Promise<Life> {
  const place = freshPlace('sqlite');
  const folder = dirname(place.address.slice('sqlite:'.length));
  const db = await store(place.address);
  await install(db);
  const samples: Holding[] = [];
  let files = 0;
  for (let number = 1; number <= processes; number += 1) {
    const worker = new WorkerProcess(place, { concurrency: 2 });
    await worker.says('started', 60_000);
    const id = `graph-${number}`;
    await transactGraph(db, jobGraph({ jobs: { a: { type: 'task' }, b: { type: 'task', after: ['a'] } } }, {}, { id }));
    await waitForGraph(db, id);
    await worker.stop();
    const held = readdirSync(folder).length;
    if (number > 1 && held > files) throw new Error(`the folder of the store holds ${held} files, and held ${files}`);
    files = held;
    samples.push(await holding(number));
  }
  await db.close();
  return { samples, told: { processes, 'files beside the store': files } };
}
