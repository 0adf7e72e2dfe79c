/** Restoring: events of another log, taken as they are. */
import { randomUUID } from 'node:crypto';
import type { Position } from '../../src/domain/events.js';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import { leftOf, rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';
import { append, collect, type ConformanceTests, detailsOf, graphStream, jobA, jobB } from './log-fixture.js';

const foreign = (change: Partial<StoredEvent> = {}): StoredEvent => ({
  ...jobA,
  revision: 0,
  id: randomUUID(),
  type: 'Heartbeat',
  schemaVersion: 1,
  recordedAt: '2020-01-02T03:04:05.678Z',
  causationId: randomUUID(),
  actor: 'another log',
  position: '77' as Position,
  data: '{"attempt":1,"details":{"$$redacted":[]}}',
  ...change,
});

const withoutPosition = (events: readonly StoredEvent[]) => events.map((event) => ({ ...event, position: '' }));

export const restoreTests: ConformanceTests = {
  'given events of another log, when restored, then they are there as they were, and work goes on': async (logs) => {
    const log = await logs.open();
    const unknown = { type: 'JobPaused', schemaVersion: 7, data: '{"z":1,"a":"kept"}' };
    const events = [
      foreign(),
      foreign({ ...graphStream, data: '"no object"', causationId: null }),
      foreign({ revision: 1, ...unknown, recordedAt: '2020-01-02T03:04:05.679Z' }),
      foreign({ revision: 2, recordedAt: '2020-01-02T03:04:06.000Z' }),
    ];
    await rightOf(log.restore(events));
    const there = await logs.again(log);
    assert.equal(withoutPosition(await rightOf(there.readStored({ limit: 10 }))), withoutPosition(events));
    const [first, second, third] = await rightOf(there.readAll({ limit: 3 }));
    assert.equal(detailsOf([first!]), [{ $redacted: [] }]);
    assert.is(first!.recordedAt, '2020-01-02T03:04:05.678Z');
    assert.equal([second!.type, third!.type], ['Unreadable', 'Unreadable']);
    assert.is(third!.type === 'Unreadable' && third!.data.storedType, 'JobPaused');
    assert.is(await rightOf(there.positionAt(Date.parse('2020-01-02T03:04:05.678Z'))), second!.position);
    assert.equal(await rightOf(there.append([append(jobA, 2)])), [{ appended: true, revision: 3 }]);
    await rightOf(there.restore(events)); // All of them are there.
    assert.is((await rightOf(there.readAll({ limit: 10 }))).length, 5);
  },

  'given what a log cannot take, when it is to be restored, then it is refused and nothing is taken': async (logs) => {
    const log = await logs.open();
    await rightOf(log.restore([foreign({ recordedAt: '2021-01-01T00:00:00.000Z' })]));
    const recordedAt = '2021-01-01T00:00:01.000Z';
    const good = foreign({ ...jobB, recordedAt });
    const refused = async (event: StoredEvent) => (await leftOf(log.restore([good, event]))).code;
    assert.is(await refused(foreign({ recordedAt })), 'restore-conflict');
    assert.is(await refused(foreign({ revision: 2, recordedAt })), 'restore-conflict');
    assert.is(await refused(foreign({ revision: 1, recordedAt: '2021-01-01T00:00:00.500Z' })), 'restore-out-of-order');
    const mark = `{"attempt":1,"details":{"$redacted":"sha256:${'0'.repeat(64)}"}}`;
    assert.is(await refused(foreign({ revision: 1, recordedAt, data: mark })), 'restore-conflict');
    const older = foreign({ ...jobB, recordedAt: '2020-12-31T23:59:59.999Z' });
    assert.is((await leftOf(log.restore([older]))).code, 'restore-out-of-order');
    assert.is((await rightOf(log.readAll({ limit: 9 }))).length, 1);
  },

  'given a subscription, when events are restored, then it hears of them': async (logs) => {
    const log = await logs.open();
    const collected = collect(log, (events) => events.length === 2);
    await rightOf(log.restore([foreign(), foreign({ revision: 1 })]));
    assert.equal(
      (await collected).events.map(({ revision }) => revision),
      [0, 1],
    );
  },
};

export const restoreRefusals: ConformanceTests = {
  'given a log that only reads, when events are restored, then it is refused and nothing is taken': async (logs) => {
    const log = await logs.holding(async () => {});
    assert.is((await leftOf(log.restore([foreign()]))).code, 'store-read-only');
    assert.equal(await rightOf(log.readStored({ limit: 9 })), []);
  },
};
