/** The pure modules run where there is nothing of Node, and come to the same results there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { store } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { sqliteAddress, temporaryFolder } from '../support/stores.js';

interface Results {
  readonly hasBuffer: boolean;
  readonly refused: readonly string[];
  readonly bytes: readonly number[];
  readonly utf8Bytes: readonly number[];
  readonly root: string;
}

const spec = describe('pure modules', { timeoutMs: 60_000 });

spec.test('without the globals of Node, the golden log folds and hashes to the same', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'overseer.db');
  copyFileSync(join(import.meta.dirname, '../golden/0.1.0.db'), path);
  const db = await store(sqliteAddress(path));
  const events = join(folder, 'events.json');
  writeFileSync(events, JSON.stringify(await rightOf(db.log.readStored({ after: null, limit: 10_000 }))));
  await db.close();
  const run = (mode: 'bare' | 'whole') => {
    const program = join(import.meta.dirname, 'without-node.mjs');
    return JSON.parse(execFileSync(process.execPath, [program, events, mode], { encoding: 'utf8' })) as Results;
  };
  const [{ hasBuffer: inBare, ...bare }, { hasBuffer: inWhole, ...whole }] = [run('bare'), run('whole')];
  assert.equal([inBare, inWhole], [false, true]);
  assert.equal(bare, whole);
  assert.equal([bare.refused, bare.root.length], [[], 64]);
  assert.equal(bare.utf8Bytes, [1, 2, 3, 4, 3]);
  assert.ok(bare.bytes.length > 8);
});
spec.run();
