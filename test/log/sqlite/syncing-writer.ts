/** Appends one event after another, and prints how often the `-wal` had been flushed by the time each was acknowledged. */
import { existsSync, readFileSync } from 'node:fs';
import { openLog } from '../../../src/log/open-log.js';
import { rightOf } from '../../support/right.js';
import { anAppend } from './sqlite-file.js';

const [address = '', notes = ''] = process.argv.slice(2);

function flushes(): number {
  const paths = existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : [];
  return paths.filter((path) => path.endsWith('-wal')).length;
}

const log = await openLog(address);
await rightOf(log.install());
await rightOf(log.append([anAppend('first')]));
const counts = [flushes()];
for (let n = 0; n < 5; n++) {
  await rightOf(log.append([anAppend(`g${n}`)]));
  counts.push(flushes());
}
console.log(JSON.stringify(counts));
await log.close();
