/** A file that is cut short while it is in use: SQLite would write on behind the cut, and find out much later. */
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { install, jobGraph, LogError, type OverseerError, start, store, transactGraph } from '../../../src/index.js';
import { fileAt, FilePlace } from '../../../src/log/sqlite/file-place.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';
import { anAppend, installedFile } from './sqlite-file.js';

const spec = describe('a file that is cut short while it is in use', { timeoutMs: 30_000 });

const many = (from: number) => Array.from({ length: 200 }, (_, n) => anAppend(`g-${from + n}`));

/** Runs statements as another program would, beside those who have the file open. */
function elsewhere(path: string, ...statements: readonly string[]): void {
  const db = new Sqlite(path);
  for (const statement of statements) db.pragma(statement);
  db.close();
}

const cutTo = (path: string, part: number) => truncateSync(path, Math.floor(statSync(path).size * part));

const cuts: Readonly<Record<string, (path: string) => void>> = {
  'the file cut to a half': (path) => cutTo(path, 0.5),
  'the file cut to its first page': (path) => truncateSync(path, 4096),
  'the -wal cut to a half': (path) => cutTo(`${path}-wal`, 0.5),
  'the -wal emptied': (path) => truncateSync(`${path}-wal`, 0),
};

for (const [name, cut] of Object.entries(cuts)) {
  spec.test(`given ${name}, then nothing more is acknowledged, and the damage is named`, async () => {
    const path = await installedFile([]);
    const log = openSqliteLog({ path });
    await rightOf(log.append(many(0)));
    elsewhere(path, 'wal_checkpoint(passive)');
    await rightOf(log.append(many(200)));
    cut(path);
    for (const id of ['first', 'second']) {
      const error = await leftOf(log.append([anAppend(id)]));
      assert.equal([error.code, error.isTransient], ['store-damaged', false]);
      assert.match(error.message, /is damaged \(it was cut short while it was in use: /);
    }
    await log.close();
  });
}

spec.test(
  'given files that were shorter at one look, and whole, when they are cut after it, then the next look sees it',
  () => {
    const path = join(temporaryFolder(), 'overseer.db');
    for (const end of ['', '-wal']) writeFileSync(path + end, Buffer.alloc(9000));
    const place = new FilePlace(path, fileAt(path)!);
    assert.is(place.assertUnmoved(), false);
    truncateSync(`${path}-wal`, 0);
    assert.is(place.assertUnmoved(), true);
    place.areWhole();
    assert.is(place.assertUnmoved(), false);
    for (const end of ['', '-wal']) {
      writeFileSync(path + end, Buffer.alloc(9000));
      assert.is(place.assertUnmoved(), false);
      truncateSync(path + end, 8000);
      assert.is(place.assertUnmoved(), true);
      place.areWhole();
      truncateSync(path + end, 7000);
      assert.is(place.assertUnmoved(), true);
      place.areWhole();
    }
  },
);

spec.test('given a worker whose file is cut short, when it writes again, then it stops and says why', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const db = await store(`sqlite:${path}`);
  await install(db);
  const worker = await start({ concurrency: 1, stopTimeout: 0 }, db, {
    task: () => {
      elsewhere(path, 'wal_checkpoint(passive)');
      cutTo(path, 0.5);
    },
  });
  await transactGraph(db, jobGraph({ jobs: { task: { type: 'task' } } }));
  const ending = await worker.stopped.then(
    () => null,
    (error: OverseerError) => error.cause,
  );
  assert.ok(ending instanceof LogError && ending.code === 'store-damaged', String(ending));
  await db.close();
});

spec.test('given files that another program has made shorter with nothing missing, then all goes on', async () => {
  const path = await installedFile([]);
  const log = openSqliteLog({ path });
  await rightOf(log.saveSnapshot('s', { position: '1' as never, bytes: Buffer.alloc(1_000_000) }));
  await rightOf(log.append(many(0)));
  elsewhere(path, 'wal_checkpoint(truncate)');
  await rightOf(log.append(many(200)));
  const other = new Sqlite(path);
  other.exec('delete from snapshots');
  other.pragma('wal_checkpoint(truncate)');
  const before = statSync(path).size;
  other.exec('vacuum');
  other.pragma('wal_checkpoint(truncate)');
  other.close();
  assert.ok(statSync(path).size < before - 900_000, 'the file is shorter');
  assert.is(statSync(`${path}-wal`).size, 0);
  await rightOf(log.append(many(400)));
  assert.is((await rightOf(log.readAll({ limit: 1000 }))).length, 600);
  assert.equal(await rightOf(log.check()), []);
  await log.close();
});

spec.run();
