/** Whatever is in archives, a log gives the same answers as one that holds everything in its file. */
// takes: 30s
// time-limit: 600s
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import type { Position, RecordedEvent } from '../../../src/domain/events.js';
import type { StoredEvent } from '../../../src/evidence/canonical-event.js';
import type { EventLog, SubscriptionMessage } from '../../../src/log/event-log.js';
import { lineOf, markOf, rowOf } from '../../../src/log/sqlite/archive/event-line.js';
import { pack, unpack } from '../../../src/log/sqlite/archive/member.js';
import { LogRows } from '../../../src/log/sqlite/log-rows.js';
import { SqliteReader } from '../../../src/log/sqlite/reader.js';
import { openSqliteLog } from '../../../src/log/sqlite/sqlite-log.js';
import { auditHead, verify } from '../../../src/index.js';
import { systemEnvironment } from '../../../src/store/environment.js';
import { Store } from '../../../src/store/store.js';
import { storedHistories } from '../../history/histories.js';
import { archiveAll } from '../../support/archiving-log.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const laws = describe('laws of archives', { timeoutMs: 300_000 });
// Each run takes files, so that looking for a smaller example would take long.
const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60), endOnFailure: true };

async function opened(path = join(temporaryFolder(), 'overseer.db')): Promise<EventLog> {
  const log = openSqliteLog({ path });
  await rightOf(log.install());
  return log;
}

/** Where a history is cut, and how large files and pieces are when what came before a cut is archived. */
const moments = fc.array(
  fc.record({
    part: fc.integer({ min: 0, max: 100 }),
    file: fc.integer({ min: 1, max: 40 }),
    piece: fc.integer({ min: 1, max: 9 }),
    /** Which graphs, as the digits of a binary number. */
    which: fc.oneof(fc.constant(-1), fc.nat(15)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Everything that the port can be asked about these events. */
async function answersOf(log: EventLog, events: readonly StoredEvent[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  const ask = async <A>(task: () => Promise<A>) => void answers.push(await task());
  const positions = [
    null,
    '1',
    '2',
    '5',
    String(Math.ceil(events.length / 2)),
    String(events.length),
  ] as (Position | null)[];
  const graphIds = [...new Set(events.map(({ graphId }) => graphId)), 'no such graph'];
  const types = [undefined, ['GraphSubmitted'], ['JobFinished', 'JobPaused "now"'], ['no such type']];
  for (const after of positions) {
    for (const direction of ['forwards', 'backwards'] as const) {
      for (const limit of [1, 7, 1000]) {
        await ask(log.readAll({ after, direction, limit }));
        await ask(log.readAll({ after, direction, limit, filter: { graphId: graphIds[0]! } }));
        for (const some of types)
          if (some !== undefined) await ask(log.readAll({ after, direction, limit, filter: { types: some } }));
      }
    }
    const share = { partitions: new Set([1]), graphIds: new Set([graphIds.at(-2)!]) };
    for (const limit of [1, 5, 1000]) await ask(log.readAll({ after, limit, filter: { share } }));
    const { workers, upTo } = await rightOf(log.claimantsAfter!(after));
    answers.push(
      [...workers].sort((a, b) => (a.id < b.id ? -1 : 1)),
      upTo,
    );
    await ask(log.readStored({ after, limit: 9 }));
    for (const graphId of graphIds) {
      await ask(log.readStored({ after, graphId, limit: 4 }));
      await ask(log.readGraph(graphId, after));
    }
  }
  const streams = new Map(events.map(({ graphId, jobId }) => [JSON.stringify([graphId, jobId]), { graphId, jobId }]));
  for (const stream of [...streams.values(), { graphId: graphIds[0]!, jobId: 'no such job' }]) {
    for (const range of [
      {},
      { from: 1 },
      { from: 1, to: 1 },
      { to: 0 },
      { from: 1, to: 3 },
      { last: 1 },
      { last: 2 },
      { last: 99 },
    ]) {
      await ask(log.readStream(stream, range));
    }
  }
  for (const { recordedAt } of events) await ask(log.positionAt(Date.parse(recordedAt)));
  await ask(log.positionAt(0));
  for (const upTo of positions) {
    if (upTo !== null)
      await ask(log.positionsOf!(upTo, (count) => Array.from({ length: count }, (_, index) => index + 1)));
  }
  answers.push(await followed(log));
  return answers;
}

async function followed(log: EventLog): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const subscription = log.subscribe({ after: '2' as Position });
  for await (const message of subscription as AsyncIterable<SubscriptionMessage>) {
    if (message.kind === 'caughtUp') break;
    if (message.kind === 'events') events.push(...message.events);
  }
  return events;
}

laws.test('every read of a history that was archived at any moments, in files of any size, is as it was', async () => {
  await fc.assert(
    fc.asyncProperty(storedHistories, moments, async (events, cuts) => {
      const [whole, parted] = [await opened(), await opened()];
      await rightOf(whole.restore(events));
      const graphIds = [...new Set(events.map(({ graphId }) => graphId))];
      let from = 0;
      for (const { part, file, piece, which } of [...cuts].sort((a, b) => a.part - b.part)) {
        const to = Math.round((part / 100) * events.length);
        await rightOf(parted.restore(events.slice(from, to)));
        from = to;
        const isChosen = (graphId: string) => ((which >> graphIds.indexOf(graphId)) & 1) === 1;
        await archiveAll(parted, { fileEventsMax: file, pieceEventsMax: piece }, isChosen);
        // What was archived counts as there when it is imported again.
        await rightOf(parted.restore(events.slice(0, to)));
      }
      await rightOf(parted.restore(events.slice(from)));
      assert.equal(await answersOf(parted, events), await answersOf(whole, events));
      assert.equal(await rightOf(parted.check()), []);
      const [before, after] = [new Store(whole, systemEnvironment), new Store(parted, systemEnvironment)];
      assert.equal(await auditHead(after, { recompute: true }), await auditHead(before, { recompute: true }));
      const { problems, treeHead } = await verify(after);
      assert.equal(
        { problems, treeHead },
        await verify(before).then(({ problems, treeHead }) => ({ problems, treeHead })),
      );
      await whole.close();
      await parted.close();
    }),
    runs,
  );
});

laws.test('two namespaces in one file, of which each is archived by itself, are as they were', async () => {
  await fc.assert(
    fc.asyncProperty(storedHistories, storedHistories, moments, async (ours, theirs, cuts) => {
      const { file, piece } = cuts[0]!;
      const paths = [join(temporaryFolder(), 'overseer.db'), join(temporaryFolder(), 'overseer.db')];
      const logs = paths.map((path) => ['ours', 'theirs'].map((namespace) => openSqliteLog({ path, namespace })));
      for (const [own, other] of logs) {
        await rightOf(own!.install());
        // One after the other, piece by piece, at one time: so that positions of both alternate.
        const at = ours[0]!.recordedAt;
        for (let from = 0; from < Math.max(ours.length, theirs.length); from += 5) {
          const next = (events: readonly StoredEvent[]) =>
            events.slice(from, from + 5).map((event) => ({ ...event, recordedAt: at }));
          await rightOf(own!.restore(next(ours)));
          await rightOf(other!.restore(next(theirs)));
        }
      }
      await archiveAll(logs[1]![0]!, { fileEventsMax: file, pieceEventsMax: piece });
      const answers = async (index: number) => [
        await answersOf(logs[index]![0]!, ours),
        await answersOf(logs[index]![1]!, theirs),
      ];
      assert.equal(await answers(1), await answers(0));
      await archiveAll(logs[1]![1]!, { fileEventsMax: piece, pieceEventsMax: file });
      assert.equal(await answers(1), await answers(0));
      assert.equal(await rightOf(logs[1]![0]!.check()), []);
      for (const log of logs.flat()) await log.close();
    }),
    { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
  );
});

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '{}',
      '{"a":\n1}',
      '{"a":1,"data":{"data":2}}',
      '"x","data":',
      ' [1]\t',
      '\r',
      '',
      '1e999',
      '"\u2028"',
      '\u0000',
    ),
    fc.json(),
  )
  .map((each) => Buffer.from(each).toString());
/** Ids and names that the marks of others begin with, or end in. */
const name = fc.oneof(text, fc.constantFrom('g', 'g1', '"', '","jobId":"', 'g","jobId":"a'));

const rows = fc.tuple(
  fc.nat(),
  name,
  name,
  fc.nat(),
  text,
  fc.nat(),
  fc.uuid(),
  text,
  fc.integer({ min: 0, max: 4e12 }),
  fc.oneof(
    text,
    fc.tuple(name, name).map(([graph, job]) => `{"x":1${markOf(graph, job)}2}`),
  ),
  fc.option(fc.uuid()),
);

laws.test('an event is read from its line as it was, whatever text it holds', () => {
  fc.assert(
    fc.property(text, rows, (namespace, row) => {
      const line = lineOf(namespace, row);
      assert.not.match(line, /[\n\r]/);
      const bytes = Buffer.from(`before,"data":{}\n${line}\n,"data":`);
      assert.equal(rowOf(bytes, bytes.indexOf(10) + 1, bytes.lastIndexOf(10)), row);
    }),
    { numRuns: 2000 },
  );
});

laws.test('of a piece, the events of a graph and of a stream are found, and no others', () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 20 }), name, name, (events, graphId, job) => {
      const packed = pack('overseer', events);
      const unpacked = unpack(packed.bytes, packed.unpacked);
      assert.equal(unpacked.rows(), events);
      for (const [of, stream] of [
        [graphId, job],
        [graphId, undefined],
        [events[0]![1], events[0]![2]],
        [events[0]![1], undefined],
      ] as const) {
        const expected = events.filter((row) => row[1] === of && (stream === undefined || row[2] === stream));
        assert.equal(unpacked.rowsOf(of, stream), expected);
      }
    }),
    { numRuns: 1000 },
  );
});

laws.test(
  'given a reader of a file of the first format, when another program archives, then it reads on as before',
  async () => {
    const path = join(temporaryFolder(), 'overseer.db');
    copyFileSync(join(import.meta.dirname, '../../golden/0.1.0.db'), path);
    const db = new Sqlite(path, { readonly: true });
    const reader = new SqliteReader(db, new LogRows(db, path, 'overseer'), 'overseer');
    const before = [reader.all({ limit: 1000 }), reader.graph('finished', null)];
    assert.ok(before[1]!.length > 0);
    const log = await opened(path);
    assert.ok((await archiveAll(log)) > 20);
    assert.equal([reader.all({ limit: 1000 }), reader.graph('finished', null)], before);
    assert.is(reader.stored({ limit: 3 }).length, 3);
    await log.close();
    db.close();
  },
);

laws.run();
