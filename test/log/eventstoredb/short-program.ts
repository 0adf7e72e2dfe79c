/**
 * A program that does a little of everything on a store and nothing else: it must end by itself.
 *
 *     short-program.ts ADDRESS NAMESPACE
 */
import { openEventStoreDbLog } from '../../../src/log/eventstoredb/eventstoredb-log.js';
import { rightOf } from '../../support/right.js';
import { append, beat, jobA, mustBeIn, numbers } from './esdb-fixture.js';

const [address, namespace] = process.argv.slice(2) as [string, string];
const log = openEventStoreDbLog({ address, namespace });
await rightOf(log.install());
mustBeIn(await rightOf(log.append([append(jobA, -1, ...numbers(1, 100).map((n) => beat(n)))])));
for (const isLive of [false, true]) {
  for await (const message of log.subscribe()) {
    if (message.kind === (isLive ? 'caughtUp' : 'events')) break;
  }
}
await rightOf(log.readAll({ limit: 1 }));
const [event] = await rightOf(log.readStream(jobA));
await rightOf(log.saveSnapshot('x', { position: event!.position, bytes: Buffer.from('x') }));
await log.close();
console.log('closed');
