/** Archives that are missing or damaged, and what belongs to archived streams later: never a wrong or a shorter answer. */
import {
  chmodSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  abortGraph,
  archiveGraphs,
  exportLog,
  graphInfo,
  history,
  importLog,
  install,
  jobGraph,
  type Position,
  retryGraph,
  start,
  store,
  type Store,
  transactGraph,
  verify,
  waitForGraph,
} from '../../../src/index.js';
import { append, newEvent } from '../../conformance/log-fixture.js';
import { refusal } from '../../support/refusal.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore, temporaryFolder } from '../../support/stores.js';
import { type Archived, archived, graphOf, handlers, snapshotsDeletedFrom } from './archived-store.js';

const spec = describe('archives beside a file', { timeoutMs: 60_000 });

async function eventsOf(db: Store, graphId: string): Promise<number> {
  let count = 0;
  for await (const _ of history(db, graphId)) count += 1;
  return count;
}

/** Everything that needs the first archive is refused, and names it; what does not is answered. */
async function assertRefused({ db, file }: Archived, code: string, words: RegExp): Promise<void> {
  const asks: readonly (() => unknown)[] = [
    () => graphInfo(db, 'early'),
    () => history(db, 'early'),
    () => exportLog(db),
    () => rightOf(db.log.readAll({ limit: 3 })),
    () => rightOf(db.log.readStream({ graphId: 'early', jobId: 'a' }, { last: 1 })),
    () => rightOf(db.log.readAll({ direction: 'backwards', limit: 1000 })),
    () => transactGraph(db, graphOf('early')),
    () => retryGraph(db, 'early'),
  ];
  for (const ask of asks) {
    const [refused, message] = await refusal(ask);
    assert.is(refused, code);
    assert.ok(message.includes(file(1)), message);
    assert.match(message, words);
  }
  assert.is((await graphInfo(db, 'late')).status, 'finished');
  assert.is(await eventsOf(db, 'after early'), 5);
  const { problems, treeHead, stillReadable } = await verify(db);
  assert.ok(problems.some(({ problem }) => problem.includes(file(1))));
  assert.is(treeHead, null);
  assert.match(stillReadable!, /events in 1 of 2 archives$/);
  assert.is((await rightOf(db.log.check())).filter((problem) => problem.includes(file(1))).length, 1);
  // Work goes on even so.
  const worker = await start({}, db, handlers);
  await transactGraph(db, graphOf('new'));
  assert.is((await waitForGraph(db, 'new')).status, 'finished');
  await worker.stop();
}

spec.test('given an archive that is missing, then what is in it is refused, and the file is named', async () => {
  const all = await archived();
  const db = await store(all.db.address);
  await all.db.close();
  renameSync(all.file(1), `${all.file(1)}.away`);
  await assertRefused({ ...all, db }, 'store-archive-missing', /put it back, or restore the folder/);
  renameSync(`${all.file(1)}.away`, all.file(1));
  assert.is((await graphInfo(db, 'early')).status, 'finished');
  await db.close();
});

spec.test('given a folder that is missing, as when the file alone was copied, then the same', async () => {
  const { db, path } = await archived();
  await db.close();
  const copy = join(temporaryFolder(), 'copy.db');
  copyFileSync(path, copy);
  const copied = await store(`sqlite:${copy}`);
  const [code, message] = await refusal(() => graphInfo(copied, 'early'));
  assert.is(code, 'store-archive-missing');
  assert.ok(message.includes(`${copy}-archive`));
  await copied.close();
});

for (const [what, damage] of [
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
  ['a flipped bit', (bytes: Buffer) => flipped(bytes, Math.floor(bytes.length / 2))],
  ['a flipped bit in its header', (bytes: Buffer) => flipped(bytes, 9)],
  ['emptied', () => Buffer.alloc(0)],
] as const) {
  spec.test(
    `given an archive that is damaged (${what}), then what is in it is refused, and the file is named`,
    async () => {
      const all = await archived();
      // It is read anew: what a process has unpacked before it may still know.
      const db = await store(all.db.address);
      await all.db.close();
      overwrite(all.file(1), damage(readFileSync(all.file(1))));
      await assertRefused({ ...all, db }, 'store-archive-damaged', /restore it from a backup/);
      await db.close();
    },
  );
}

spec.test('given an archive that was replaced by another one of the store, then it is refused', async () => {
  const all = await archived();
  const db = await store(all.db.address);
  await all.db.close();
  overwrite(all.file(1), readFileSync(all.file(2)));
  const [code] = await refusal(() => graphInfo(db, 'early'));
  assert.is(code, 'store-archive-damaged');
  await db.close();
});

spec.test(
  'given a graph in two pieces, of which the later one begins earlier in the log, then its events are in order',
  async () => {
    const db = await freshStore('sqlite');
    const { log } = db;
    const [g, h] = [
      { graphId: 'g', jobId: 'a' },
      { graphId: 'h', jobId: 'a' },
    ];
    await rightOf(log.append([append(h, -1), append(g, -1), append(g, 0)]));
    await rightOf(log.append([append({ graphId: 'last', jobId: 'a' }, -1)]));
    assert.is((await rightOf(log.archive!.move(['g'], '3' as Position))).events, 2);
    await rightOf(log.append([append(g, 1), append({ graphId: 'last', jobId: 'a' }, 0)]));
    assert.is((await rightOf(log.archive!.move(['g', 'h'], '5' as Position))).events, 2);
    const placesOf = (events: readonly { readonly position: Position; readonly revision: number }[]) =>
      events.map(({ position, revision }) => [position, revision]);
    const expected = [
      ['2', 0],
      ['3', 1],
      ['5', 2],
    ];
    assert.equal(placesOf(await rightOf(log.readGraph('g'))), expected);
    assert.equal(placesOf(await rightOf(log.readStream(g))), expected);
    assert.equal(placesOf(await rightOf(log.readStored({ graphId: 'g', limit: 9 }))), expected);
    await db.close();
  },
);

spec.test('an archive is a gzip file that may not be written to, with a line for each event', async () => {
  const { db, file } = await archived();
  assert.is(statSync(file(1)).mode & 0o222, 0);
  const lines = gunzipSync(readFileSync(file(1)))
    .toString()
    .trimEnd()
    .split('\n');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const recorded = [];
  for await (const event of history(db, 'early')) recorded.push(event);
  assert.equal(
    events.map(({ position, id, data }) => ({ position: String(position as number), id, data })),
    recorded.map(({ position, id, data }) => ({ position, id, data })),
  );
  await db.close();
});

spec.test('given a file that only its owner may read, then the same holds for its archives', async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  const db = await store(`sqlite:${path}`);
  await install(db);
  chmodSync(path, 0o600);
  await transactGraph(db, graphOf('g'));
  await abortGraph(db, 'g');
  await transactGraph(db, graphOf('h'));
  await archiveGraphs(db, { olderThan: 0 });
  assert.is(statSync(`${path}-archive`).mode & 0o777, 0o700);
  assert.is(statSync(join(`${path}-archive`, '0001.jsonl.gz')).mode & 0o777, 0o400);
  await db.close();
});

spec.test('given a store under a link, then the archives are beside the file itself', async () => {
  const { db, path } = await archived();
  await db.close();
  const link = join(temporaryFolder(), 'link.db');
  symlinkSync(path, link);
  const linked = await store(`sqlite:${link}`);
  assert.is((await graphInfo(linked, 'early')).status, 'finished');
  await linked.close();
});

spec.test(
  'given a graph that is archived, when it is submitted again, then it is stored already; another is refused',
  async () => {
    const { db } = await archived();
    assert.is((await transactGraph(db, graphOf('early'))).stored, false);
    const [code] = await refusal(() => transactGraph(db, jobGraph({ a: [] }, {}, { id: 'early' })));
    assert.is(code, 'graph-id-taken');
    await db.close();
  },
);

spec.test(
  'given an archived append, when it is sent again or contradicted, then the answers are as they always are',
  async () => {
    const path = join(temporaryFolder(), 'overseer.db');
    const db = await store(`sqlite:${path}`);
    await install(db);
    const first = append({ graphId: 'g', jobId: 'a' }, -1, newEvent(), newEvent());
    await rightOf(db.log.append([first, append({ graphId: 'h', jobId: 'a' }, -1)]));
    const upTo = (await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 })))[0]!.position;
    assert.is((await rightOf(db.log.archive!.move(['g'], upTo))).events, 2);
    const stream = { graphId: 'g', jobId: 'a' };
    const answers = await rightOf(
      db.log.append([first, append(stream, -1), append(stream, 0), append(stream, 1), append(stream, 1)]),
    );
    assert.equal(answers, [
      { appended: true, revision: 1 },
      { appended: false, actualRevision: 1 },
      { appended: false, actualRevision: 1 },
      { appended: true, revision: 2 },
      { appended: false, actualRevision: 2 },
    ]);
    const events = await rightOf(db.log.readStream(stream));
    assert.equal(
      events.map(({ revision, position }) => [revision, position]),
      [
        [0, '1'],
        [1, '2'],
        [2, '4'],
      ],
    );
    // While the archive is away, that one append has a problem, and no other.
    const [folder, away] = [`${path}-archive`, `${path}-away`];
    renameSync(folder, away);
    const fresh = await store(`sqlite:${path}`);
    const [repeated, other] = await rightOf(fresh.log.append([first, append({ graphId: 'new', jobId: 'a' }, -1)]));
    assert.ok(
      !repeated!.appended && repeated!.actualRevision === null && repeated!.problem.code === 'store-archive-missing',
    );
    assert.equal(other, { appended: true, revision: 0 });
    await fresh.close();
    await db.close();
  },
);

spec.test(
  'given an archived graph that failed, when it is retried, then it runs on, and is archived again',
  async () => {
    const db = await freshStore('sqlite');
    let isBroken = true;
    const moody = {
      a: () => 1,
      b: ({ inputs }: { inputs: Record<string, unknown> }) => {
        if (isBroken) throw new Error('broken');
        return inputs['a'];
      },
    };
    const worker = await start({}, db, moody);
    await transactGraph(db, graphOf('moody'));
    assert.is((await waitForGraph(db, 'moody')).status, 'failed');
    await transactGraph(db, graphOf('other'));
    await waitForGraph(db, 'other');
    assert.is((await archiveGraphs(db, { olderThan: 0 })).graphs, 2);
    isBroken = false;
    await retryGraph(db, 'moody');
    const done = await waitForGraph(db, 'moody');
    assert.equal([done.status, done.jobs['b']!.result, done.jobs['b']!.attempt], ['finished', 1, 2]);
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'last' }));
    await waitForGraph(db, 'last');
    const before = await eventsOf(db, 'moody');
    await archiveGraphs(db, { olderThan: 0 });
    assert.is(await eventsOf(db, 'moody'), before);
    assert.equal((await graphInfo(db, 'moody')).jobs, done.jobs);
    assert.equal((await verify(db)).problems, []);
    await worker.stop();
    await db.close();
  },
);

for (const hasSnapshot of [true, false]) {
  const where = hasSnapshot ? 'at a snapshot from before' : 'without a snapshot';
  spec.test(
    `given an archived graph that is retried while no worker runs, when one starts ${where}, then it runs`,
    async () => {
      const db = await freshStore('sqlite');
      const failing = () => {
        throw new Error('broken');
      };
      const worker = await start({}, db, { ...handlers, b: failing });
      await transactGraph(db, graphOf('retried'));
      await waitForGraph(db, 'retried');
      await transactGraph(db, graphOf('other'));
      await waitForGraph(db, 'other');
      await worker.stop();
      assert.is((await archiveGraphs(db, { olderThan: 0 })).graphs, 2);
      await retryGraph(db, 'retried');
      await transactGraph(db, graphOf('last'));
      if (!hasSnapshot) await snapshotsDeletedFrom(db);
      const again = await store(db.address);
      const next = await start({}, again, handlers);
      for (const id of ['retried', 'last'])
        assert.is((await waitForGraph(db, id, { timeoutMs: 20_000 })).status, 'finished');
      await next.stop();
      assert.equal((await verify(db)).problems, []);
      await again.close();
      await db.close();
    },
  );
}

spec.test('given a store with archives, when it is exported and imported, then the other needs none', async () => {
  const { db } = await archived();
  const copy = await freshStore('sqlite');
  await importLog(copy, db);
  const [before, after] = [await verify(db), await verify(copy)];
  assert.equal(after.problems, []);
  assert.is(after.treeHead!.rootHash, before.treeHead!.rootHash);
  assert.is((await rightOf(copy.log.describe!()))['archiveFiles'], 0);
  // What is there already is passed over, wherever it is.
  assert.is((await importLog(db, copy)).imported, 0);
  await db.close();
  await copy.close();
});

spec.test(
  'given a file from before an archive run, when it is put back beside the folder, then all is there, and it goes on',
  async () => {
    const { db, path, file } = await archived();
    await db.close();
    const backup = readFileSync(path);
    const later = await store(`sqlite:${path}`);
    const worker = await start({}, later, handlers);
    await transactGraph(later, graphOf('third'));
    await waitForGraph(later, 'third');
    await worker.stop();
    await transactGraph(later, graphOf('fourth'));
    assert.ok((await archiveGraphs(later, { olderThan: 0 })).moved.events > 5);
    await later.close();
    const third = readFileSync(file(3));
    writeFileSync(path, backup);
    const restored = await store(`sqlite:${path}`);
    assert.is((await graphInfo(restored, 'late')).status, 'finished');
    await transactGraph(restored, graphOf('another'));
    const again = await start({}, restored, handlers);
    await waitForGraph(restored, 'another');
    await again.stop();
    await archiveGraphs(restored, { olderThan: 0 });
    assert.equal((await verify(restored)).problems, []);
    assert.ok(readFileSync(file(3)).equals(third), 'a file that the store knows nothing of is left alone');
    await restored.close();
  },
);

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

function overwrite(path: string, bytes: Buffer): void {
  chmodSync(path, 0o600);
  rmSync(path);
  writeFileSync(path, bytes);
}

spec.run();
