/** Snapshots: a cache by name, in which an older one never replaces a newer. */
import type { Position } from '../../src/domain/events.js';
import type { EventLog } from '../../src/log/event-log.js';
import { leftOf, rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import { append, type ConformanceTests, inTurn, jobA, newEvent } from './log-fixture.js';

const threeEvents = (log: EventLog) => inTurn(log, append(jobA, -1, newEvent(), newEvent(), newEvent()));

async function positionsIn(log: EventLog): Promise<[Position, Position, Position]> {
  const [first, second, third] = await rightOf(log.readAll({ limit: 3 }));
  return [first!.position, second!.position, third!.position];
}

export const snapshotTests: ConformanceTests = {
  'given snapshots, then the newest is kept, names are apart, and an older one never replaces it': async (logs) => {
    const log = await logs.holding(threeEvents);
    const [p0, p1, p2] = await positionsIn(log);
    assert.is(await rightOf(log.loadSnapshot('x')), null);
    await rightOf(log.saveSnapshot('x', { position: p1, bytes: Buffer.from('one') }));
    await rightOf(log.saveSnapshot('x', { position: p0, bytes: Buffer.from('older') }));
    await rightOf(log.saveSnapshot('y', { position: p0, bytes: Buffer.from([0, 255]) }));
    const x = await rightOf((await logs.again(log)).loadSnapshot('x'));
    assert.equal([x!.position, Buffer.from(x!.bytes).toString()], [p1, 'one']);
    for (const text of ['newer', 'corrected']) {
      await rightOf(log.saveSnapshot('x', { position: p2, bytes: Buffer.from(text) }));
      assert.is(Buffer.from((await rightOf(log.loadSnapshot('x')))!.bytes).toString(), text);
    }
    assert.equal([...(await rightOf(log.loadSnapshot('y')))!.bytes], [0, 255]);
  },

  'given two namespaces in one log, then neither sees the other’s snapshots': async (logs) => {
    const one = await logs.open({ namespace: 'one' });
    const two = await logs.inAnotherNamespace(one, 'two');
    await threeEvents(one);
    await threeEvents(two);
    const [position] = await positionsIn(one);
    await rightOf(one.saveSnapshot('x', { position, bytes: Buffer.from('s') }));
    assert.is(await rightOf(two.loadSnapshot('x')), null);
    assert.is(Buffer.from((await rightOf(one.loadSnapshot('x')))!.bytes).toString(), 's');
  },
};

export const snapshotRefusals: ConformanceTests = {
  'given a log without snapshots, when one is saved, then it is refused, and none is found': async (logs) => {
    const log = await logs.holding(threeEvents);
    const [position] = await positionsIn(log);
    const error = await leftOf(log.saveSnapshot('x', { position, bytes: Buffer.from('s') }));
    assert.is(error.code, 'store-read-only');
    assert.is(await rightOf(log.loadSnapshot('x')), null);
  },
};
