/**
 * A program with a handle on each of two servers, one of which is about to die. Says what happens to the append
 * that is under way on the other.
 *
 *     two-handles.ts ADDRESS OTHER-ADDRESS
 */
import type { Position } from '../../../src/domain/events.js';
import { openEventStoreDbLog } from '../../../src/log/eventstoredb/eventstoredb-log.js';
import { rightOf } from '../../support/right.js';
import { append, beat, jobA, jobB, mustBeIn, numbers } from './esdb-fixture.js';

const [dying, living] = process.argv.slice(2).map((address) => openEventStoreDbLog({ address, namespace: 'two' })) as [
  ReturnType<typeof openEventStoreDbLog>,
  ReturnType<typeof openEventStoreDbLog>,
];
const at = (n: number) => `${n}/${n}` as Position;
for (const log of [dying, living]) {
  mustBeIn(await rightOf(log.append([append(jobA, -1, beat(0))])));
  await rightOf(log.saveSnapshot('x', { position: at(1), bytes: Buffer.from('x') }));
}
console.log('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.pause();

const lost = dying.append([append(jobB, -1, beat(1))])();
const appends = numbers(1, 20).map((n) =>
  rightOf(living.append([append({ graphId: 'g', jobId: `${n}` }, -1, beat(n))])),
);
// Of several parts: the server has to be told to keep more of them, which is an append as well.
const snapshot = living.saveSnapshot('x', { position: at(2), bytes: Buffer.alloc(2_000_000) })();
(await Promise.all(appends)).forEach(mustBeIn);
console.log('appended');
const { _tag } = await snapshot;
console.log(_tag === 'Right' ? 'saved' : 'not saved');
await Promise.all([dying.close(), living.close(), lost]);
console.log('closed');
