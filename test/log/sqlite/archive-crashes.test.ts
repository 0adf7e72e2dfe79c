/** An archive run that ends at any moment leaves the store as it was before its last file, or as it is after it. */
// takes: 20s
// time-limit: 300s
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { StoredEvent } from '../../../src/evidence/canonical-event.js';
import type { EventLog } from '../../../src/log/event-log.js';
import { ArchiveFolder } from '../../../src/log/sqlite/archive/archive-folder.js';
import { Mover } from '../../../src/log/sqlite/archive/mover.js';
import { SqliteConnection } from '../../../src/log/sqlite/connection.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { append, beat, newEvent } from '../../conformance/log-fixture.js';
import { archiveAll } from '../../support/archiving-log.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('archive runs that are cut off', { timeoutMs: 120_000 });

/** A store with so many graphs of seven events each, whose events alternate. */
async function filled(graphs: number): Promise<{ readonly path: string; readonly events: readonly StoredEvent[] }> {
  const path = join(temporaryFolder(), 'overseer.db');
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  const ids = Array.from({ length: graphs }, (_, index) => `g${index}`);
  for (let round = -1; round < 6; round++) {
    await rightOf(
      log.append(ids.map((graphId) => append({ graphId, jobId: 'a' }, round, newEvent(beat({ graphId, round }))))),
    );
  }
  const events = await everything(log);
  await log.close();
  return { path, events };
}

const everything = (log: EventLog) => rightOf(log.readStored({ limit: 100_000 }));
const folderOf = (path: string) => `${path}-archive`;
const filesIn = (path: string) => (existsSync(folderOf(path)) ? readdirSync(folderOf(path)).sort() : []);

/** What is in the store is what was, in archives or not; nothing is damaged; and work goes on. */
async function assertWhole(path: string, events: readonly StoredEvent[]): Promise<void> {
  const log = openSqliteLog({ path });
  assert.equal(await everything(log), events);
  assert.equal(await rightOf(log.check()), []);
  for (const graphId of ['g0', 'g3']) {
    const ofGraph = events.filter((event) => event.graphId === graphId).map(({ position }) => position);
    assert.equal(
      (await rightOf(log.readGraph(graphId))).map(({ position }) => position),
      ofGraph,
    );
    const [refused] = await rightOf(log.append([append({ graphId, jobId: 'a' }, 5)]));
    assert.equal(refused, { appended: false, actualRevision: 6 });
  }
  await log.close();
}

/** A run to the end puts everything in place, and leaves nothing lying about. */
async function assertGoesOn(path: string, events: readonly StoredEvent[]): Promise<void> {
  const log = openSqliteLog({ path });
  await archiveAll(log);
  await log.close();
  await assertWhole(path, events);
  const db = new Sqlite(path);
  assert.is(db.prepare('select count(*) from events').pluck().get(), 1);
  const ids = db.prepare('select id from archive_files').pluck().all() as number[];
  db.close();
  assert.equal(filesIn(path), ['.lock', ...ids.map((id) => `${String(id).padStart(4, '0')}.jsonl.gz`)]);
}

const injected = () => new Error('injected');

/** Fails at a step, as a disk does or a process that ends. */
class FailingFolder extends ArchiveFolder {
  constructor(
    path: string,
    private readonly at: 'before writing' | 'after writing' | 'before naming' | 'after naming',
    private left = 1,
  ) {
    super(path);
  }

  override write(id: number, bytes: Buffer): void {
    this.failAt('before writing');
    super.write(id, bytes);
    this.failAt('after writing');
  }

  override seal(id: number): void {
    this.failAt('before naming');
    super.seal(id);
    this.failAt('after naming');
  }

  private failAt(step: typeof this.at): void {
    if (step === this.at && this.left-- === 0) throw injected();
  }
}

for (const step of ['before writing', 'after writing', 'before naming', 'after naming'] as const) {
  spec.test(
    `given a failure ${step} the second file, then the first is archived, and the rest is where it was`,
    async () => {
      const { path, events } = await filled(4);
      const connection = new SqliteConnection({ path });
      const mover = new Mover(connection, 'overseer', new FailingFolder(path, step));
      const graphIds = ['g0', 'g1', 'g2', 'g3'];
      await assert.rejects(
        mover.move(graphIds, events.at(-1)!.position, { fileEventsMax: 5, pieceEventsMax: 2 }),
        /injected/,
      );
      assert.is(connection.database.prepare('select count(*) from events').pluck().get(), 28 - 5);
      connection.close();
      await assertWhole(path, events);
      await assertGoesOn(path, events);
    },
  );
}

for (const [what, trigger] of [
  ['a file is recorded', 'before update on main.archive_files'],
  ['a piece is recorded', 'before insert on main.archive_members'],
  ['a graph is recorded', 'before insert on main.archived_graphs'],
  ['a stream is recorded', 'before insert on main.archived_streams'],
  ['an event is deleted', 'before delete on main.events when old.position = 4'],
] as const) {
  spec.test(`given a failure while ${what}, then nothing has moved`, async () => {
    const { path, events } = await filled(4);
    const connection = new SqliteConnection({ path });
    connection.database.exec(`create temp trigger fails ${trigger} begin select raise(abort, 'injected'); end`);
    const mover = new Mover(connection, 'overseer');
    await assert.rejects(mover.move(['g0', 'g1', 'g2', 'g3'], events.at(-1)!.position), /injected/);
    assert.is(connection.database.prepare('select count(*) from events').pluck().get(), 28);
    connection.close();
    await assertWhole(path, events);
    await assertGoesOn(path, events);
  });
}

spec.test('given files of another store in the folder, then they are neither relied on nor touched', async () => {
  const { path, events } = await filled(4);
  const log = openSqliteLog({ path });
  await archiveAll(log, { fileEventsMax: 9, pieceEventsMax: 4 });
  await log.close();
  const strange = ['0004.jsonl.gz', '0005.jsonl.gz.partial', 'notes.txt'];
  for (const name of strange) writeFileSync(join(folderOf(path), name), 'theirs');
  const again = openSqliteLog({ path });
  await rightOf(again.append([append({ graphId: 'late', jobId: 'a' }, -1, newEvent(), newEvent())]));
  await archiveAll(again);
  assert.is((await everything(again)).length, events.length + 2);
  await again.close();
  for (const name of ['0003.jsonl.gz', '0006.jsonl.gz', ...strange]) assert.ok(filesIn(path).includes(name), name);
});

/** Archives in a process of its own, which is killed in the middle. Returns whether it had come to its end before. */
async function killedArchiver(path: string): Promise<boolean> {
  const archiver = ['--import', 'tsx', join(import.meta.dirname, 'archiver.ts'), path];
  const child = spawn(process.execPath, archiver, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  const enough = 3 + Math.floor(Math.random() * 25);
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length < enough) return;
    // Somewhere within the next file, which takes some milliseconds.
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 4);
  });
  await ended;
  return output.endsWith('done\n');
}

spec.test(
  'given a process that archives, when it is killed at any moment, then no event is lost or doubled',
  async () => {
    for (let kills = 0; kills < 6;) {
      const { path, events } = await filled(60);
      for (let isDone = false; !isDone && kills < 6;) {
        isDone = await killedArchiver(path);
        if (!isDone) kills += 1;
        await assertWhole(path, events);
        const partial = filesIn(path).filter((name) => name.endsWith('.partial'));
        assert.ok(partial.length <= 1, `it left ${partial.join(', ')}`);
      }
      await assertGoesOn(path, events);
    }
  },
);

spec.test('given a run that is going on, when another begins, then the other is refused, and says why', async () => {
  const { path, events } = await filled(4);
  const [one, other] = [openSqliteLog({ path }), openSqliteLog({ path })];
  const upTo = events.at(-1)!.position;
  const both = [one, other].map((log) => log.archive!.move(['g0', 'g1'], upTo, { fileEventsMax: 2 })());
  const results = await Promise.all(both);
  const refused = results.flatMap((result) => (result._tag === 'Left' ? [result.left] : []));
  assert.equal(
    refused.map(({ code }) => code),
    ['store-locked'],
  );
  assert.match(refused[0]!.message, /another process is archiving/);
  await one.close();
  await other.close();
  await assertWhole(path, events);
});

spec.run();
