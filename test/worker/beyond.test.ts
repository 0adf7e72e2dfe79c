/**
 * Releases side by side, and graphs that this one cannot read: nothing retries without progress, nothing is overwritten,
 * and the rest goes on.
 */
import {
  abortGraph,
  abortJob,
  graphInfo,
  jobGraph,
  type Logger,
  retryGraph,
  retryJob,
  start,
  type Store,
  transactGraph,
  verify,
  waitForGraph,
} from '../../src/index.js';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import type { NewEvent } from '../../src/domain/events.js';
import type { Append } from '../../src/log/event-log.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';
import { eventually } from '../support/eventually.js';
import { nested } from './odd-values.js';

const heartbeat = { sleepTime: 20, tolerance: 3 };
const ghost = { id: 'ghost', host: 'elsewhere', pid: 1 };

/** What a newer release, another program, or 0.1.0 by its own defects may have written after a claim. */
const strange: Readonly<
  Record<string, { readonly type: string; readonly schemaVersion: number; readonly data: unknown }>
> = {
  'an event that is not known': { type: 'JobPaused', schemaVersion: 1, data: { attempt: 1 } },
  'a newer version of an ending': { type: 'JobFinished', schemaVersion: 99, data: { attempt: 1, result: 1, cost: 3 } },
  'a newer version of a heartbeat': { type: 'Heartbeat', schemaVersion: 7, data: { attempt: 1 } },
  'an event without its fields': { type: 'JobFinished', schemaVersion: 1, data: {} },
  'an abort by a number': { type: 'JobAborted', schemaVersion: 1, data: { by: 42, message: '', silent: true } },
};

/** Events that no engine may take: one of their fields is wrong, or they are nested too deep. */
function invalidEvents(): readonly { readonly type: string; readonly data: object }[] {
  const deep = nested(100_000);
  const deeper = nested(230, (inner) => ({ a: inner }));
  const worker = { id: 'w', host: 'h', pid: 1 };
  const faulted = (cause: string, message: unknown, next: object) => ({
    type: 'JobFaulted',
    data: { attempt: 1, cause, failure: { reason: 'r', exception: 'e', message }, next },
  });
  return [
    { type: 'JobStarted', data: { attempt: 0, worker, leaseMs: 1 } },
    { type: 'JobStarted', data: { attempt: 1, worker: { id: 7, host: 'h', pid: 1 }, leaseMs: 1 } },
    { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: Infinity } },
    { type: 'JobStarted', data: { attempt: 1, worker } },
    { type: 'Heartbeat', data: { attempt: 1, progress: 2 } },
    { type: 'Heartbeat', data: { attempt: 1, details: deeper } },
    { type: 'JobFinished', data: { attempt: 1 } },
    { type: 'JobFinished', data: { attempt: 1, result: deep } },
    faulted('bad luck', null, { kind: 'failed' }),
    faulted('fault', {}, { kind: 'failed' }),
    faulted('fault', null, { kind: 'retry', delayMs: NaN }),
    { type: 'JobAborted', data: { by: 42, message: '', silent: true } },
    { type: 'JobReset', data: { by: 'me', reason: null } },
  ];
}

for (const engine of engines) {
  const spec = describe(`beyond this release, on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  let db: Store;

  spec.beforeEach(async () => {
    db = await freshStore(engine);
  });

  spec.afterEach(async () => {
    await db.close();
  });

  /** A graph whose job a ghost has claimed, with something strange after the claim. */
  async function submitStrange(id: string, { type, schemaVersion, data }: (typeof strange)[string]): Promise<void> {
    await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id }));
    const started = { type: 'JobStarted', data: { attempt: 1, worker: ghost, leaseMs: 60 } } as const;
    const claim: NewEvent = { id: db.environment.newId(), event: started, causationId: null, actor: 'ghost' };
    await rightOf(db.log.append([{ graphId: id, jobId: 'a', expectedRevision: -1, events: [claim] }]));
    const [last] = await rightOf(db.log.readStored({ graphId: id, limit: 100 }));
    const event: StoredEvent = {
      ...{ ...last!, jobId: 'a', revision: 1, id: db.environment.newId(), type, schemaVersion, causationId: null },
      ...{ recordedAt: new Date().toISOString(), actor: 'ghost', data: JSON.stringify(data) },
    };
    await rightOf(db.log.restore([event]));
  }

  for (const [name, event] of Object.entries(strange)) {
    spec.test(
      `given ${name} in a job’s stream, then a worker leaves the graph alone, and goes on with the rest`,
      async () => {
        await submitStrange('strange', event);
        const appends: Append[] = [];
        const inner = db.log;
        const append: typeof inner.append = (requests) => {
          appends.push(...requests.filter(({ graphId }) => graphId === 'strange'));
          return inner.append(requests);
        };
        (db as { log: typeof inner }).log = { ...inner, append };
        const said: string[] = [];
        const note = (_: object, message: string) => {
          // Heartbeats may be late on a busy machine, whatever the graph.
          if (!message.startsWith('a heartbeat is late')) said.push(message);
        };
        const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
        const worker = await start({ heartbeat, logger }, db, { a: () => 1, b: () => 2 });
        for (let round = 0; round < 5; round++) {
          const { graphId } = await transactGraph(db, jobGraph({ a: [], b: ['a'] }));
          assert.is((await waitForGraph(db, graphId)).status, 'finished');
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
        await worker.stop();
        assert.equal(appends, []);
        assert.equal(said, []);
        assert.is(
          (await verify(db)).problems.every(({ graphId }) => graphId === 'strange'),
          true,
        );
      },
    );

    spec.test(
      `given ${name} in a job’s stream, when operators come, then each call ends, and says what it could not do`,
      async () => {
        await submitStrange('strange', event);
        const refused = (error: unknown) =>
          (error as { code: string }).code === 'graph-unreadable' &&
          /graph strange is left alone/.test((error as Error).message);
        await assert.rejects(abortJob(db, 'strange', 'a'), refused);
        await assert.rejects(abortJob(db, 'strange', 'b'), refused);
        await assert.rejects(retryJob(db, 'strange', 'a'), refused);
        await assert.rejects(retryGraph(db, 'strange'), refused);
        const isForNewer = event.schemaVersion > 2 || event.type === 'JobPaused';
        const abort = abortGraph(db, 'strange', { by: 'ops' });
        if (isForNewer) await assert.rejects(abort, refused);
        else await abort;
        assert.is((await graphInfo(db, 'strange')).status, isForNewer ? 'running' : 'aborted');
      },
    );
  }

  spec.test(
    'given a graph whose submission only a newer release can read, then no snapshot of this one hides it from that one',
    async () => {
      await submitStrange('known', strange['an event that is not known']!);
      const [first] = await rightOf(db.log.readStored({ graphId: 'known', limit: 1 }));
      const submission = { ...first!, graphId: 'newer', id: db.environment.newId(), schemaVersion: 99 };
      await rightOf(db.log.restore([{ ...submission, recordedAt: new Date().toISOString() }]));
      await db.live.catchUp();
      await db.live.saveSnapshot(0);
      const feed = new LiveFeed(db.log);
      await feed.start();
      assert.equal([...feed.projection.graphs.keys()].sort(), ['known', 'newer']);
      assert.equal(feed.projection.existing().length, 1);
    },
  );

  spec.test(
    'given a log that shows a stream at another revision than its events do, then operators end, and say so',
    async () => {
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
      const shifted = {
        ...db.log,
        append: (requests: readonly Append[]) =>
          db.log.append(requests.map((each) => ({ ...each, expectedRevision: each.expectedRevision + 5 }))),
      };
      const store = Object.assign(Object.create(db) as Store, { log: shifted });
      for (const call of [() => abortGraph(store, 'g'), () => abortJob(store, 'g', 'a')]) {
        await assert.rejects(call(), (error) => (error as { code: string }).code === 'stream-unreadable');
      }
      assert.is((await graphInfo(db, 'g')).status, 'running');
    },
  );

  spec.test(
    'given what an operator calls itself or says that is no text, then it is refused, and nothing is written',
    async () => {
      await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id: 'g' }));
      const before = (await rightOf(db.log.readStored({ limit: 100 }))).length;
      const odd: readonly unknown[] = [
        42,
        0,
        NaN,
        true,
        {},
        { length: 1 },
        ['because'],
        new Error('x'),
        Symbol('s'),
        10n,
        () => 'me',
      ];
      for (const each of odd) {
        for (const why of [{ by: each as string }, { reason: each as string }]) {
          for (const call of [
            () => abortGraph(db, 'g', why),
            () => abortJob(db, 'g', 'a', why),
            () => retryGraph(db, 'g', why),
            () => retryJob(db, 'g', 'a', why),
          ]) {
            await assert.rejects(call(), (error) => (error as { code: string }).code === 'reason-invalid');
          }
        }
      }
      await assert.rejects(abortGraph(db, 'g', { by: '' }), (error) => /by is empty/.test((error as Error).message));
      await assert.rejects(abortGraph(db, 'g', { by: 'x'.repeat(501) }), (error) =>
        /the limit is 500/.test((error as Error).message),
      );
      assert.is((await rightOf(db.log.readStored({ limit: 100 }))).length, before);
      await abortGraph(db, 'g', { by: 'x'.repeat(500), reason: 'y'.repeat(100_000) });
      assert.equal((await verify(db)).problems, []);
    },
  );

  spec.test(
    'given an event that its codec refuses or that is nested too deep, then no engine takes it, nor what comes with it',
    async () => {
      await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id: 'g' }));
      for (const event of invalidEvents()) {
        const events = [{ id: db.environment.newId(), event, causationId: null, actor: 'w' }] as unknown as NewEvent[];
        const good: NewEvent = {
          id: db.environment.newId(),
          event: { type: 'JobAborted', data: { by: 'me', message: '', silent: true } },
          causationId: null,
          actor: 'me',
        };
        const result = await db.log.append([
          { graphId: 'g', jobId: 'b', expectedRevision: -1, events: [good] },
          { graphId: 'g', jobId: 'a', expectedRevision: -1, events },
        ])();
        assert.is(result._tag === 'Left' && result.left.code, 'event-invalid', event.type);
      }
      assert.is((await rightOf(db.log.readStored({ limit: 100 }))).length, 1);
    },
  );

  spec.test(
    'given a worker whose claims the log will not take, then it stops, says why, and does not try for ever',
    async () => {
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
      const environment = { ...db.environment, host: 7 as unknown as string };
      const odd = Object.assign(Object.create(db) as Store, { environment });
      const worker = await start({}, odd, { a: () => 1 });
      await assert.rejects(worker.stopped, (error) => /claims cannot be written/.test((error as Error).message));
      const helper = await start({}, db, { a: () => 1 });
      await eventually('another does it', async () => (await graphInfo(db, 'g')).status === 'finished');
      await helper.stop();
    },
  );
  spec.run();
}
