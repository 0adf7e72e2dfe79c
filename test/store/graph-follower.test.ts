/** All who follow graphs of a store follow its log together, and each gets every event of its graph, once and in order. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import {
  forkGraph,
  history,
  jobGraph,
  start,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { type EventLog, LogError, type Subscribe, type Subscription } from '../../src/log/event-log.js';
import { E } from '../../src/prelude/fp.js';
import { finished, started } from '../support/given.js';
import { eventually } from '../support/eventually.js';
import { appended } from '../support/overtaking.js';
import { patient } from '../support/patience.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('those who follow graphs', { timeoutMs: 30_000 });

/** What the store's log is asked for. */
interface Asked {
  readonly subscriptions: Subscribe[];
  open: number;
}

/** Notes which subscriptions the log is asked for, and when they end. */
function noting(db: Store): Asked {
  const asked: Asked = { subscriptions: [], open: 0 };
  const inner = db.log;
  const subscribe = (request: Subscribe = {}): Subscription => {
    asked.subscriptions.push(request);
    asked.open += 1;
    const subscription = inner.subscribe(request);
    let isOpen = true;
    const close = () => {
      if (isOpen) asked.open -= 1;
      isOpen = false;
      subscription.close();
    };
    return { [Symbol.asyncIterator]: () => subscription[Symbol.asyncIterator](), close };
  };
  (db as { log: EventLog }).log = { ...inner, subscribe };
  return asked;
}

let ids = 0;
async function write(
  { log }: Pick<Store, 'log'>,
  graphId: string,
  jobId: string | null,
  revision: number,
  event: DomainEvent,
) {
  const id = `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  const events = [{ id, event, causationId: null, actor: 'w' }];
  await appended(log, { graphId, jobId, expectedRevision: revision, events });
}

async function submit(db: Store, ...graphIds: readonly string[]): Promise<void> {
  for (const id of graphIds) await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id }));
}

spec.test('given a thousand waits, then the log is followed once, and not at all when they are over', async () => {
  const db = await freshStore('sqlite');
  const graphIds = Array.from({ length: 1000 }, (_, index) => `g${index}`);
  await submit(db, ...graphIds);
  const asked = noting(db);
  const waits = graphIds.map((id) => waitForGraph(db, id));
  await eventually('they follow', () => asked.open === 1);
  assert.is(asked.subscriptions.length, 1);
  const worker = await start({ concurrency: 50 }, db, { a: () => 1, b: () => 2 });
  const statuses = new Set((await Promise.all(waits)).map(({ status }) => status));
  assert.equal([...statuses], ['finished']);
  await worker.stop();
  const ofWaits = asked.subscriptions.filter(({ safetyNetMs }) => safetyNetMs === undefined);
  assert.equal([ofWaits.length, asked.open], [1, 0], 'one of the waits; the worker follows by itself');
  await db.close();
});

spec.test('given a subscription that is slower than the reading of the graph, then no event comes twice', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g');
  const inner = db.log;
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  const subscribe = (request?: Subscribe): Subscription => {
    const subscription = inner.subscribe(request);
    const late = async function* () {
      await isOpen;
      yield* subscription;
    };
    return { [Symbol.asyncIterator]: late, close: () => subscription.close() };
  };
  // Between the beginning of the subscription and the reading, the job starts.
  const readGraphs: EventLog['readGraphs'] =
    (...request) =>
    async () => {
      await write(db, 'g', 'a', -1, started());
      return await inner.readGraphs(...request)();
    };
  (db as { log: EventLog }).log = { ...inner, subscribe, readGraphs };
  const seen: string[] = [];
  for await (const { type, jobId } of history(db, 'g', { follow: true })) {
    seen.push(`${jobId} ${type}`);
    if (seen.length === 2) {
      await write(db, 'g', 'a', 0, finished());
      open();
    }
    if (type === 'JobFinished') break;
  }
  assert.equal(seen, ['null GraphSubmitted', 'a JobStarted', 'a JobFinished']);
  await db.close();
});

spec.test('given one who follows, then only its graph is asked for; all are when another one comes', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g', 'h');
  const asked = noting(db);
  const stop = new AbortController();
  const waits = ['g', 'h'].map((id) => async () => {
    await waitForGraph(db, id, { signal: stop.signal }).catch(() => {});
  });
  const first = waits[0]!();
  await eventually('the first follows', () => asked.open === 1);
  const second = waits[1]!();
  await eventually('the second follows', () => asked.subscriptions.length === 2);
  assert.equal(
    asked.subscriptions.map(({ filter }) => filter),
    [{ graphId: 'g' }, {}],
  );
  stop.abort();
  await Promise.all([first, second]);
  assert.is(asked.open, 0);
  await db.close();
});

const moments = ['before the end is read', 'after it', 'before the graph is read', 'after that'] as const;

for (const moment of moments) {
  spec.test(`given an event that is written ${moment}, then it is handed over once, in its place`, async () => {
    const db = await freshStore('memory');
    await submit(db, 'g', 'other');
    const inner = db.log;
    let isWritten = false;
    const reached = async (now: (typeof moments)[number]) => {
      if (now !== moment || isWritten) return;
      isWritten = true;
      await write({ log: inner }, 'g', 'a', -1, started(1, 'w'));
    };
    const readAll: EventLog['readAll'] = (request) => async () => {
      await reached('before the end is read');
      const read = await inner.readAll(request)();
      await reached('after it');
      return read;
    };
    const readGraphs: EventLog['readGraphs'] = (graphIds, upTo, accept) => async () => {
      await reached('before the graph is read');
      const read = await inner.readGraphs(graphIds, upTo, accept)();
      await reached('after that');
      return read;
    };
    (db as { log: EventLog }).log = { ...inner, readAll, readGraphs };
    const stop = new AbortController();
    const seen: RecordedEvent[] = [];
    const following = (async () => {
      for await (const event of history(db, 'g', { follow: true, signal: stop.signal })) seen.push(event);
    })();
    await eventually('the event has come', () => seen.length >= 2);
    // Another one comes, so the subscription begins anew; and the graph goes on.
    const other = waitForGraph(db, 'other', { signal: stop.signal }).catch(() => {});
    await write({ log: inner }, 'g', 'a', 0, finished());
    await eventually('the next has come', () => seen.length >= 3);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    stop.abort();
    await Promise.all([following, other]);
    assert.equal(seen, await rightOf(inner.readGraph('g')));
    await db.close();
  });
}

spec.test('given a store that is closed, then every wait ends, and says so', async () => {
  const db = await freshStore('sqlite');
  await submit(db, 'g', 'h');
  const waits = ['g', 'g', 'h'].map((id) => waitForGraph(db, id).catch((error: unknown) => error));
  await nextTurn();
  await db.close();
  const codes = (await Promise.all(waits)).map((error) => (error as { code: string }).code);
  for (const code of codes) assert.ok(code === 'wait-aborted' || code === 'store-closed', code);
});

spec.test('given a graph that there is not among those waited for, then only that wait fails', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g');
  const waiting = waitForGraph(db, 'g');
  const missing = await waitForGraph(db, 'nowhere').catch((error: unknown) => error);
  assert.is((missing as { code: string }).code, 'graph-not-found');
  const worker = await start({}, db, { a: () => 1, b: () => 2 });
  assert.is((await waiting).status, 'finished');
  await worker.stop();
  await db.close();
});

spec.test(
  'given graphs that cannot be read together, then each is read alone, and one that cannot fails alone',
  async () => {
    const db = await freshStore('sqlite');
    await submit(db, 'g', 'bad', 'h');
    const inner = db.log;
    const failing = () => Promise.resolve(E.left(new LogError('store-damaged', 'a page of it cannot be read')));
    (db as { log: EventLog }).log = {
      ...inner,
      readGraphs: () => failing,
      readGraph: (graphId, upTo) => (graphId === 'bad' ? failing : inner.readGraph(graphId, upTo)),
    };
    const waits = ['g', 'bad', 'h'].map((id) => waitForGraph(db, id).catch((error: unknown) => error));
    const other = await store(db.address);
    const worker = await start({}, other, { a: () => 1, b: () => 2 });
    const [g, bad, h] = (await Promise.all(waits)) as { status?: string; code?: string }[];
    assert.equal([g!.status, bad!.code, h!.status], ['finished', 'store-damaged', 'finished']);
    await worker.stop();
    await other.close();
    await db.close();
  },
);

spec.test('given a fork that takes over results, then whoever waits for it hears of its end', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g');
  const worker = await start({}, db, { a: () => 1, b: () => 2 });
  await waitForGraph(db, 'g');
  const { graphId } = await forkGraph(db, 'g', { from: ['b'] });
  const { jobs } = await waitForGraph(db, graphId, { timeoutMs: patient(10_000) });
  assert.equal([jobs['a']?.result, jobs['b']?.result], [1, 2]);
  await worker.stop();
  await db.close();
});

spec.test('given a callback of one wait that throws, then that wait fails, and the others go on', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g', 'h');
  const thrown = new Error('mine');
  const bad = waitForGraph(db, 'g', {
    onChange: ({ counts }) => {
      if (counts.finished > 0) throw thrown;
    },
  }).catch((error: unknown) => error);
  const good = [waitForGraph(db, 'g'), waitForGraph(db, 'h')];
  const worker = await start({}, db, { a: () => 1, b: () => 2 });
  assert.is(await bad, thrown);
  assert.equal(
    (await Promise.all(good)).map(({ status }) => status),
    ['finished', 'finished'],
  );
  await worker.stop();
  await db.close();
});

spec.run();
