// takes: 24s
/** A large log is verified in pieces, by threads. Whatever it holds, the findings are the same as in one piece. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import type { DomainEvent, NewEvent, Position } from '../../../src/domain/events.js';
import { tileLeaves } from '../../../src/evidence/merkle-tree.js';
import type { Append, EventLog } from '../../../src/log/event-log.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import type * as verifying from '../../../src/history/verify/verify.js';
import type { Verification } from '../../../src/history/verify/verification.js';
import { verifyAsPlanned, type VerifyProgress } from '../../../src/history/verify/verify.js';
import { planOf, type VerifyPlan } from '../../../src/history/verify/plan.js';
import type * as threads from '../../../src/history/verify/thread.js';
import { verifyPiece } from '../../../src/history/verify/piece.js';
import { finished, graphAborted, graphReset, started, submitted } from '../../support/given.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const spec = describe('verifying a log in pieces', { timeoutMs: 60_000 });

// The built files: a thread cannot start under the loader of the tests. Nothing is built yet when types are checked.
const built = (file: string): string => new URL(`../../../dist/history/verify/${file}`, import.meta.url).href;
const { verifyAsPlanned: verifyInThreads } = (await import(built('verify.js'))) as typeof verifying;
const { PieceThread } = (await import(built('thread.js'))) as typeof threads;

const names = (count: number) => Array.from({ length: count }, (_, index) => `job-${index}`);
const jobs = names(400);
const definition = (ids: readonly string[]) => submitted(Object.fromEntries(ids.map((id) => [id, []])));

function created(event: DomainEvent, causationId: string | null = null): NewEvent {
  return { id: randomUUID(), event, causationId, actor: 'tester' };
}

const own = (graphId: string, expectedRevision: number, ...events: NewEvent[]): Append => {
  return { graphId, jobId: null, expectedRevision, events };
};

/** The jobs of a graph run, and one attempt ends twice. */
function running(graphId: string, ids = jobs): Append[] {
  return ids.map((jobId, index) => {
    const start = created(started());
    const events = [start, created(finished(), start.id), ...(index === 7 ? [created(finished(), start.id)] : [])];
    return { graphId, jobId, expectedRevision: -1, events };
  });
}

interface Opened {
  readonly path: string;
  readonly log: EventLog;
}

/** A log of a little over three tiles. One graph lasts from the first event to the last; others end before or begin late. */
async function manyGraphs(namespaces = ['overseer']): Promise<Opened> {
  const path = join(temporaryFolder(), 'overseer.db');
  const logs = namespaces.map((namespace) => openSqliteLog({ path, namespace, synchronous: 'NORMAL' }));
  for (const log of logs) {
    await rightOf(log.install());
    await rightOf(log.append([own('long', -1, created(definition(jobs)))]));
  }
  for (let graph = 0; graph < 16; graph++) {
    for (const log of logs) {
      const graphId = `graph-${graph}`;
      await rightOf(log.append([own(graphId, -1, created(definition(jobs)))]));
      await rightOf(log.append(running(graphId)));
      await rightOf(log.append([own('long', 2 * graph, created(graphAborted), created(graphReset))]));
    }
  }
  await rightOf(logs[0]!.append(running('long')));
  for (const log of logs.slice(1)) await log.close();
  return { path, log: logs[0]! };
}

/** The same, except that one graph has nearly all events. */
async function oneGraph(): Promise<Opened> {
  const path = join(temporaryFolder(), 'overseer.db');
  const log = openSqliteLog({ path, synchronous: 'NORMAL' });
  await rightOf(log.install());
  await rightOf(log.append([own('giant', -1, created(definition(names(6800))))]));
  await rightOf(log.append(running('giant', names(6800))));
  return { path, log };
}

async function endOf(log: EventLog): Promise<Position> {
  return (await rightOf(log.readAll({ direction: 'backwards', limit: 1 })))[0]!.position;
}

/** The ends of all tiles but the last. */
async function tileEnds(log: EventLog): Promise<readonly Position[]> {
  const numbers = (count: number) =>
    names(Math.ceil(count / tileLeaves) - 1).map((_, index) => (index + 1) * tileLeaves);
  return await rightOf(log.positionsOf!(await endOf(log), numbers));
}

/** In one piece, in one piece for each tile, and in a few other ways. */
async function plansOf(log: EventLog): Promise<readonly [VerifyPlan, ...VerifyPlan[]]> {
  const ends = [...(await tileEnds(log)), await endOf(log)];
  const between = (chosen: readonly Position[]) =>
    chosen.map((upTo, index) => ({ after: chosen[index - 1] ?? null, upTo }));
  return [
    { pieces: between(ends.slice(-1)), isAuditShared: true },
    { pieces: between(ends), isAuditShared: true },
    { pieces: between(ends), isAuditShared: false },
    { pieces: between(ends.slice(1)), isAuditShared: true },
  ];
}

/** The findings, which are the same whatever the plan. */
async function foundAlike(log: EventLog): Promise<Verification> {
  const [inOnePiece, ...others] = await plansOf(log);
  const found = await verifyAsPlanned(log, inOnePiece);
  for (const plan of others) {
    const seen: VerifyProgress[] = [];
    assert.equal(await verifyInThreads(log, plan, { onProgress: (progress) => seen.push(progress) }), found);
    const { events, graphs, jobs: jobCount, problemCount } = found;
    assert.ok(seen.at(-1)!.problems <= problemCount);
    assert.equal({ ...seen.at(-1), problems: 0 }, { events, graphs, jobs: jobCount, problems: 0 });
  }
  // No thread can start here, so every piece is verified in this one.
  assert.equal(await verifyAsPlanned(log, others[0]!), found);
  return found;
}

spec.test('a verification that is stopped ends after the batch, and so do its threads', async () => {
  const { log } = await manyGraphs();
  for (const plan of await plansOf(log)) {
    const stopping = new AbortController();
    const seen: VerifyProgress[] = [];
    const onProgress = (progress: VerifyProgress) => {
      seen.push(progress);
      stopping.abort(new Error('nobody listens'));
    };
    await assert.rejects(verifyInThreads(log, plan, { onProgress, signal: stopping.signal }), /^nobody listens$/);
    assert.ok(seen.at(-1)!.events < 12_000, `${seen.at(-1)!.events} events`);
  }
  const aborted = AbortSignal.abort(new Error('too late'));
  await assert.rejects(verifyInThreads(log, await planOf(log), { signal: aborted }), /^too late$/);
  await log.close();
});

spec.test('many graphs: what is found is the same, in threads and without', async () => {
  const { log } = await manyGraphs();
  const { events, graphs, jobs: count, problemCount, problems } = await foundAlike(log);
  assert.equal([events, graphs, count], [13_666, 17, 6800]);
  assert.equal([problemCount, problems.length], [17, 17]);
  await log.close();
});

spec.test('one graph: what is found is the same, in threads and without', async () => {
  const { log } = await oneGraph();
  const { events, graphs, jobs: count, problemCount } = await foundAlike(log);
  assert.equal([events, graphs, count, problemCount], [13_602, 1, 6800, 1]);
  await log.close();
});

spec.test('a thread finds what there is in its piece, or only hashes it', async () => {
  const { log } = await manyGraphs();
  const [, after = null] = await tileEnds(log);
  const piece = { after, upTo: await endOf(log) };
  const found = async (isAudited: boolean) => {
    const thread = new PieceThread(log, piece, { isAudited, onProgress: () => undefined });
    const finding = await thread.finding;
    await thread.end();
    return finding;
  };
  const here = await verifyPiece(log, piece);
  assert.equal(await found(true), here);
  assert.equal(await found(false), await verifyPiece(log, piece, { checks: null }));
  assert.equal((await found(false))?.tree, here.tree);
  await log.close();
});

spec.test('a thread that gets nowhere finds nothing', async () => {
  const { log } = await manyGraphs();
  const nowhere = { ...log, address: `sqlite:${join(temporaryFolder(), 'nowhere.db')}` };
  const piece = { after: null, upTo: '9' as Position };
  const thread = new PieceThread(nowhere, piece, { isAudited: true, onProgress: () => undefined });
  assert.is(await thread.finding, null);
  await thread.end();
  await log.close();
});

spec.test('the nth events of a namespace are found, whoever else writes there', async () => {
  for (const namespaces of [['overseer'], ['overseer', 'theirs']]) {
    const { log } = await manyGraphs(namespaces);
    const all = await rightOf(log.readStored({ limit: 100_000 }));
    const chosen = [1, 2, 801, 4096, all.length];
    const counts: number[] = [];
    const positions = await rightOf(
      log.positionsOf!(await endOf(log), (count) => {
        counts.push(count);
        return chosen;
      }),
    );
    assert.equal(
      positions,
      chosen.map((n) => all[n - 1]!.position),
    );
    // The beginning of the log.
    await rightOf(
      log.positionsOf!(all[99]!.position, (count) => {
        counts.push(count);
        return [];
      }),
    );
    assert.equal(counts, [all.length, 100]);
    await foundAlike(log);
    await log.close();
  }
});

spec.test(
  'the plan: graphs that are short are audited side by side, and for one that is not, hashing is shared',
  async () => {
    const many = await manyGraphs();
    const one = await oneGraph();
    const limits = { piecesMax: 2, pieceEventsMin: tileLeaves };
    const [, secondTile] = await tileEnds(many.log);
    assert.equal(await planOf(many.log, limits), {
      pieces: [
        { after: null, upTo: secondTile },
        { after: secondTile, upTo: await endOf(many.log) },
      ],
      isAuditShared: true,
    });
    const inOnePiece = [{ after: null, upTo: await endOf(one.log) }];
    assert.equal(await planOf(one.log, limits), { pieces: inOnePiece, isAuditShared: false });
    assert.is((await planOf(one.log, { ...limits, piecesMax: 8 })).pieces.length, 2);
    for (const few of [
      { ...limits, piecesMax: 1 },
      { ...limits, pieceEventsMin: 2 * tileLeaves },
    ]) {
      assert.equal((await planOf(many.log, few)).pieces, [{ after: null, upTo: await endOf(many.log) }]);
    }
    await many.log.close();
    await one.log.close();
  },
);

spec.test('time that goes backwards just where the log is cut', async () => {
  const { path, log } = await manyGraphs();
  const [cut] = await tileEnds(log);
  foreignHand(path, (db) => {
    db.exec('drop trigger events_are_never_updated');
    db.exec(`update events set at = at - 3600000 where position > ${cut}`);
  });
  const { problemCount, problems } = await foundAlike(log);
  assert.is(problemCount, 19, 'and the trigger is missing');
  const backwards = problems.find(({ problem }) => problem.startsWith('it was recorded at'));
  assert.is(Number(backwards?.position), Number(cut) + 1);
  await log.close();
});

spec.test('events that disappear from a piece do not put the others out of place', async () => {
  const { path, log } = await manyGraphs();
  foreignHand(path, (db) => {
    // Their rows are still there and are counted, but belong to no stream any more.
    db.pragma('foreign_keys = off');
    db.exec('drop trigger streams_are_never_deleted');
    db.exec("delete from streams where job = 'job-3'");
  });
  const { events } = await foundAlike(log);
  assert.is(events, 13_666 - 34);
  await log.close();
});

function foreignHand(path: string, work: (db: Sqlite.Database) => void): void {
  const db = new Sqlite(path);
  work(db);
  db.close();
}

spec.run();
