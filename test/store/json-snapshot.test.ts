import type { Position } from '../../src/domain/events.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import type { EventLog, LogSnapshot } from '../../src/log/event-log.js';
import { E } from '../../src/prelude/fp.js';
import { loadJson, saveJson } from '../../src/store/json-snapshot.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('snapshots kept as JSON');

const value = { open: ['graph 1', 'graph 2'] };
const any = (read: unknown) => read;

async function saved(): Promise<{ readonly log: EventLog; readonly snapshot: LogSnapshot }> {
  const log = createMemoryLog();
  await rightOf(saveJson(log, 'name', '17' as Position, value));
  const snapshot = await rightOf(log.loadSnapshot('name'));
  return { log, snapshot: snapshot! };
}

/** The same log, with another snapshot in it. */
function holding(log: EventLog, snapshot: LogSnapshot): EventLog {
  return { ...log, loadSnapshot: () => () => Promise.resolve(E.right(snapshot)) };
}

spec.test('what was saved is loaded, with its position', async () => {
  const { log } = await saved();
  assert.equal(await loadJson(log, 'name', any), { position: '17', value });
  assert.is(await loadJson(log, 'another', any), null);
});

spec.test(
  'given a snapshot of which any one bit was changed, or of which the end is missing, then nothing of it is believed',
  async () => {
    const { log, snapshot } = await saved();
    const damaged = [...snapshot.bytes].flatMap((byte, at) => [
      ...Array.from({ length: 8 }, (_, bit) => Uint8Array.from(snapshot.bytes).fill(byte ^ (1 << bit), at, at + 1)),
      snapshot.bytes.slice(0, at),
    ]);
    for (const bytes of damaged) {
      const loaded = await loadJson(holding(log, { ...snapshot, bytes }), 'name', any);
      assert.ok(loaded === null || loaded.value === null, `believed: ${Buffer.from(bytes).toString()}`);
    }
    assert.ok(damaged.length > 500);
  },
);

spec.test('given a position that was changed, then nothing is loaded', async () => {
  const { log, snapshot } = await saved();
  assert.is(await loadJson(holding(log, { ...snapshot, position: '18' as Position }), 'name', any), null);
});

spec.test('given a snapshot of release 0.1.0, which has no checksum, then it is read', async () => {
  const { log, snapshot } = await saved();
  const bytes = Buffer.from(JSON.stringify(value));
  assert.equal(await loadJson(holding(log, { ...snapshot, bytes }), 'name', any), { position: '17', value });
});

spec.run();
