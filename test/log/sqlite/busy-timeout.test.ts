/** How long a file that is locked is waited for: as long as was asked, and no longer. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { type OverseerError, store } from '../../../src/index.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';
import { anAppend, installedFile } from './sqlite-file.js';

const spec = describe('the busy time-out of an SQLite log', { timeoutMs: 60_000 });

/** Frees the file once the work is over, or after so long; says whether the work was over before. */
async function overBefore(theirs: Sqlite.Database, patienceMs: number, work: Promise<unknown>): Promise<boolean> {
  const isOver = await Promise.race([work.then(() => true), delay(patienceMs).then(() => false)]);
  theirs.exec('rollback');
  await work;
  return isOver;
}

const code = (result: { readonly _tag: 'Left'; readonly left: OverseerError } | { readonly _tag: 'Right' }) =>
  result._tag === 'Left' ? result.left.code : 'none';

spec.test(
  'given a short one, when the file stays locked, then an append and a read fail before it is free',
  async () => {
    const path = await installedFile(['g']);
    const log = openSqliteLog({ path, busyTimeoutMs: 30 });
    const theirs = new Sqlite(path);
    theirs.exec('begin exclusive');
    const append = log.append([anAppend('h')])();
    // In WAL mode readers go on beside a writer, so what is asked for is a write: that of a snapshot.
    const save = log.saveSnapshot('s', { position: '1' as never, bytes: Buffer.from('x') })();
    assert.is(await overBefore(theirs, 3000, Promise.all([append, save])), true);
    assert.equal([code(await append), code(await save)], ['store-locked', 'store-locked']);
    assert.is((await rightOf(log.readAll({ limit: 9 }))).length, 1);
    theirs.close();
    await log.close();
  },
);

spec.test('given one in the address, then it holds too', async () => {
  const path = await installedFile(['g']);
  const db = await store(`sqlite:${path}?busyTimeoutMs=30`);
  const theirs = new Sqlite(path);
  theirs.exec('begin immediate');
  const append = db.log.append([anAppend('h')])();
  assert.is(await overBefore(theirs, 3000, append), true);
  assert.is(code(await append), 'store-locked');
  theirs.close();
  await db.close();
});

spec.test(
  'given a long one, when the file is locked for a while, then appends, snapshots and installs wait',
  async () => {
    const path = await installedFile(['g']);
    const log = openSqliteLog({ path, busyTimeoutMs: 60_000 });
    const theirs = new Sqlite(path);
    theirs.exec('begin immediate');
    const append = log.append([anAppend('h')])();
    const save = log.saveSnapshot('s', { position: '1' as never, bytes: Buffer.from('x') })();
    assert.is(await overBefore(theirs, 200, Promise.race([append, save])), false);
    assert.equal([code(await append), code(await save)], ['none', 'none']);
    theirs.close();
    await log.close();
    const fresh = join(temporaryFolder(), 'fresh.db');
    const locking = new Sqlite(fresh);
    locking.exec('begin exclusive');
    const later = openSqliteLog({ path: fresh, busyTimeoutMs: 60_000 });
    const installing = later.install()();
    assert.is(await overBefore(locking, 200, installing), false);
    assert.is(code(await installing), 'none');
    locking.close();
    await later.close();
  },
);

spec.run();
