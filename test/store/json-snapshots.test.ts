import { auditHead, jobGraph, jobsReady, transactGraph } from '../../src/index.js';
import { loadJson, saveJson } from '../../src/store/json-snapshot.js';
import type { Position } from '../../src/domain/events.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('snapshots that are kept as JSON');
const position = '3' as Position;

spec.test('given a snapshot, when any bit of it is flipped, then it is as good as none', async () => {
  const { log } = await freshStore('memory');
  await rightOf(saveJson(log, 'x', position, { open: ['g'] }));
  const read = async () => (await loadJson(log, 'x', (value) => JSON.stringify(value)))?.value ?? null;
  assert.is(await read(), '{"open":["g"]}');
  const { bytes } = (await rightOf(log.loadSnapshot('x')))!;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    await rightOf(log.saveSnapshot('x', { position, bytes: damaged }));
    assert.is(await read(), null, `bit ${bit}`);
  }
  await log.close();
});

spec.test('a snapshot under another name, or at another position, is as good as none', async () => {
  const { log } = await freshStore('memory');
  await rightOf(saveJson(log, 'x', position, 1));
  const { bytes } = (await rightOf(log.loadSnapshot('x')))!;
  await rightOf(log.saveSnapshot('y', { position, bytes }));
  await rightOf(log.saveSnapshot('x', { position: '4' as Position, bytes }));
  for (const name of ['x', 'y']) assert.is((await loadJson(log, name, () => 'read'))?.value, null);
  await log.close();
});

spec.test(
  'given a snapshot that names another graph in place of one that is open, then its jobs are ready even so',
  async () => {
    const db = await freshStore('memory');
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
    const last = (await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 })))[0]!;
    const damages = ['{"open":["h"]}', '{"open":[]}'].map((text) => Buffer.from(text));
    const head = await auditHead(db, { recompute: true });
    for (const bytes of damages) {
      for (const name of ['live-1', 'audit-1'])
        await rightOf(db.log.saveSnapshot(name, { position: last.position, bytes }));
      assert.is((await jobsReady(db)).items.length, 1);
      assert.is((await auditHead(db)).rootHash, head.rootHash);
    }
    await db.close();
  },
);

spec.run();
