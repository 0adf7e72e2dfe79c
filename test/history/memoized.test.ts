/** Remembered results looked at afterwards: exports, imports, redaction, audit, verification, and older releases. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DomainEvent, eventDefinitions, type StreamId } from '../../src/domain/events.js';
import { readEvent, versionOf } from '../../src/domain/read-event.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { isTooOld, memoKeyOf, memoStream } from '../../src/domain/memoized-results.js';
import { submissionOf } from '../../src/domain/submission.js';
import {
  auditHead,
  auditProve,
  exportLog,
  graphInfo,
  importLog,
  jobGraph,
  type OverseerError,
  start,
  store,
  type Store,
  transactGraph,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { GraphCheck } from '../../src/history/verify/invariants.js';
import { intFrom, JsonValue, record } from '../../src/prelude/codec.js';
import { eventually } from '../support/eventually.js';
import { graphAfter, Recorder, started, submitted } from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { exportText, freshStore, temporaryFolder } from '../support/stores.js';
import { Projected } from '../server-projections/projected.js';

const spec = describe('remembered results, looked at afterwards', { timeoutMs: 60_000 });
const folder = temporaryFolder();
let files = 0;
const someTime = '2026-01-01T00:00:00.000Z';

async function opened(text: string): Promise<Store> {
  const path = join(folder, `${(files += 1)}.jsonl`);
  writeFileSync(path, text);
  return await store(path);
}

/** Runs graphs of one memoised job, one after another. */
async function runAll(db: Store, key: string, ids: readonly string[]): Promise<void> {
  const worker = await start({}, db, { fetch: ({ graphId }) => ({ secret: `hush of ${graphId}` }) });
  for (const id of ids) {
    await transactGraph(db, jobGraph({ jobs: { fetch: { type: 'fetch', memoize: { key } } } }, {}, { id }));
    await waitForGraph(db, id);
    await eventually('noted', async () => (await rightOf(db.log.readStream(memoStream(key)))).length === 1);
  }
  await worker.stop();
}

const problemsOf = async (db: Store) => (await verify(db)).problems.map(({ problem }) => problem);

spec.test('a log goes to a file and into another store with all it remembers, and work goes on from it', async () => {
  const db = await freshStore('memory');
  await runAll(db, 'k', ['g1', 'g2']);
  const exported = await opened(await exportText(db));
  assert.equal(await problemsOf(exported), []);
  const copy = await freshStore('sqlite');
  const done = await importLog(copy, exported);
  assert.is(done.graphs, 2);
  assert.is(done.imported, done.events);
  assert.is((await auditHead(copy)).rootHash, (await auditHead(db)).rootHash);
  assert.equal((await graphInfo(copy, 'g2')).jobs, (await graphInfo(db, 'g2')).jobs);
  assert.equal(await problemsOf(copy), []);
  assert.is((await importLog(copy, exported)).imported, 0);
  await runAll(copy, 'k', ['g3']);
  assert.is((await graphInfo(copy, 'g3')).jobs['fetch']!.memoizedFrom!.graphId, 'g1');
  assert.equal(((await rightOf(copy.log.describe!())) as { graphs: number }).graphs, 3);
  await Promise.all([db, exported, copy].map((each) => each.close()));
});

spec.test('an export of one graph holds its events alone, and nothing calls the namespace a graph', async () => {
  const db = await freshStore('memory');
  await runAll(db, 'k', ['g1', 'g2']);
  const text = await exportText(db, { graphId: 'g2' });
  assert.not.match(text, /ResultMemoized/);
  const one = await opened(text);
  assert.equal(await problemsOf(one), []);
  assert.is((await graphInfo(one, 'g2')).jobs['fetch']!.memoizedFrom!.graphId, 'g1');
  const none = await exportLog(db, { graphId: '' })
    .next()
    .catch((error: OverseerError) => error);
  assert.is((none as OverseerError).code, 'graph-not-found');
  await Promise.all([db, one].map((each) => each.close()));
});

spec.test('given a store that remembers another result of the key, then an import leaves that in place', async () => {
  const [ours, theirs] = [await freshStore('memory'), await freshStore('memory')];
  await runAll(ours, 'k', ['ours']);
  await runAll(theirs, 'k', ['theirs']);
  await runAll(theirs, 'other', ['theirs 2']);
  const done = await importLog(ours, theirs);
  assert.equal({ graphs: done.graphs, left: done.events - done.imported }, { graphs: 2, left: 1 });
  assert.is((await importLog(ours, theirs)).imported, 0);
  const noted = async (key: string) => {
    const [event] = await rightOf(ours.log.readStream(memoStream(key)));
    return event?.type === 'ResultMemoized' ? event.data.graphId : null;
  };
  assert.equal([await noted('k'), await noted('other')], ['ours', 'theirs 2']);
  assert.equal(await problemsOf(ours), []);
  await Promise.all([ours, theirs].map((each) => each.close()));
});
spec.test('a result that is redacted is redacted wherever it was given again, and what is left is sound', async () => {
  const db = await freshStore('memory');
  await runAll(db, 'k', ['g1', 'g2']);
  for (const redact of [['result'], ['result.secret'], ['memoized'], ['memoized.finishedAt', 'jobId', 'revision']]) {
    const text = await exportText(db, { redact });
    if (redact[0]!.startsWith('result')) assert.not.match(text, /hush/);
    const read = await opened(text);
    assert.equal(await problemsOf(read), [], redact.join());
    assert.is((await auditHead(read)).rootHash, (await auditHead(db)).rootHash);
    assert.is((await graphInfo(read, 'g2')).status, 'finished');
    assert.is((await graphInfo(read, 'g2')).unreadable, null);
    await read.close();
  }
  const [note] = await rightOf(db.log.readStream(memoStream('k')));
  assert.is((await auditProve(db, { eventId: note!.id })).event['type'], 'ResultMemoized');
  await db.close();
});

spec.test('events that this release could not have written are not imported', async () => {
  const jobEvent = (memoized: object) => ({ type: 'JobFinished', data: { attempt: 1, result: 1, memoized } });
  const source = { graphId: 'g', jobId: 'j', attempt: 1, eventId: randomUUID(), finishedAt: someTime };
  const note = { graphId: 'g', jobId: 'j', attempt: 1, eventId: randomUUID(), revision: 1 };
  const wrong: readonly (readonly [stream: object, event: object, message: RegExp])[] = [
    [{ graphId: '', jobId: 'else' }, { type: 'ResultMemoized', data: note }, /does not belong in this stream/],
    [memoStream('k'), { type: 'ResultMemoized', data: { ...note, graphId: '' } }, /graph id is empty/],
    [{ graphId: 'g', jobId: 'a' }, jobEvent({ ...source, jobId: 'a\nb' }), /line break/],
    [{ graphId: '', jobId: 'a\nb' }, { type: 'ResultMemoized', data: note }, /line break/],
  ];
  for (const [stream, event, message] of wrong) {
    const [db, from] = [await freshStore('memory'), await freshStore('memory')];
    const events = [{ id: randomUUID(), event: event as DomainEvent, causationId: null, actor: 'a' }];
    await rightOf(from.log.append([{ ...(stream as StreamId), expectedRevision: -1, events }]));
    const error = await importLog(db, from).catch((thrown: OverseerError) => thrown);
    assert.is((error as OverseerError).code, 'import-invalid');
    assert.match((error as OverseerError).message, message);
    await Promise.all([db, from].map((each) => each.close()));
  }
});

spec.test('verify says when a result was taken that was not asked for, or was too old', () => {
  const memoized = {
    graphId: 'o',
    jobId: 'j',
    attempt: 1,
    eventId: randomUUID(),
    finishedAt: '2020-01-01T00:00:00.000Z',
  };
  const finish = { type: 'JobFinished', data: { attempt: 1, result: 1, memoized } } as const;
  const found = (memoize: object | undefined) => {
    const recorder = new Recorder();
    const check = new GraphCheck('g');
    const submission = submitted({ a: [] }, memoize === undefined ? {} : { memoize: { key: 'k', ...memoize } });
    const events = [
      recorder.record({ graphId: 'g', jobId: null }, submission),
      recorder.record({ graphId: 'g', jobId: 'a' }, started()),
      recorder.record({ graphId: 'g', jobId: 'a' }, finish),
    ];
    return events.flatMap((event) => check.check(event)).map(({ problem }) => problem);
  };
  assert.equal(found({}), []);
  assert.match(found(undefined).join(), /^job "a" finished with a remembered result, which it did not ask for$/);
  assert.match(found({ fresh: true }).join(), /which it did not ask for$/);
  assert.match(found({ maxAgeMs: 1000 }).join(), /of 2020-01-01T00:00:00.000Z, that is too old for it$/);
});

spec.test('an age is counted between two times of the log, and its limit is included', () => {
  const at = (ms: number) => new Date(Date.parse('2026-01-01T00:00:00.000Z') + ms).toISOString();
  const memoize = { key: 'k', maxAgeMs: 1000 };
  assert.is(isTooOld(memoize, at(0), at(1000)), false);
  assert.is(isTooOld(memoize, at(0), at(1001)), true);
  assert.is(isTooOld({ key: 'k' }, at(0), at(1e12)), false);
  assert.is(memoKeyOf(memoStream('a/b')), 'a/b');
  assert.is(memoKeyOf({ graphId: 'g', jobId: 'memo/a' }), null);
});

spec.test('a release that knows nothing of it reads a job that finished, and leaves the rest alone', () => {
  const memoized = { graphId: 'o', jobId: 'j', attempt: 1, eventId: randomUUID(), finishedAt: someTime };
  const event: DomainEvent = { type: 'JobFinished', data: { attempt: 1, result: 'r', memoized } };
  assert.is(versionOf(event), 1);
  const older = {
    JobFinished: {
      version: 1,
      means: '',
      upcasters: {},
      codec: record('JobFinished', { attempt: intFrom(1), result: JsonValue }),
    },
  };
  assert.equal(readEvent('JobFinished', 1, event.data, older), {
    type: 'JobFinished',
    data: { attempt: 1, result: 'r' },
  });
  const note = { graphId: 'g', jobId: 'j', attempt: 1, eventId: randomUUID(), revision: 1 };
  const unknown = readEvent('ResultMemoized', 1, note, older);
  assert.is(unknown.type, 'Unreadable');
  const live = new LiveProjection();
  const recorder = new Recorder();
  live.apply(recorder.record(memoStream('k'), unknown as unknown as DomainEvent));
  assert.is(live.graphs.size, 0);
  const submission = submissionOf(jobGraph({ jobs: { a: { type: 't', memoize: { key: 'k' } } } }, {}, { id: 'g' }));
  assert.is(versionOf(submission.parts[0]!), 1);
});

spec.test('ids and texts of submissions without keys are what they were; a key makes another graph', () => {
  const text = (job: object) => submissionOf(jobGraph({ jobs: { a: { type: 't', ...job } } }, {}, { id: 'g' })).text;
  assert.is(text({}), '{"jobs":{"a":{"args":{},"id":"a","parents":[],"type":"t"}},"labels":{},"priority":0}');
  assert.is.not(text({ memoize: { key: 'k' } }), text({}));
});

spec.test('a live projection does not grow by what is remembered', () => {
  const live = new LiveProjection();
  const recorder = new Recorder();
  const data = { graphId: 'g', jobId: 'j', attempt: 1, eventId: randomUUID(), revision: 1 };
  for (let n = 0; n < 10; n++) live.apply(recorder.record(memoStream(`k${n}`), { type: 'ResultMemoized', data }));
  // Not even by what can only be somebody else's mistake.
  live.apply(recorder.record({ graphId: '', jobId: null }, submitted({ a: [] })));
  assert.equal([live.graphs.size, live.ready.size, live.started.size], [0, 0, 0]);
});

spec.test('the projections in a server pass it over', () => {
  const recorder = new Recorder();
  const data = { graphId: 'g', jobId: 'a', attempt: 1, eventId: randomUUID(), revision: 1 };
  const events = [
    recorder.record({ graphId: 'g', jobId: null }, submitted({ a: [] })),
    recorder.record(memoStream('k/l'), { type: 'ResultMemoized', data }),
    recorder.record({ graphId: '', jobId: null }, { type: 'ResultMemoized', data }),
  ];
  const outcome = new Projected().take(events).outcome(['g', '']);
  assert.equal(outcome, new Projected().take(events.slice(0, 1)).outcome(['g', '']));
});

spec.test('the state of a job says where its result was remembered from, until it would run again', () => {
  const memoized = { graphId: 'o', jobId: 'j', attempt: 1, eventId: randomUUID(), finishedAt: someTime };
  const state = graphAfter(
    submitted({ a: [] }),
    ['a', started()],
    ['a', { type: 'JobFinished', data: { attempt: 1, result: 1, memoized } }],
  ).jobs.get('a')!.state;
  assert.equal([state.status, state.memoizedFrom], ['finished', memoized]);
  assert.ok(eventDefinitions.JobFinished.codec.is({ attempt: 1, result: 1, memoized }));
});

spec.run();
