// takes: 8s
/** A file that others use at the same time, or that this program cannot use. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { install, LogError, start, store } from '../../../src/index.js';
import { asLogError } from '../../../src/log/sqlite/errors.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';
import { anAppend, installedFile } from './sqlite-file.js';

const spec = describe('a file that others use', { timeoutMs: 60_000 });

/** Ways in which another program keeps the file to itself. */
const locks: Readonly<Record<string, (theirs: Sqlite.Database) => void>> = {
  'a write that has begun': (theirs) => theirs.exec('begin immediate'),
  'a write that keeps readers out too': (theirs) => theirs.exec('begin exclusive'),
  'rows that are not committed': (theirs) => theirs.exec("begin; insert into names (name) values ('theirs')"),
};

for (const [name, lock] of Object.entries(locks)) {
  spec.test(`${name}: appends wait while this process goes on, and go in when it is free, in their order`, async () => {
    const path = await installedFile([]);
    const log = openSqliteLog({ path });
    await rightOf(log.append([anAppend('first')]));
    const theirs = new Sqlite(path);
    lock(theirs);
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 5);
    const results = [log.append([anAppend('a')])(), log.append([anAppend('b')])()];
    const saved = log.saveSnapshot('s', { position: '1' as never, bytes: Buffer.from('x') })();
    while (turns < 40) await new Promise((resolve) => setTimeout(resolve, 5));
    results.push(log.append([anAppend('c')])());
    theirs.exec('rollback');
    for (const result of await Promise.all(results)) assert.is(result._tag, 'Right');
    assert.is((await saved)._tag, 'Right');
    clearInterval(turning);
    const order = (await rightOf(log.readAll({ limit: 10 }))).map(({ graphId }) => graphId);
    assert.equal(order, ['first', 'a', 'b', 'c']);
    theirs.close();
    await log.close();
  });
}

spec.test('a lock that stays: each append is told in its time, later ones are not told earlier', async () => {
  const path = await installedFile([]);
  const log = openSqliteLog({ path, busyTimeoutMs: 120 });
  const theirs = new Sqlite(path);
  theirs.exec('begin immediate');
  const first = log.append([anAppend('a')])();
  let isFirstOver = false;
  void first.then(() => (isFirstOver = true));
  await new Promise((resolve) => setTimeout(resolve, 60));
  const second = log
    .append([anAppend('b')])()
    .then((result) => ({ result, wasFirstOver: isFirstOver }));
  const error = await leftOf(() => first);
  assert.equal([error.code, error.isTransient], ['store-locked', true]);
  assert.equal([(await second).result._tag, (await second).wasFirstOver], ['Left', true]);
  theirs.exec('rollback');
  await rightOf(log.append([anAppend('a')]));
  theirs.close();
  await log.close();
});

spec.test('a file that is locked when it is opened is waited for when it is used', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const theirs = new Sqlite(path);
  theirs.exec('begin exclusive');
  const log = openSqliteLog({ path });
  const installing = log.install()();
  setTimeout(() => theirs.exec('rollback'), 60);
  assert.is((await installing)._tag, 'Right');
  theirs.close();
  await log.close();
});

const sources: Readonly<Record<string, (path: string) => void>> = {
  'that is not there': () => {},
  'that is empty': (path) => writeFileSync(path, ''),
  'of the release before': (path) => copyFileSync(join(import.meta.dirname, '../../golden/0.1.0.db'), path),
};

spec.test('six processes install one file, as it may be before: each finds it installed', async () => {
  const folder = temporaryFolder();
  const children = Array.from({ length: 6 }, () =>
    fork(join(import.meta.dirname, 'installer.ts'), { execArgv: ['--import', 'tsx'] }),
  );
  await Promise.all(children.map(said));
  for (const [name, make] of Object.entries(sources)) {
    for (let round = 0; round < 10; round++) {
      const path = join(folder, `${name} ${round}.db`);
      make(path);
      const answers = children.map(said);
      const at = Date.now() + 10;
      for (const child of children) child.send({ path, at });
      assert.equal(await Promise.all(answers), Array<string>(6).fill('ok'), name);
    }
  }
  for (const child of children) child.disconnect();
});

function said(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('message', resolve));
}

const noRight = 'a file this user may not write to: install and start say so, and reading goes on';
if (process.getuid?.() === 0) {
  spec.test(noRight, async () => {
    const path = await installedFile([]);
    const log = openSqliteLog({ path });
    await rightOf(log.append([anAppend('g')]));
    chmodSync(join(path, '..'), 0o755);
    chmodSync(path, 0o644);
    const program = `
      import { install, start, store } from ${JSON.stringify(join(import.meta.dirname, '../../../dist/index.js'))};
      // Load now what is loaded on first use: the child may have no access to this package's folder.
      await (await store(${JSON.stringify(`sqlite:${path}`)})).close();
      process.setgid(65534); process.setuid(65534);
      const db = await store(${JSON.stringify(`sqlite:${path}`)});
      const told = [];
      for (const use of [() => install(db), () => start({}, db, { a: () => 1 })])
        await use().then(() => told.push('no error'), (error) => told.push(error.code));
      told.push((await db.log.readAll({ limit: 10 })()).right.length);
      console.log(JSON.stringify(told));
      process.exit();`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    assert.equal(JSON.parse(output), ['store-read-only', 'store-read-only', 1]);
    await log.close();
  });
} else {
  spec.skip(noRight, 'only root may become somebody else');
}

spec.test('a native part that is missing, or of another Node.js: one sentence, with what mends it', () => {
  const notOne = join(temporaryFolder(), 'better_sqlite3.node');
  writeFileSync(notOne, 'no library at all');
  const failures = [
    thrownBy(() => new Sqlite(':memory:', { nativeBinding: '/no/such/better_sqlite3.node' })),
    thrownBy(() => new Sqlite(':memory:', { nativeBinding: notOne })),
    new Error('Could not locate the bindings file. Tried:\n → build/better_sqlite3.node'),
    Object.assign(new Error('was compiled against a different Node.js version'), { code: 'ERR_DLOPEN_FAILED' }),
  ];
  for (const failure of failures) {
    const { code, message } = asLogError(failure, '/x/overseer.db');
    assert.is(code, 'store-native-part-missing', String(failure));
    assert.match(message, /npm rebuild better-sqlite3/);
    assert.is(message.split('\n').length, 1);
  }
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

spec.test('doctor says that the native part is missing, whatever the store is', () => {
  const folder = temporaryFolder();
  const broken = join(folder, 'broken.cjs');
  writeFileSync(
    broken,
    `require('node:module')._extensions['.node'] = () => { throw Object.assign(new Error('invalid ELF header'), { code: 'ERR_DLOPEN_FAILED' }); };`,
  );
  const main = join(import.meta.dirname, '../../../dist/cli/main.js');
  for (const address of ['memory:', 'sqlite:./overseer.db']) {
    const args = ['--require', broken, main, 'doctor', '--store', address];
    const failed = thrownBy(() =>
      execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }),
    );
    const { stderr, status } = failed as { stderr: string; status: number };
    assert.match(stderr, /npm rebuild better-sqlite3/, address);
    assert.ok(status === 1 || status === 3);
  }
});

spec.test('an export cannot be worked on: start says so', async () => {
  const folder = temporaryFolder();
  const db = await store(`sqlite:${join(folder, 'overseer.db')}`);
  await install(db);
  await db.close();
  const main = join(import.meta.dirname, '../../../dist/cli/main.js');
  execFileSync(process.execPath, [main, 'export', '--all', '--output', 'all.jsonl'], { cwd: folder });
  const exported = await store(join(folder, 'all.jsonl'));
  await assert.rejects(
    start({}, exported, { a: () => 1 }),
    (error) => error instanceof LogError && error.code === 'store-read-only',
  );
  await exported.close();
});

spec.run();
