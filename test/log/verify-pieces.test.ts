/** A large log is verified in pieces, by threads: whatever stands in it, what is found is the same as in one piece. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import type { DomainEvent, NewEvent, Position } from '../../src/domain/events.js';
import { noTree } from '../../src/domain/log-tree.js';
import { tileLeaves } from '../../src/domain/merkle-tree.js';
import type { Append, EventLog } from '../../src/log/event-log.js';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.js';
import type * as verifying from '../../src/store/verify.js';
import { type Verification, verifyInPieces, type VerifyProgress } from '../../src/store/verify.js';
import type * as threads from '../../src/store/verify-thread.js';
import { verifyPiece } from '../../src/store/verify-piece.js';
import { finished, graphAborted, graphReset, started, submitted } from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';

const spec = describe('verifying a log in pieces', { timeoutMs: 60_000 });

// As they were built: a thread does not begin under the loader of the tests. Nothing is built yet when types are checked.
const built = (file: string): string => new URL(`../../dist/store/${file}`, import.meta.url).href;
const { verifyInPieces: verifyInThreads } = (await import(built('verify.js'))) as typeof verifying;
const { PieceThread } = (await import(built('verify-thread.js'))) as typeof threads;

const inOnePiece = (events: number) => events;
const byTiles = () => tileLeaves;

const jobs = Array.from({ length: 400 }, (_, index) => `job-${index}`);

function created(event: DomainEvent, causationId: string | null = null): NewEvent {
  return { id: randomUUID(), event, causationId, actor: 'tester' };
}

const own = (graphId: string, expectedRevision: number, ...events: NewEvent[]): Append => {
  return { graphId, jobId: null, expectedRevision, events };
};

/** The jobs of a graph run, and one attempt ends twice. */
function running(graphId: string): Append[] {
  return jobs.map((jobId, index) => {
    const start = created(started());
    const events = [start, created(finished(), start.id), ...(index === 7 ? [created(finished(), start.id)] : [])];
    return { graphId, jobId, expectedRevision: -1, events };
  });
}

/** A log of three tiles and a bit. One graph is there from the first event to the last, others end before or begin late. */
async function freshLog(namespaces = ['overseer']): Promise<{ readonly path: string; readonly log: EventLog }> {
  const path = join(temporaryFolder(), 'overseer.db');
  const logs = namespaces.map((namespace) => openSqliteLog({ path, namespace, synchronous: 'NORMAL' }));
  const pair = submitted(Object.fromEntries(jobs.map((job) => [job, []])));
  for (const log of logs) {
    await rightOf(log.install());
    await rightOf(log.append([own('long', -1, created(pair))]));
  }
  for (let graph = 0; graph < 16; graph++) {
    for (const log of logs) {
      const graphId = `graph-${graph}`;
      await rightOf(log.append([own(graphId, -1, created(pair))]));
      await rightOf(log.append(running(graphId)));
      await rightOf(log.append([own('long', 2 * graph, created(graphAborted), created(graphReset))]));
    }
  }
  await rightOf(logs[0]!.append(running('long')));
  for (const log of logs.slice(1)) await log.close();
  return { path, log: logs[0]! };
}

async function alike(log: EventLog): Promise<Verification> {
  const whole = await verifyInPieces(log, inOnePiece);
  assert.equal(await verifyInThreads(log, byTiles), whole);
  // No thread begins here, so that every piece is verified in this one.
  assert.equal(await verifyInPieces(log, byTiles), whole);
  return whole;
}

spec.test('what is found is the same, in threads and without', async () => {
  const { log } = await freshLog();
  const { events, graphs, jobs: count, problemCount, problems } = await alike(log);
  assert.equal([events, graphs, count], [13_666, 17, 6800]);
  assert.ok(events > 3 * tileLeaves);
  assert.equal([problemCount, problems.length], [17, 17]);
  await log.close();
});

spec.test('a thread finds what there is in its piece, and shows how far it is', async () => {
  const { log } = await freshLog();
  const last = (await rightOf(log.readAll({ direction: 'backwards', limit: 1 })))[0]!;
  const [, after = null] = await rightOf(log.cuts!(last.position, byTiles));
  const seen: VerifyProgress[] = [];
  const piece = { after, upTo: last.position };
  const thread = new PieceThread(log, piece, (progress) => seen.push(progress));
  const found = await thread.finding;
  assert.equal(found, await verifyPiece(log, piece, noTree, () => undefined));
  assert.equal(seen.at(-1), found?.progress);
  await thread.end();
  await log.close();
});

spec.test('a thread that gets nowhere finds nothing', async () => {
  const { log } = await freshLog();
  const nowhere = { ...log, address: `sqlite:${join(temporaryFolder(), 'nowhere.db')}` };
  const thread = new PieceThread(nowhere, { after: null, upTo: '9' as Position }, () => undefined);
  assert.is(await thread.finding, null);
  await thread.end();
  await log.close();
});

spec.test('cuts: where so many events of the namespace are in front, whoever else writes there', async () => {
  for (const namespaces of [['overseer'], ['overseer', 'theirs']]) {
    const { log } = await freshLog(namespaces);
    const all = await rightOf(log.readStored({ limit: 100_000 }));
    const last = all.at(-1)!.position;
    const cuts = await rightOf(log.cuts!(last, byTiles));
    assert.equal(
      cuts,
      [1, 2, 3].map((tile) => all[tile * tileLeaves - 1]!.position),
    );
    // Of a part of the log, and with nothing left behind the last cut.
    assert.equal(await rightOf(log.cuts!(all[2 * tileLeaves - 1]!.position, byTiles)), [cuts[0]!]);
    assert.equal(await rightOf(log.cuts!(last, inOnePiece)), []);
    await alike(log);
    await log.close();
  }
});

spec.test('time that goes backwards just where the log is cut', async () => {
  const { path, log } = await freshLog();
  const last = (await rightOf(log.readAll({ direction: 'backwards', limit: 1 })))[0]!;
  const [cut] = await rightOf(log.cuts!(last.position, byTiles));
  foreignHand(path, (db) => {
    db.exec('drop trigger events_are_never_updated');
    db.exec(`update events set at = at - 3600000 where position > ${cut}`);
  });
  const { problemCount, problems } = await alike(log);
  assert.is(problemCount, 18);
  const backwards = problems.find(({ problem }) => problem.startsWith('it was recorded at'));
  assert.is(Number(backwards?.position), Number(cut) + 1);
  await log.close();
});

spec.test('events that disappear from a piece do not put the others out of place', async () => {
  const { path, log } = await freshLog();
  foreignHand(path, (db) => {
    // Their rows are there, and counted, and belong to no stream any more.
    db.pragma('foreign_keys = off');
    db.exec('drop trigger streams_are_never_deleted');
    db.exec("delete from streams where job = 'job-3'");
  });
  const { events } = await alike(log);
  assert.is(events, 13_666 - 34);
  await log.close();
});

function foreignHand(path: string, work: (db: Sqlite.Database) => void): void {
  const db = new Sqlite(path);
  work(db);
  db.close();
}

spec.run();
