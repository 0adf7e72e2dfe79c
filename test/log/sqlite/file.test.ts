/** What can be wrong with a store's file, and what the user is told. None of it may change the file. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { install, jobGraph, LogError, store, transactGraph } from '../../../src/index.js';
import { formatVersion } from '../../../src/log/sqlite/schema.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { randomUUID } from 'node:crypto';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('the file of an sqlite store', { timeoutMs: 30_000 });

async function refusal(work: () => Promise<unknown>): Promise<LogError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error('expected a LogError');
}

async function installedStore(): Promise<string> {
  const path = join(temporaryFolder(), 'overseer.db');
  const opened = await store(`sqlite:${path}`);
  await install(opened);
  await transactGraph(opened, jobGraph({ a: [] }, {}, { id: 'g' }));
  await opened.close();
  return path;
}

const submitted = { graphId: 'h', jobId: null, expectedRevision: -1 } as const;
const event = { type: 'GraphAborted', data: { by: 'x', reason: 'y' } } as const;
const oneEvent = () => [{ id: randomUUID(), event, causationId: null, actor: 'tester' }];

spec.test(
  'given a path that does not exist, when opened, then nothing is created, and using it says to install',
  async () => {
    const path = join(temporaryFolder(), 'overseer.db');
    const opened = await store(`sqlite:${path}`);
    const error = await refusal(() => transactGraph(opened, jobGraph({ a: [] })));
    assert.is(error.code, 'store-not-installed');
    assert.match(error.message, /overseer install/);
    assert.not.ok(existsSync(path));
    assert.is(await install(opened), 'ok');
    assert.is((await transactGraph(opened, jobGraph({ a: [] }))).stored, true);
    await opened.close();
  },
);

spec.test('given a store that another handle installs later, when used, then it is found', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const early = await store(`sqlite:${path}`);
  const other = await store(`sqlite:${path}`);
  await install(other);
  assert.is((await transactGraph(early, jobGraph({ a: [] }))).stored, true);
  await early.close();
  await other.close();
});

spec.test('given a folder, then store-is-a-folder', async () => {
  const path = temporaryFolder();
  const error = await refusal(() => store(`sqlite:${path}`));
  assert.is(error.code, 'store-is-a-folder');
  assert.ok(error.message.includes(path));
});

spec.test('given a folder that does not exist, then store-folder-missing', async () => {
  const error = await refusal(() => store(`sqlite:${join(temporaryFolder(), 'no', 'such', 'x.db')}`));
  assert.is(error.code, 'store-folder-missing');
});

spec.test('given a text file, then store-not-a-database, and the file stays as it is', async () => {
  const path = join(temporaryFolder(), 'notes.txt');
  const text = 'these are my notes, and no database at all\n'.repeat(40);
  writeFileSync(path, text);
  const error = await refusal(async () => install(await store(`sqlite:${path}`)));
  assert.is(error.code, 'store-not-a-database');
  assert.is(readFileSync(path, 'utf8'), text);
});

spec.test('given another program’s database, then store-foreign-database, and it stays as it is', async () => {
  const path = join(temporaryFolder(), 'theirs.db');
  const theirs = new Sqlite(path);
  theirs.exec('create table customers (name text)');
  theirs.close();
  const before = readFileSync(path);
  const error = await refusal(async () => install(await store(`sqlite:${path}`)));
  assert.is(error.code, 'store-foreign-database');
  assert.ok(readFileSync(path).equals(before));
});

for (const newerBy of [1, 97]) {
  spec.test(`given a store newer by ${newerBy} formats, then store-newer-format names both, and it stays`, async () => {
    const path = await installedStore();
    const db = new Sqlite(path);
    db.pragma(`user_version = ${formatVersion + newerBy}`);
    db.close();
    const before = readFileSync(path);
    const error = await refusal(() => store(`sqlite:${path}`));
    assert.is(error.code, 'store-newer-format');
    assert.match(error.message, new RegExp(`format ${formatVersion + newerBy}, .* up to ${formatVersion}, so update`));
    assert.equal(readFileSync(path), before);
  });
}

spec.test('given an empty file, then it can be installed', async () => {
  const path = join(temporaryFolder(), 'empty.db');
  writeFileSync(path, '');
  const opened = await store(`sqlite:${path}`);
  assert.is(await install(opened), 'ok');
  await opened.close();
});

spec.test('given a file whose pages are damaged, then check reports it', async () => {
  const path = await installedStore();
  const bytes = readFileSync(path);
  bytes.fill(0x5a, bytes.length - 4096, bytes.length - 100);
  writeFileSync(path, bytes);
  const log = openSqliteLog({ path });
  assert.ok((await rightOf(log.check())).length > 0);
  await log.close();
});

spec.test(
  'given a lock another program keeps, then an append fails as store-locked, may be tried again, and then works',
  async () => {
    const path = await installedStore();
    const log = openSqliteLog({ path, busyTimeoutMs: 50 });
    const theirs = new Sqlite(path);
    theirs.exec('begin immediate');
    const append = { ...submitted, events: oneEvent() };
    const error = await leftOf(log.append([append]));
    assert.equal([error.code, error.isTransient], ['store-locked', true]);
    theirs.exec('rollback');
    theirs.close();
    const [result] = await rightOf(log.append([append]));
    assert.ok(result!.appended);
    await log.close();
  },
);

const fullDisk =
  'given a full disk, then store-full, every acknowledged event is there, and it goes on once there is room';
const readOnlyDisk = 'given a disk that may not be written to, then an append is refused as store-read-only';
const isRoot = process.getuid?.() === 0;
const canMount = isRoot && tryMount();

if (canMount) {
  spec.test(fullDisk, async () => {
    const folder = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    try {
      const log = openSqliteLog({ path: join(folder, 'overseer.db') });
      await rightOf(log.install());
      let acknowledged = 0;
      let refused: LogError | null = null;
      while (refused === null) {
        const data = { by: 'x', reason: 'y'.repeat(20_000) };
        const events = [
          { id: randomUUID(), event: { type: 'GraphAborted', data } as const, causationId: null, actor: 't' },
        ];
        const result = await log.append([{ graphId: 'h', jobId: null, expectedRevision: acknowledged - 1, events }])();
        if (result._tag === 'Right') acknowledged += 1;
        else refused = result.left;
      }
      assert.is(refused.code, 'store-full');
      assert.is((await rightOf(log.readGraph('h'))).length, acknowledged);
      assert.ok(acknowledged > 3);
      assert.ok(refused.isTransient);
      execFileSync('mount', ['-o', 'remount,size=4m', folder]);
      const [result] = await rightOf(log.append([{ ...submitted, graphId: 'room again', events: oneEvent() }]));
      assert.ok(result!.appended);
      assert.equal(await rightOf(log.check()), []);
      await log.close();
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  spec.test(readOnlyDisk, async () => {
    const folder = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
    try {
      const path = join(folder, 'overseer.db');
      const writer = openSqliteLog({ path });
      await rightOf(writer.install());
      await rightOf(writer.append([{ ...submitted, events: oneEvent() }]));
      await writer.close();
      execFileSync('mount', ['-o', 'remount,ro', folder]);
      const error = await refusal(async () => {
        const opened = await store(`sqlite:${path}`);
        await transactGraph(opened, jobGraph({ a: [] }));
      });
      assert.is(error.code, 'store-read-only');
      assert.ok(error.message.includes(path));
    } finally {
      execFileSync('umount', [folder]);
    }
  });
} else {
  const reason = 'only root may mount a small disk';
  spec.skip(fullDisk, reason);
  spec.skip(readOnlyDisk, reason);
}

function tryMount(): boolean {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
}

spec.test(
  'given a process that is killed while it writes, then every event it was told of is there, and nothing half',
  async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'overseer.db');
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'endless-writer.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      while (output.split('\n').length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const acknowledged = output
        .split('\n')
        .filter((line) => /^\S+ \d+$/.test(line))
        .at(-1)!;
      const [graphId, revision] = acknowledged.split(' ') as [string, string];
      const log = openSqliteLog({ path });
      const events = await rightOf(log.readStream({ graphId, jobId: null }));
      assert.ok(
        events.length > Number(revision),
        `revision ${revision} was acknowledged, ${events.length} events are there`,
      );
      assert.is(events.length % 5, 0, 'events of one append are there together');
      assert.equal(await rightOf(log.check()), []);
      await log.close();
    }
  },
);

spec.run();
