/** An import compares what is there with what comes, to the byte: the same id is not enough. */
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import { importLog, jobGraph, OverseerError, type Store, transactGraph } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';
import { storeWith } from './histories.js';

const spec = describe('importing beside what is there');

const eventsOf = async (db: Store) => await rightOf(db.log.readStored({ limit: 99 }));

async function graphWith(args: object): Promise<Store> {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [] }, args, { id: 'g' }));
  return db;
}

const changes: Readonly<Record<string, (event: StoredEvent) => StoredEvent>> = {
  data: (event) => ({ ...event, data: event.data.replace('"day":1', '"day":2') }),
  actor: (event) => ({ ...event, actor: 'somebody else' }),
  time: (event) => ({ ...event, recordedAt: '2020-01-01T00:00:00.000Z' }),
};

for (const [what, change] of Object.entries(changes)) {
  spec.test(`given an event of the same id and another ${what}, then nothing is imported`, async () => {
    const db = await graphWith({ day: 1 });
    const before = await eventsOf(db);
    const altered = before.map(change);
    assert.is.not(JSON.stringify(altered), JSON.stringify(before));
    const source = await storeWith('memory', altered);
    await assert.rejects(
      importLog(db, source),
      (error) => error instanceof OverseerError && error.code === 'import-conflict',
    );
    assert.equal(await eventsOf(db), before);
  });
}

spec.test('given the very same events, then an import changes nothing and says so', async () => {
  const db = await graphWith({ day: 1 });
  const source = await storeWith('memory', await eventsOf(db));
  assert.equal(await importLog(db, source), { events: 1, graphs: 1, imported: 0 });
});

spec.test(
  'given the beginning of a log, then an import adds the rest of it, each event once and as it was',
  async () => {
    const source = await graphWith({ day: 1 });
    for (const id of ['h', 'i']) await transactGraph(source, jobGraph({ a: [] }, {}, { id }));
    const all = await eventsOf(source);
    for (const there of [0, 1, 2, 3]) {
      const db = await storeWith('memory', all.slice(0, there));
      assert.equal(await importLog(db, source), { events: 3, graphs: 3, imported: 3 - there });
      assert.equal(await eventsOf(db), all);
    }
  },
);

spec.run();
