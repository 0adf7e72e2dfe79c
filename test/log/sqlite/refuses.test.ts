/** The file refuses to have its rows changed, whichever program asks, and by whichever statement. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { install, jobGraph, store, transactGraph } from '../../../src/index.js';
import { verify } from '../../../src/history/verify/verify.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('a file that refuses changes', { timeoutMs: 30_000 });

const golden = join(import.meta.dirname, '../../golden/0.1.0.db');

async function freshFile(): Promise<string> {
  const path = join(temporaryFolder(), 'overseer.db');
  const opened = await store(`sqlite:${path}`);
  await install(opened);
  await transactGraph(opened, jobGraph({ a: [] }, {}, { id: 'g' }));
  await transactGraph(opened, jobGraph({ a: [] }, {}, { id: 'h' }));
  await opened.close();
  return path;
}

/** A file of the release before, migrated to this one. */
async function migratedFile(): Promise<string> {
  const path = join(temporaryFolder(), 'overseer.db');
  copyFileSync(golden, path);
  await (await store(`sqlite:${path}`)).close();
  return path;
}

const tables = ['events', 'streams', 'graphs', 'names'] as const;

/** All rows of all tables, as text. */
function contents(db: Database): string {
  return JSON.stringify(tables.map((table) => db.prepare(`select * from ${table} order by rowid`).all()));
}

const eventColumns = 'stream, revision, type, version, id, causation, actor, at, data';
const event = (place: string) => `values (${place}, 1, 1, randomblob(16), null, 1, 0, '{"forged":true}')`;
const withPosition = `events (position, ${eventColumns})`;
const without = `events (${eventColumns})`;

/** Statements that would change rows. */
const attempts: readonly string[] = [
  // events, by position and by stream and revision
  `insert or replace into ${withPosition} ${event('1, 1, 0')}`,
  `replace into ${withPosition} ${event('1, 1, 0')}`,
  `insert or replace into ${without} ${event('1, 0')}`,
  `replace into ${without} ${event('1, 0')}`,
  `insert or ignore into ${withPosition} ${event('1, 1, 0')}`,
  `insert or fail into ${without} ${event('1, 0')}`,
  `insert or rollback into ${without} ${event('1, 0')}`,
  `insert into ${without} ${event('1, 0')} on conflict do update set data = excluded.data`,
  `insert into ${without} ${event('1, 0')} on conflict (stream, revision) do update set data = excluded.data`,
  `insert into ${withPosition} ${event('1, 1, 0')} on conflict (position) do update set data = excluded.data`,
  `insert into ${without} ${event('1, 0')} on conflict do nothing`,
  `insert or replace into ${withPosition} select position, ${eventColumns.replace('data', "'{}'")} from events`,
  `with x as (select 1) replace into ${without} ${event('1, 0')}`,
  // between two events, before all of them, at a revision that leaves a gap, and beyond all numbers
  `insert into ${withPosition} ${event('0, 1, 1')}`,
  `insert into ${withPosition} ${event('-1, 1, 1')}`,
  `insert into ${withPosition} ${event('-7, 1, 1')}`,
  `insert into ${without} ${event('1, 7')}`,
  `insert into ${without} ${event('77, 1')}`,
  `insert into ${withPosition} ${event('9007199254740992, 1, 1')}`,
  `insert into ${withPosition} ${event('9223372036854775807, 1, 1')}`,
  "update events set data = '{}'",
  "update or replace events set data = '{}' where position = 1",
  'update or ignore events set position = position + 100',
  'update or replace events set revision = 5 where position = 1',
  'update events set data = n.name from names n where n.id = 1',
  'delete from events',
  'delete from events where position = 1 returning position',
  // a worker's name, a stream's, a graph's
  "insert or replace into names (id, name) values (1, 'somebody else')",
  "replace into names values (1, 'somebody else')",
  'replace into names (id, name) select 99, name from names where id = 1',
  "insert into names values (1, 'x') on conflict do update set name = excluded.name",
  "insert into names values (1, 'x') on conflict (id) do update set name = 'somebody else'",
  "update names set name = 'x'",
  "update or replace names set name = 'x' where id = 1",
  'update or replace names set id = 2 where id = 1',
  'delete from names',
  "replace into streams values (1, 1, 'x')",
  "insert or replace into streams (id, graph, job) values (1, 2, 'y')",
  'replace into streams (id, graph, job) select 99, graph, job from streams where id = 1',
  "insert into streams values (1, 1, 'x') on conflict do update set job = excluded.job",
  "update streams set job = 'x'",
  'update or replace streams set graph = 2',
  'delete from streams',
  "replace into graphs values (1, 'overseer', 'x')",
  "insert or replace into graphs (id, namespace, name) values (1, 'elsewhere', 'g')",
  'replace into graphs (id, namespace, name) select 99, namespace, name from graphs where id = 1',
  "insert into graphs values (1, 'overseer', 'x') on conflict do update set name = excluded.name",
  "update graphs set name = 'x'",
  "update or replace graphs set namespace = 'x'",
  'delete from graphs',
];

for (const [name, make] of [
  ['of this release', freshFile],
  ['of the release before', migratedFile],
] as const) {
  for (const recursive of ['off', 'on'] as const) {
    spec.test(
      `given a file ${name}, recursive triggers ${recursive}, then every change is refused, and nothing is changed`,
      async () => {
        const db = new Sqlite(await make());
        db.pragma(`recursive_triggers = ${recursive}`);
        db.pragma('foreign_keys = off');
        const before = contents(db);
        for (const sql of attempts) {
          assert.throws(() => db.exec(sql), /append-only/, sql);
          assert.is(contents(db), before, sql);
        }
        db.close();
      },
    );
  }

  spec.test(`given a file ${name} attached to another database, then every change is refused there too`, async () => {
    const path = await make();
    const db = new Sqlite(':memory:');
    db.exec(`attach '${path}' as log`);
    const before = db.prepare('select count(*), sum(length(data)) from log.events').raw().get();
    for (const sql of attempts) {
      const there = sql.replace(
        /(into|update|from|or replace|or ignore) (events|streams|graphs|names)\b/g,
        '$1 log.$2',
      );
      assert.throws(() => db.exec(there), /append-only/, there);
    }
    assert.equal(db.prepare('select count(*), sum(length(data)) from log.events').raw().get(), before);
    db.close();
  });

  spec.test(
    `given a file ${name}, in a transaction or a trigger of another table, then a change is refused too`,
    async () => {
      const db = new Sqlite(await make());
      db.exec('create table theirs (n integer)');
      db.exec(
        `create trigger forge after insert on theirs begin replace into ${withPosition} ${event('1, 1, 0')}; end`,
      );
      const before = contents(db);
      assert.throws(() => db.exec('insert into theirs values (1)'), /append-only/);
      assert.throws(() => db.transaction(() => db.exec("replace into names values (1, 'x')"))(), /append-only/);
      assert.throws(
        () => db.exec("begin; savepoint s; replace into names values (1, 'x'); release s; commit"),
        /append-only/,
      );
      if (db.inTransaction) db.exec('rollback');
      assert.is(contents(db), before);
      db.close();
    },
  );

  spec.test(`given a file ${name}, then what is appended as a log grows is taken, and verified`, async () => {
    const path = await make();
    const opened = await store(`sqlite:${path}`);
    await transactGraph(opened, jobGraph({ a: [], b: ['a'] }, {}, { id: 'more' }));
    const { problems } = await verify(opened);
    assert.equal(problems, []);
    await opened.close();
    const db = new Sqlite(path);
    assert.is(db.pragma('user_version', { simple: true }), 3);
    db.close();
  });
}

spec.run();
