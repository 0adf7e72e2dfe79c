/** Damage to a file: each kind is named, with what can still be read; nothing crashes, and no worker adds to it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import {
  graphInfo,
  history,
  install,
  jobGraph,
  LogError,
  start,
  store,
  transactGraph,
  waitForGraph,
} from '../../../src/index.js';
import { verify } from '../../../src/history/verify/verify.js';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('damage to a file', { timeoutMs: 60_000 });

/** A sound file with two graphs that ran, 10 events. */
let sound: Buffer;

spec.before(async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const opened = await store(`sqlite:${path}`);
  await install(opened);
  const worker = await start({}, opened, { a: () => ({ rows: 3 }), b: () => 'x' });
  for (const id of ['g', 'h']) {
    await transactGraph(opened, jobGraph({ a: [], b: ['a'] }, {}, { id }));
    await waitForGraph(opened, id);
  }
  await worker.stop();
  await opened.close();
  sound = readFileSync(path);
});

function copyOfSound(): string {
  const path = join(temporaryFolder(), 'overseer.db');
  writeFileSync(path, sound);
  return path;
}

/** Changes rows with the triggers dropped, then creates the triggers again. */
function behindTriggers(work: (db: Database) => void): string {
  const path = copyOfSound();
  const db = new Sqlite(path);
  db.unsafeMode(true);
  db.pragma('foreign_keys = off');
  const triggers = db.prepare("select name, sql from sqlite_schema where type = 'trigger'").all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) db.exec(`drop trigger ${name}`);
  work(db);
  for (const { sql } of triggers) db.exec(sql);
  db.close();
  return path;
}

const sql = (text: string) => () => behindTriggers((db) => db.exec(text));

/** The same, with one of the table's constraints removed. */
const unchecked = (text: string) => () =>
  behindTriggers((db) => {
    db.pragma('ignore_check_constraints = on');
    db.pragma('writable_schema = on');
    const strict = db.prepare("select sql from sqlite_schema where name = 'events'").pluck().get() as string;
    const change = db.prepare("update sqlite_schema set sql = ? where name = 'events'");
    change.run(strict.replace(/strict$/, ''));
    db.pragma('schema_version = 1000');
    db.exec(text);
    change.run(strict);
    db.pragma('schema_version = 1001');
  });

interface Damage {
  readonly make: () => string;
  /** What the message must name. */
  readonly named: RegExp;
  /** How many of the ten events can be read. */
  readonly readable?: RegExp;
}

const rowsOf = "(select id from streams where job = 'b' and graph = 1)";

const damages: Readonly<Record<string, Damage>> = {
  'a stream that an event belongs to is missing': {
    make: sql(`delete from streams where id = ${rowsOf}`),
    named: /events that belong to no stream, so that they cannot be found: @\d+, @\d+/,
    readable: /^8 events of 2 graphs/,
  },
  'a graph is missing': {
    make: sql("delete from graphs where name = 'h'"),
    named: /streams that belong to no graph/,
    readable: /^5 events of 1 graphs \(@1 to @5\)/,
  },
  'a type has no name': {
    make: sql("delete from names where name = 'JobFinished'"),
    named: /events whose type or actor has no name: @3/,
    readable: /^10 events/,
  },
  'an actor has no name': {
    make: sql("delete from names where name not like 'Job%' and name not like 'Graph%'"),
    named: /events whose type or actor has no name: @1/,
    readable: /^10 events/,
  },
  'a time beyond what a date can be': {
    make: sql('update events set at = 9223372036854775807 where position = 10'),
    named: /events with an impossible time: @10/,
  },
  'a time before the year 0': {
    make: sql('update events set at = -62167219200001 where position = 1'),
    named: /events with an impossible time: @1$/m,
  },
  'a time in the year 10000': {
    make: sql('update events set at = 253402300800000 where position = 4'),
    named: /events with an impossible time: @4/,
  },
  'a position past 2^53': {
    make: sql('update events set position = 9007199254740993 where position = 10'),
    named: /events at positions that no program can read: @9007199254740993/,
    readable: /^9 events/,
  },
  'the last position there is': {
    make: sql('update events set position = 9223372036854775807 where position = 10'),
    named: /events at positions that no program can read: @9223372036854775807/,
  },
  'a position of 0 and one below': {
    make: sql('update events set position = position - 2 where position < 3'),
    named: /events at positions that no program can read: @-1, @0/,
    readable: /^8 events/,
  },
  'an event was taken away from the middle': {
    make: sql('delete from events where position = 5'),
    named: /positions whose event is missing: @5/,
    readable: /^9 events of 2 graphs \(@1 to @4, @6 to @10\)/,
  },
  'the last events were taken away': {
    make: sql('delete from events where position > 7'),
    named: /positions were assigned up to @10, but the last event is @7: events at the end were removed/,
  },
  'the first events were taken away': {
    make: sql('delete from events where position < 6'),
    named: /positions whose event is missing: @1 to @5/,
  },
  'every event was taken away': {
    make: sql('delete from events'),
    named: /positions were assigned up to @10, but the last event is @0/,
    readable: /^no event/,
  },
  'data that is no text': {
    make: unchecked("update events set data = x'00ff' where position = 3"),
    named: /events without data: @3/,
  },
  'a revision that is no number': {
    make: unchecked("update events set revision = 'abc' where position = 2"),
    named: /non-INTEGER value in events\.revision/,
  },
  'an id of another length': {
    make: unchecked("update events set id = x'01' where position = 2"),
    named: /events with an invalid id: @2/,
  },
  'a cause of another length': {
    make: sql("update events set causation = x'0102' where position = 2"),
    named: /events whose cause is not a valid id: @2/,
  },
  'version 0': {
    make: sql('update events set version = 0 where position = 2'),
    named: /events of an impossible version: @2/,
  },
  'a revision below 0': {
    make: unchecked('update events set revision = -5 where position = 2'),
    named: /CHECK constraint failed in events|revision -5/,
  },
  'a trigger that is missing': {
    make: () => changed('drop trigger events_are_deleted_when_archived'),
    named: /the trigger events_are_deleted_when_archived is missing/,
    readable: /^10 events/,
  },
  'a trigger that lets everything pass': {
    make: () =>
      changed(
        'drop trigger names_are_never_updated; create trigger names_are_never_updated before update on names begin select 1; end',
      ),
    named: /the trigger names_are_never_updated was changed/,
  },
  'a trigger of somebody else’s that drops events': {
    make: () => changed('create trigger theirs before insert on events begin select raise(ignore); end'),
    named: /the trigger theirs is not one of Overseer's/,
  },
  'a table that is missing': {
    make: () => changed('drop table snapshots'),
    named: /the table snapshots is missing/,
    readable: /^10 events/,
  },
  'the table of names is missing': {
    make: () => changed('drop table names'),
    named: /the table names is missing/,
  },
  'the table of events is missing': {
    make: () => changed('drop table events'),
    named: /the table events is missing/,
    readable: /^no event/,
  },
  'an index whose entries are gone': {
    make: pageWiped('sqlite_autoindex_graphs_1'),
    named: /missing from index sqlite_autoindex_graphs_1|sqlite_autoindex_graphs_1/,
    readable: /^10 events/,
  },
  'a page of events that is none': {
    make: pageWiped('events'),
    named: /page \d+, of events, is damaged|page \d+/,
  },
  'the list of tables cannot be read': {
    make: () =>
      spoilt((bytes) => {
        // SQLite may have left older copies of a row in unused space.
        const row = 'CREATE TRIGGER names_are_never_deleted';
        for (let at = bytes.indexOf(row); at >= 0; at = bytes.indexOf(row)) bytes.write('CREATE TRIGG3R', at);
      }),
    named: /malformed database schema \(names_are_never_deleted\)/,
    readable: /^10 events/,
  },
  'the end of the file is missing': {
    make: () =>
      spoilt(
        (bytes) => bytes,
        (bytes) => bytes.subarray(0, 4096 * 8),
      ),
    named: /malformed|invalid page number/i,
  },
};

/** With plain SQL, as anybody can who may write to the file. */
function changed(text: string): string {
  const path = copyOfSound();
  const db = new Sqlite(path);
  db.pragma('foreign_keys = off');
  db.exec(text);
  db.close();
  return path;
}

function spoilt(work: (bytes: Buffer) => unknown, cut: (bytes: Buffer) => Buffer = (bytes) => bytes): string {
  const path = join(temporaryFolder(), 'overseer.db');
  const bytes = Buffer.from(sound);
  work(bytes);
  writeFileSync(path, cut(bytes));
  return path;
}

/** Overwrites the root page of a table or an index. */
function pageWiped(name: string) {
  return () => {
    const path = copyOfSound();
    const db = new Sqlite(path);
    const page = db.prepare('select rootpage from sqlite_schema where name = ?').pluck().get(name) as number;
    db.close();
    return spoilt((bytes) => bytes.fill(0x5a, (page - 1) * 4096, page * 4096));
  };
}

for (const [name, { make, named, readable }] of Object.entries(damages)) {
  spec.test(`${name}: named, with what is still readable, and no worker begins`, async () => {
    const opened = await store(`sqlite:${make()}`);
    const found = await verify(opened);
    assert.match(found.problems.map(({ problem }) => problem).join('\n'), named);
    assert.ok(found.stillReadable !== null);
    if (readable !== undefined) assert.match(found.stillReadable, readable);
    assert.match((await rightOf(opened.log.check())).join('\n').slice(0, 5000), /./);
    // Each call may answer, or refuse with a sentence.
    for (const ask of [
      () => graphInfo(opened, 'g'),
      () => all(history(opened, 'h')),
      () => all(history(opened, 'g')),
    ]) {
      await ask().catch((error: unknown) => assert.ok(error instanceof Error && 'code' in error, String(error)));
    }
    const error = await refused(start({}, opened, { a: () => 1 }));
    assert.is(error.code, 'store-damaged');
    await opened.close();
  });
}

spec.test('a sound file is called sound', async () => {
  const opened = await store(`sqlite:${copyOfSound()}`);
  const { problems, stillReadable, events } = await verify(opened);
  assert.equal([problems, stillReadable, events], [[], null, 10]);
  await opened.close();
});

spec.test('an index, a view and a table of somebody’s own do no harm', async () => {
  const opened = await store(
    `sqlite:${changed('create index theirs on events (at); create view v as select 1; create table t (n); analyze')}`,
  );
  assert.equal(await rightOf(opened.log.check()), []);
  assert.is((await transactGraph(opened, jobGraph({ a: [] }))).stored, true);
  await opened.close();
});

spec.test('given a file that is wrong at a glance, then nothing is appended, by no way', async () => {
  const path = changed('drop trigger events_are_deleted_when_archived');
  const opened = await store(`sqlite:${path}`);
  for (const attempt of [() => transactGraph(opened, jobGraph({ a: [] })), () => install(opened)]) {
    assert.is((await refused(attempt())).code, 'store-damaged');
  }
  assert.is((await leftOf(opened.log.restore([]))).code, 'store-damaged');
  assert.is((await rightOf(opened.log.readAll({ limit: 100 }))).length, 10);
  await opened.close();
});

/** The same bits each time, so that a failure can be reproduced. */
function* bits(count: number): Generator<[byte: number, bit: number]> {
  let state = 20_260_101;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  for (let n = 0; n < count; n++) yield [next(sound.length), next(8)];
}

spec.test('of a hundred flipped bits, none makes it crash, and each is found that SQLite finds', async () => {
  for (const [byte, bit] of bits(100)) {
    const path = spoilt((bytes) => (bytes[byte]! ^= 1 << bit));
    const bySqlite = soundBySqlite(path);
    const opened = await store(`sqlite:${path}`).catch((error: unknown) => error);
    if (opened instanceof Error) {
      assert.ok(opened instanceof LogError, String(opened));
      continue;
    }
    const at = `byte ${byte}, bit ${bit}`;
    const { problemCount } = await verify(opened as Awaited<ReturnType<typeof store>>);
    assert.ok(bySqlite || problemCount > 0, at);
    await (opened as Awaited<ReturnType<typeof store>>).close();
  }
});

function soundBySqlite(path: string): boolean {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db.pragma('integrity_check', { simple: true }) === 'ok';
  } catch {
    return false;
  } finally {
    db.close();
  }
}

async function all(events: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of events) count += 1;
  return count;
}

async function refused(work: Promise<unknown>): Promise<LogError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error('expected a LogError');
}

spec.run();
