/** The tables that say what is in archives: they refuse to be changed, and a check finds where they are wrong. */
import Sqlite from 'better-sqlite3';
import { store, type Store, transactGraph, verify } from '../../../src/index.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { archived, graphOf } from './archived-store.js';

const spec = describe('the index of archives', { timeoutMs: 60_000 });

/** Changes what a file says of its archives, with its triggers put aside. */
async function altered(sql: string): Promise<Store> {
  const { db, path } = await archived();
  await db.close();
  const file = new Sqlite(path);
  const triggers = file.prepare("select name, sql from sqlite_schema where type = 'trigger'").all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) file.exec(`drop trigger ${name}`);
  file.pragma('foreign_keys = off');
  file.exec(sql);
  for (const trigger of triggers) file.exec(trigger.sql);
  file.close();
  return await store(`sqlite:${path}`);
}

const alterations: readonly (readonly [sql: string, named: RegExp])[] = [
  ['delete from archive_members where id = 1', /^positions whose event is missing: @1 to @\d+$/m],
  ['delete from archive_members where id = 1', /^rows of archived_graphs that belong to no member: /m],
  ['delete from archived_graphs where member = 1', /^pieces of archives that are not listed for their graphs: 1$/m],
  ["update archive_members set types = '[]' where id = 2", /^pieces of archives whose times or types .*: 2$/m],
  ['update archive_members set last_at = 0 where id = 1', /^pieces of archives whose times or types .*: 1$/m],
  ['update archived_streams set revision = 0 where stream = 2', /^archived events that their streams .*: @\d+$/m],
  ['update archived_streams set first = last where stream = 2', /^archived events that their streams .*: @\d+$/m],
  ['update archived_streams set revision = revision + 1 where stream = 2', /^\d+ events are said to be archived/m],
  ['delete from archived_streams where stream = 2', /^archived events that their streams .*: @\d+$/m],
  ["update archive_files set sha256 = x'00' where id = 1", /0001\.jsonl\.gz is damaged: it is not what was written/],
];

for (const [sql, named] of alterations) {
  spec.test(`given an index that somebody has altered (${sql}), then check says ${named.source}`, async () => {
    const db = await altered(sql);
    const problems = await rightOf(db.log.check());
    assert.match(problems.join('\n'), named);
    assert.ok((await verify(db)).problemCount > 0);
    await db.close();
  });
}

/** Statements that would change what the index says of archives, or take away events that are in none. */
const attempts: readonly string[] = [
  'delete from events',
  'delete from events where position = (select min(position) from events)',
  'delete from events where position = (select max(position) from events)',
  'update archive_files set bytes = 1',
  'update archive_files set sha256 = null, bytes = null',
  'delete from archive_files',
  "replace into archive_files values (1, 1, x'00')",
  "insert into archive_files values (1, 1, x'00') on conflict do update set bytes = excluded.bytes",
  'update archive_members set first = 0',
  'update or replace archive_members set id = 2 where id = 1',
  'delete from archive_members',
  'replace into archive_members select * from archive_members',
  'update archived_graphs set member = 1',
  'delete from archived_graphs',
  'replace into archived_graphs select * from archived_graphs',
  'update archived_streams set revision = 0',
  'update archived_streams set first = 0, revision = revision + 1, last = last + 1',
  'update archived_streams set stream = 99 where stream = 1',
  'delete from archived_streams',
  'replace into archived_streams select stream, 0, 1, 1 from archived_streams',
  'insert into archived_streams values (1, 9, 1, 9) on conflict do update set revision = 9',
  'insert into events (stream, revision, type, version, id, actor, at, data) select stream, 0, 1, 1, randomblob(16), 1, 0, 1 from archived_streams',
];

spec.test(
  'given a file with archives, then every change of what is in which is refused, and nothing is changed',
  async () => {
    const { db, path } = await archived();
    await transactGraph(db, graphOf('more'));
    await db.close();
    const file = new Sqlite(path);
    const tables = ['events', 'archive_files', 'archive_members', 'archived_graphs', 'archived_streams'];
    const contents = () => tables.map((table) => file.prepare(`select * from ${table} order by 1, 2`).raw().all());
    const before = contents();
    for (const recursive of ['off', 'on']) {
      file.pragma(`recursive_triggers = ${recursive}`);
      for (const sql of attempts) {
        assert.throws(() => file.exec(sql), /append-only/, sql);
        assert.equal(contents(), before, sql);
      }
    }
    file.close();
  },
);

spec.test(
  'given a foreign program that says that something is archived, and deletes it, then verify finds that',
  async () => {
    const { db, path } = await archived();
    await db.close();
    const file = new Sqlite(path);
    const { stream, position } = file.prepare('select stream, position from events order by position').get() as {
      stream: number;
      position: number;
    };
    file.exec(`insert into archived_streams values (${stream}, 0, ${position}, ${position})`);
    const [last] = file.prepare('select max(position) from events').raw().get() as [number];
    if (position === last) {
      const more = await store(`sqlite:${path}`);
      await transactGraph(more, graphOf('more'));
      await more.close();
    }
    file.exec(`delete from events where position = ${position}`);
    file.close();
    const again = await store(`sqlite:${path}`);
    const { problems } = await verify(again);
    assert.ok(problems.some(({ problem }) => problem.includes(`positions whose event is missing: @${position}`)));
    await again.close();
  },
);

spec.run();
