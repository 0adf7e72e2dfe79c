/** Files of SQLite that were damaged, or altered by another program. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { graphs, install, jobGraph, LogError, start, store, transactGraph, waitForGraph } from '../../../src/index.js';
import { verify } from '../../../src/history/verify/verify.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { E, type TaskEither } from '../../../src/prelude/fp.js';
import { alter } from '../../log/sqlite/altered-file.js';
import { rightOf } from '../../support/right.js';
import { temporaryFolder } from '../../support/stores.js';
import { pages, words } from '../inputs.js';
import { accepted, demand, refused, target, type Verdict } from '../target.js';

const folder = temporaryFolder();
const path = join(folder, 'fuzzed.db');

/** A sound file with two graphs that ran, of which one is archived. */
async function soundFile(): Promise<Uint8Array> {
  const place = join(folder, 'sound.db');
  const db = await store(`sqlite:${place}`);
  await install(db);
  const worker = await start({}, db, { a: () => ({ rows: 3 }), b: () => 'x' });
  for (const id of ['g', 'h']) {
    await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id }));
    await waitForGraph(db, id);
  }
  await worker.stop();
  const [last] = await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 }));
  await rightOf(db.log.archive!.move(['g'], last!.position, { pieceEventsMax: 2 }));
  await db.close();
  cpSync(`${place}-archive`, `${path}-archive`, { recursive: true });
  return readFileSync(place);
}

let sound: Promise<Uint8Array> | null = null;
const soundOnce = () => (sound ??= soundFile());

function put(bytes: Uint8Array): void {
  for (const end of ['-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true });
  writeFileSync(path, bytes);
}

/** Runs something that may be refused; only the errors of a log are possible. */
async function tried<A>(task: TaskEither<LogError, A>): Promise<LogError | A> {
  const result = await task();
  if (E.isRight(result)) return result.right;
  const { left } = result;
  demand(left instanceof LogError, 'it fails with something else than an error of the log');
  const { cause } = left;
  // An error of JavaScript itself is a bug, whatever it was wrapped in.
  if (cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError) throw cause;
  return left;
}

/** Opens the file, reads all of it in every way, checks it, and appends to it if it lets us. */
async function used(): Promise<Verdict> {
  const log = openSqliteLog({ path, busyTimeoutMs: 0, synchronous: 'NORMAL' });
  const said: string[] = [];
  const ask = async <A>(task: TaskEither<LogError, A>): Promise<A | null> => {
    const result = await tried(task);
    if (!(result instanceof LogError)) return result;
    said.push(result.message);
    return null;
  };
  let problems: readonly string[] | null;
  try {
    for (const direction of ['forwards', 'backwards'] as const) await ask(log.readAll({ direction, limit: 1000 }));
    const events = await ask(log.readStored({ limit: 1000 }));
    for (const event of events ?? []) {
      const texts = [event.type, event.graphId, event.actor, event.data, event.jobId ?? ''];
      demand(
        texts.every((each) => typeof each === 'string'),
        'an event has something else where a text belongs',
      );
    }
    await ask(log.readGraph('g'));
    await ask(log.readStream({ graphId: 'g', jobId: 'a' }));
    await ask(log.positionAt(Date.now()));
    await ask(log.loadSnapshot('live-1'));
    await ask(log.namespaces!());
    await ask(log.describe!());
    await ask(log.assertWritable!());
    problems = await ask(log.check());
    await ask(log.readable!());
    said.push(...(problems ?? []).slice(0, 10));
    const appended = await ask(
      log.append([{ graphId: 'new', jobId: null, expectedRevision: -1, events: [submitted] }]),
    );
    // A quick look lets through what the check finds; workers do not start on such a file.
    if (problems?.length === 0 && appended?.[0]?.appended === true) {
      const again = await ask(log.readStream({ graphId: 'new', jobId: null }));
      demand(again?.length === 1 && again[0]!.type === 'GraphSubmitted', 'what was appended cannot be read');
    }
    if (events !== null && problems?.length === 0) await looked();
  } finally {
    await log.close();
  }
  return problems?.length === 0 ? accepted(...said) : refused(...said);
}

const submitted = {
  id: '01234567-89ab-4def-8123-456789abcdef',
  event: { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs: [], args: {}, labels: {}, priority: 0 } },
  causationId: null,
  actor: 'fuzz',
} as const;

async function looked(): Promise<void> {
  const db = await store({ adapter: 'sqlite', config: { path } });
  try {
    await verify(db);
    await graphs(db);
  } finally {
    await db.close();
  }
}

const file = target({
  name: 'sqlite-file',
  kind: pages,
  seeds: async () => [await soundOnce()],
  inputs: 60,
  cpuMsMax: 2000,
  async decode(input) {
    put(input);
    return await used();
  },
});

const statements = [
  "update archive_members set types = 'x', sha256 = 'y'",
  'update archive_members set bytes = -1, unpacked = 9007199254740993',
  'update archive_members set bytes = 9007199254740993, start = 3',
  'update archive_members set first = last + 1, last = first - 1',
  'update archive_members set sha256 = randomblob(32) where id = 1',
  'update archive_members set first_at = 9223372036854775807, events = -1',
  'update archive_files set bytes = null, sha256 = null',
  'delete from archive_members where id = 2',
  'delete from archived_graphs',
  'update archived_streams set revision = -5, last = first',
  'drop table archived_streams',
  'drop table archive_files',
  'delete from events where position = 3',
  'update events set at = 9223372036854775807 where position = 2',
  "update events set data = x'00ff' where position = 4",
  "update events set data = '{' || data where position = 5",
  "update events set data = 'null'",
  'update events set revision = -1 where position = 4',
  'update events set version = 1.5 where position = 1',
  'update events set version = -9223372036854775808',
  'update events set position = 9007199254740993 where position = 10',
  "update events set id = x'', causation = x'01' where position < 3",
  "update names set name = 'x' || char(10) || 'FORGED' || char(27) || '[2J'",
  "update graphs set name = ''",
  "update graphs set name = 'a/b' || char(0)",
  "update streams set job = '' where job = 'a'",
  'update streams set graph = null',
  "update snapshots set bytes = x'ff', position = -1",
  'update snapshots set position = 9223372036854775807',
  'drop table names',
  'drop table snapshots',
  'drop index sqlite_autoindex_events_1',
  'drop trigger events_are_never_updated',
  "update sqlite_schema set sql = replace(sql, ' strict', '') where name = 'events'",
  "update sqlite_schema set sql = 'create table names (id, name)' where name = 'names'",
  "update sqlite_schema set sql = replace(sql, 'data text', 'data int') where name = 'events'",
  "update sqlite_schema set rootpage = 3 where name = 'streams'",
  "delete from sqlite_schema where name = 'graphs'",
  'delete from sqlite_sequence',
  'update sqlite_sequence set seq = 9223372036854775807',
  'create view v as select * from events',
  'create table other (a)',
  'create trigger t after insert on events begin delete from names; end',
  'pragma user_version = 99',
  'pragma user_version = 0',
  'pragma user_version = -1',
  'pragma application_id = 1',
  'pragma schema_version = 7',
  'pragma journal_mode = delete',
  'vacuum',
  'select 1',
];

/** Their names must not be in the way of what a mutation of letters does. */
const altered = target({
  name: 'sqlite-altered',
  kind: words,
  seeds: [
    ...[
      'select 1',
      'vacuum',
      'create view v as select * from events',
      'create table other (a)',
      'delete from snapshots',
    ].map((each) => [each]),
    ...statements.map((statement) => [...triggersGone(), statement]),
  ],
  words: statements,
  inputs: 60,
  cpuMsMax: 2000,
  async decode(input) {
    // A statement could lead out of the file.
    if (
      input.some((statement) => /attach|into|load_extension|readfile|writefile|data_store|temp_store/i.test(statement))
    )
      return refused();
    put(await soundOnce());
    alter(path, input);
    return await used();
  },
});

/** Of some tables that are changed the most; of archives all. */
function triggersGone(): readonly string[] {
  const tables = [
    'events',
    'streams',
    'graphs',
    'names',
    'archive_files',
    'archive_members',
    'archived_graphs',
    'archived_streams',
  ];
  const names = tables.flatMap((table) =>
    ['updated', 'deleted', 'replaced'].map((what) => `${table}_are_never_${what}`),
  );
  const others = ['events_are_deleted_when_archived', 'archived_streams_are_only_extended'];
  return [...names, ...others].map((name) => `drop trigger ${name}`);
}

export const sqliteTargets = [file, altered];
