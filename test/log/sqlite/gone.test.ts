/** A file that is taken away while it is in use, and files of which a part is missing. */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import {
  history,
  install,
  jobGraph,
  LogError,
  type OverseerError,
  start,
  store,
  transactGraph,
} from '../../../src/index.js';
import { SqliteConnection } from '../../../src/log/sqlite/connection.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { eventually } from '../../support/eventually.js';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { folderIn, temporaryFolder } from '../../support/stores.js';
import { anAppend, fileEndings, installedFile } from './sqlite-file.js';

const spec = describe('a file that is taken away', { timeoutMs: 30_000 });

/** Ways to take away the store at a path. */
const ways: Readonly<Record<string, (path: string) => Promise<void> | void>> = {
  'all three deleted': (path) => fileEndings.forEach((end) => rmSync(path + end)),
  'the file deleted': (path) => rmSync(path),
  'the -wal deleted': (path) => rmSync(`${path}-wal`),
  'all three moved': (path) => fileEndings.forEach((end) => renameSync(path + end, `${path}.old${end}`)),
  'the file moved': (path) => renameSync(path, `${path}.old`),
  'the -wal moved': (path) => renameSync(`${path}-wal`, `${path}.old-wal`),
  'another file put in its place': (path) => {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
  },
  'another -wal put in its place': (path) => {
    writeFileSync(`${path}.copy`, '');
    renameSync(`${path}.copy`, `${path}-wal`);
  },
  'a folder put in its place': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'its folder moved': (path) => renameSync(dirname(path), `${dirname(path)}.old`),
  'a new store made in its place': async (path) => {
    fileEndings.forEach((end) => rmSync(path + end));
    await installedFile(['g'], path);
  },
};

for (const [name, take] of Object.entries(ways)) {
  spec.test(`${name}: an append is not acknowledged, reading ends, and who follows is told`, async () => {
    const path = await installedFile(['g'], join(folderIn(temporaryFolder(), 'in'), 'overseer.db'));
    const log = openSqliteLog({ path });
    await rightOf(log.append([anAppend('h')]));
    const following = follow(log.subscribe());
    await take(path);
    const error = await leftOf(log.append([anAppend('i')]));
    assert.equal([error.code, error.isTransient, error.outcomeUnknown], ['store-gone', false, true]);
    assert.match(error.message, /stop every worker/);
    assert.is((await following).code, 'store-gone');
    assert.is((await leftOf(log.append([anAppend('j')]))).code, 'store-gone');
    await log.close();
  });
}

async function follow(subscription: AsyncIterable<unknown>): Promise<LogError> {
  try {
    for await (const _ of subscription);
  } catch (error) {
    if (error instanceof LogError) return error;
  }
  throw new Error('expected the subscription to reject with a LogError');
}

spec.test('a link that leads elsewhere by now', async () => {
  const folder = temporaryFolder();
  const [one, two] = [
    await installedFile(['g'], join(folder, 'one.db')),
    await installedFile(['g'], join(folder, 'two.db')),
  ];
  const link = join(folder, 'overseer.db');
  symlinkSync(one, link);
  const log = openSqliteLog({ path: link });
  await rightOf(log.append([anAppend('h')]));
  rmSync(link);
  symlinkSync(two, link);
  assert.is((await leftOf(log.append([anAppend('i')]))).code, 'store-gone');
  await log.close();
});

spec.test('who only reads is told as well', async () => {
  const path = await installedFile(['g']);
  const opened = await store(`sqlite:${path}`);
  await transactGraph(opened, jobGraph({ a: [] }, {}, { id: 'followed' }));
  let seen = 0;
  const following = (async () => {
    for await (const _ of history(opened, 'followed', { follow: true })) seen += 1;
  })();
  await eventually('it follows', () => Promise.resolve(seen === 1));
  fileEndings.forEach((end) => rmSync(path + end));
  await assert.rejects(following, (error) => error instanceof LogError && error.code === 'store-gone');
  await opened.close();
});

spec.test('a new store in the old one’s place keeps its -wal when the old one is closed', async () => {
  const path = await installedFile(['g']);
  const old = openSqliteLog({ path });
  await rightOf(old.append([anAppend('h')]));
  fileEndings.forEach((end) => rmSync(path + end));
  const fresh = openSqliteLog({ path });
  await rightOf(fresh.install());
  await rightOf(fresh.append([anAppend('fresh')]));
  await leftOf(old.append([anAppend('i')]));
  await old.close();
  assert.ok(existsSync(`${path}-wal`));
  await rightOf(fresh.append([anAppend('fresh too')]));
  const again = openSqliteLog({ path });
  assert.equal(
    (await rightOf(again.readAll({ limit: 10 }))).map(({ graphId }) => graphId),
    ['fresh', 'fresh too'],
  );
  await again.close();
  await fresh.close();
});

spec.test('what was acknowledged before is in the file that was moved', async () => {
  const path = await installedFile(['g']);
  const log = openSqliteLog({ path });
  await rightOf(log.append([anAppend('h')]));
  for (const end of fileEndings) renameSync(path + end, `${path}.old${end}`);
  await leftOf(log.append([anAppend('i')]));
  await log.close();
  const moved = openSqliteLog({ path: `${path}.old` });
  const graphs = (await rightOf(moved.readAll({ limit: 10 }))).map(({ graphId }) => graphId);
  assert.equal(graphs.slice(0, 2), ['g', 'h']);
  await moved.close();
});

spec.test('a worker stops, with what happened; its command ends with a code of its own', async () => {
  const path = await installedFile(['g']);
  const opened = await store(`sqlite:${path}`);
  const worker = await start({}, opened, { a: () => 1 });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'q.mjs'), 'export const handlers = { a: () => 1 };');
  const main = join(import.meta.dirname, '../../../dist/cli/main.js');
  const args = ['worker', join(folder, 'q.mjs'), '--store', `sqlite:${path}`, '--processes', '2'];
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((resolve) => child.once('close', resolve));
  // One that still starts would make a new file.
  await eventually('both processes work', () => Promise.resolve(said.split('worker started').length === 3));
  fileEndings.forEach((end) => rmSync(path + end));
  assert.is(await ended, 4, said);
  assert.match(said, /overseer\.db(-wal)? was deleted or moved away while the store was in use/);
  const error = await worker.stopped.then(
    () => null,
    (reason: OverseerError) => reason,
  );
  assert.is(error?.code, 'worker-failed');
  assert.ok(error?.cause instanceof LogError && error.cause.code === 'store-gone');
  await opened.close();
});

for (const end of ['', '-wal']) {
  spec.test(
    `given a write, when the file${end} is moved before it has ended, then it is not acknowledged`,
    async () => {
      const path = await installedFile(['first']);
      const connection = new SqliteConnection({ path });
      const write = () => {
        connection.database.prepare('delete from snapshots').run();
        renameSync(path + end, `${path}.old${end}`);
      };
      assert.throws(
        () => connection.written(write),
        (error: unknown) => error instanceof LogError && error.code === 'store-gone' && error.outcomeUnknown,
      );
      connection.close();
    },
  );
}

spec.run();

const parts = describe('a file of which a part is missing', { timeoutMs: 30_000 });

/** A store of release 0.1.0 had no tables until its -wal was written back. */
function installedEarlyOn(path: string): void {
  const db = new Sqlite(path);
  db.pragma('journal_mode = wal');
  db.close();
}

async function refusalOf(path: string, work: (address: string) => Promise<unknown>): Promise<LogError> {
  try {
    await work(`sqlite:${path}`);
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error('expected a LogError');
}

const installAt = async (address: string) => install(await store(address));

parts.test('a file that was copied without its -wal when it was new', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  installedEarlyOn(path);
  const bytes = readFileSync(path);
  for (const use of [installAt, async (address: string) => transactGraph(await store(address), jobGraph({ a: [] }))]) {
    const error = await refusalOf(path, use);
    assert.is(error.code, 'store-damaged');
    assert.match(error.message, /copied without its -wal/);
    assert.not.match(error.message, /overseer install/);
  }
  assert.ok(readFileSync(path).equals(bytes));
});

parts.test('a file copied while in use, right after it was installed, is a store', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'overseer.db');
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  await rightOf(log.append([anAppend('g')]));
  copyFileSync(path, join(folder, 'copy.db'));
  const copy = openSqliteLog({ path: join(folder, 'copy.db') });
  assert.equal(await rightOf(copy.readAll({ limit: 10 })), []);
  assert.equal(await rightOf(copy.check()), []);
  await copy.close();
  await log.close();
});

for (const [name, leave] of [
  ['is not there', () => {}],
  ['is empty', (path: string) => writeFileSync(path, '')],
] as const) {
  parts.test(`a file that ${name}, beside a -wal with something in it: the -wal is not thrown away`, async () => {
    const path = await installedFile(['g']);
    const log = openSqliteLog({ path });
    await rightOf(log.append([anAppend('h')]));
    const wal = readFileSync(`${path}-wal`);
    await log.close();
    fileEndings.forEach((end) => rmSync(path + end, { force: true }));
    writeFileSync(`${path}-wal`, wal);
    leave(path);
    const error = await refusalOf(path, installAt);
    assert.is(error.code, 'store-damaged');
    assert.match(error.message, /-wal holds the end of a store; put the file back, or move/);
    assert.ok(readFileSync(`${path}-wal`).equals(wal));
  });
}

parts.test('a -shm without its -wal: said, with how to go on without what is lost', async () => {
  const path = await installedFile(['g']);
  const log = openSqliteLog({ path });
  await rightOf(log.append([anAppend('h')]));
  const folder = temporaryFolder();
  const copy = join(folder, 'overseer.db');
  for (const end of ['', '-shm']) copyFileSync(path + end, copy + end);
  await log.close();
  const error = await refusalOf(copy, installAt);
  assert.is(error.code, 'store-damaged');
  assert.match(error.message, /put it back; if it is lost for good, delete .*-shm/);
  rmSync(`${copy}-shm`);
  assert.is(await installAt(`sqlite:${copy}`), 'ok');
});

parts.test('after an install the file alone is a store, whatever becomes of its -wal', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  const alone = readFileSync(path);
  await log.close();
  const copy = join(temporaryFolder(), 'overseer.db');
  writeFileSync(copy, alone);
  const again = openSqliteLog({ path: copy });
  assert.equal(await rightOf(again.check()), []);
  await rightOf(again.append([anAppend('g')]));
  await again.close();
});

parts.run();
