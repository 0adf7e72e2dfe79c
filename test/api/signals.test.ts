/** One listener a signal, however many wait on it; and what waits for ever ends when its reader goes away. */
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  defineProjection,
  history,
  install,
  jobGraph,
  project,
  start,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { LogError } from '../../src/log/event-log.js';
import { pause } from '../../src/log/eventstoredb/protocol/waiting.js';
import { E } from '../../src/prelude/fp.js';
import { whenAborted } from '../../src/prelude/when-aborted.js';
import { systemEnvironment } from '../../src/store/environment.js';
import { liveEvents } from '../../src/store/event-history.js';
import { delay } from '../../src/prelude/delay.js';
import { retryingLog } from '../../src/worker/retrying-log.js';
import { EsdbFixture } from '../log/eventstoredb/esdb-fixture.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const warnings: string[] = [];
process.on('warning', ({ name }) => warnings.push(name));

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;
const times = <A>(count: number, make: (index: number) => A): A[] => Array.from({ length: count }, (_, n) => make(n));

async function assertQuiet(signal: AbortSignal): Promise<void> {
  await sleep(0); // Warnings are told on the next turn.
  assert.is(listenersOf(signal), 0);
  assert.equal(warnings, []);
}

const never = jobGraph({ never: [] }, {}, { id: 'never' });

async function waitingStore(engine: 'memory' | 'sqlite' = 'memory'): Promise<Store> {
  const db = await freshStore(engine);
  await transactGraph(db, never);
  return db;
}

const signals = describe('one signal', { timeoutMs: 30_000 });

signals.test('given to three thousand waits for graphs, has one listener, and ends them all', async () => {
  const db = await waitingStore();
  const stop = new AbortController();
  const waits = times(3000, () => waitForGraph(db, 'never', { signal: stop.signal }).catch((e: Error) => e));
  await sleep(50);
  assert.is(listenersOf(stop.signal), 1);
  stop.abort();
  const codes = new Set((await Promise.all(waits)).map((ended) => (ended as { code?: string }).code));
  assert.equal([...codes], ['wait-aborted']);
  await assertQuiet(stop.signal);
  await db.close();
});

signals.test('given to followed histories, live events and projections, ends them all', async () => {
  const db = await waitingStore('sqlite');
  const stop = new AbortController();
  const { signal } = stop;
  const count = async (events: AsyncIterable<unknown>) => {
    let seen = 0;
    for await (const _ of events) seen += 1;
    return seen;
  };
  const projection = defineProjection({ name: 'count', version: 1, initial: 0, evolve: (n: number) => n + 1 });
  const all = [
    ...times(30, () => count(history(db, 'never', { follow: true, signal }))),
    ...times(30, () => count(liveEvents(db, { signal }))),
    ...times(5, () => project(db, projection, { signal }).then(({ state }) => state)),
  ];
  await eventually('they wait', () => listenersOf(signal) === 1);
  await sleep(50);
  stop.abort();
  assert.equal([...new Set(await Promise.all(all))], [1]);
  await assertQuiet(signal);
  await db.close();
});

signals.test('that has aborted already ends what begins, and is not listened to', async () => {
  const db = await waitingStore();
  const signal = AbortSignal.abort();
  await assert.rejects(waitForGraph(db, 'never', { signal }), /^waiting for graph never was aborted$/);
  const seen: string[] = [];
  for await (const { type } of history(db, 'never', { follow: true, signal })) seen.push(type);
  assert.equal(seen, ['GraphSubmitted']);
  await assertQuiet(signal);
  await db.close();
});

signals.test('that does not abort is let go of by a wait that ends by itself', async () => {
  const db = await waitingStore();
  const stop = new AbortController();
  const waits = times(40, () => waitForGraph(db, 'never', { signal: stop.signal, timeoutMs: 20 }).catch(() => 'late'));
  assert.equal([...new Set(await Promise.all(waits))], ['late']);
  await assertQuiet(stop.signal);
  await db.close();
});

signals.test('is waited on by the delays of a worker and of EventStoreDB with one listener', async () => {
  for (const wait of [
    (ms: number, signal: AbortSignal) => delay(systemEnvironment, ms, signal),
    (ms: number, signal: AbortSignal) => pause(ms, signal),
  ]) {
    const stop = new AbortController();
    await Promise.all(times(50, () => wait(1, stop.signal)));
    assert.is(listenersOf(stop.signal), 0);
    const waits = times(2000, () => wait(60_000, stop.signal));
    assert.is(listenersOf(stop.signal), 1);
    stop.abort();
    await Promise.all([...waits, wait(60_000, stop.signal)]);
    await assertQuiet(stop.signal);
  }
});

signals.test('gives up a thousand appends that fail, with one listener', async () => {
  const stop = new AbortController();
  const down = new LogError('store-unavailable', 'down', { isTransient: true });
  const log = { append: () => () => Promise.resolve(E.left(down)) } as never;
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const patient = { ...systemEnvironment, setTimer: () => () => {} };
  const health = { failed() {}, worked() {}, lost() {} };
  const persistent = retryingLog({ log, environment: patient, logger: quiet, health, giveUp: stop.signal });
  const appends = times(1000, () => persistent.append([]));
  await sleep(10);
  assert.is(listenersOf(stop.signal), 1);
  stop.abort();
  assert.ok((await Promise.all(appends)).every(E.isLeft));
  await assertQuiet(stop.signal);
});

signals.test('of a job may be given to many calls by its handler', async () => {
  const db = await freshStore('memory');
  const many = async ({ signal }: { readonly signal: AbortSignal }) => {
    await Promise.all(times(50, () => sleep(1, 0, { signal })));
    return listenersOf(signal);
  };
  const worker = await start({}, db, { many });
  await transactGraph(db, jobGraph({ many: [] }, {}, { id: 'g' }));
  const { jobs } = await waitForGraph(db, 'g');
  assert.is(jobs['many']!.result, 0);
  assert.equal(warnings, []);
  await worker.stop();
  await db.close();
});

signals.test('calls back once each, not those that were taken back, and those that come meanwhile', () => {
  const stop = new AbortController();
  const called: string[] = [];
  const same = () => void called.push('same');
  whenAborted(stop.signal, same);
  const takeBack = whenAborted(stop.signal, same);
  takeBack();
  takeBack();
  assert.is(listenersOf(stop.signal), 1);
  whenAborted(stop.signal, () => whenAborted(stop.signal, () => called.push('late')));
  whenAborted(undefined, () => called.push('never'))();
  stop.abort();
  assert.equal(called, ['same', 'late']);
  whenAborted(stop.signal, same)();
  assert.equal(called, ['same', 'late', 'same']);
  assert.is(listenersOf(stop.signal), 0);
});
signals.run();

const ends = describe('a reader that goes away', { timeoutMs: 20_000 });

/** Far shorter than the time between two looks of a subscription, which each ending would otherwise wait for. */
const soonMs = 1000;

async function soon<A>(work: Promise<A>): Promise<A> {
  const late = sleep(soonMs, null, { ref: false }).then(() => Promise.reject(new Error('it has not ended')));
  return await Promise.race([work, late]);
}

for (const engine of ['memory', 'sqlite'] as const) {
  ends.test(`from a followed history on ${engine} ends it at once, and every next that waits`, async () => {
    const db = await waitingStore(engine);
    const events = history(db, 'never', { follow: true });
    assert.is((await events.next()).done, false);
    const pending = [events.next(), events.next()];
    await sleep(20);
    assert.equal(await soon(events.return(undefined)), { done: true, value: undefined });
    assert.equal(
      (await soon(Promise.all(pending))).map(({ done }) => done),
      [true, true],
    );
    assert.is((await events.next()).done, true);
    assert.is((await soon(events.return(undefined))).done, true);
    await db.close();
  });

  ends.test(`from live events and from a subscription on ${engine} ends them at once`, async () => {
    const db = await waitingStore(engine);
    const live = liveEvents(db, {});
    const subscription = db.log.subscribe({ safetyNetMs: 60_000 });
    const messages = subscription[Symbol.asyncIterator]();
    await live.next();
    const [inLive, inMessages] = [live.next(), (await messages.next(), await messages.next(), messages.next())];
    await soon(live.return(undefined));
    await soon(messages.return!());
    assert.is((await soon(inLive)).done, true);
    assert.is((await soon(inMessages)).done, true);
    subscription.close();
    await db.close();
  });

  ends.test(`by destroying a stream on ${engine} lets go of the subscription`, async () => {
    const db = await waitingStore(engine);
    const stream = Readable.from(history(db, 'never', { follow: true }));
    const first = await new Promise<{ type: string }>((resolve) => stream.once('data', resolve));
    assert.is(first.type, 'GraphSubmitted');
    await sleep(20);
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.destroy();
    await soon(closed);
    await db.close();
  });
}

ends.test('before the first event, or in the middle, ends it too', async () => {
  const db = await waitingStore();
  assert.is((await soon(history(db, 'never', { follow: true }).return(undefined))).done, true);
  let seen = 0;
  for await (const _ of history(db, 'never', { follow: true })) if ((seen += 1) === 1) break;
  assert.is(seen, 1);
  const reading = history(db, 'never', { follow: true });
  const first = reading.next();
  assert.is((await soon(reading.return(undefined))).done, true);
  assert.is((await soon(first)).done, true);
  await db.close();
});

ends.test('by throwing gets its error back, and what waited has ended', async () => {
  const db = await waitingStore();
  const events = history(db, 'never', { follow: true, jobId: 'never' });
  const pending = events.next();
  await sleep(10);
  await assert.rejects(soon(events.throw(new Error('gone'))), /^gone$/);
  assert.is((await soon(pending)).done, true);
  await db.close();
});

ends.test('because the store closes sees the end', async () => {
  const db = await waitingStore();
  const events = history(db, 'never', { follow: true });
  await events.next();
  const pending = events.next();
  await sleep(10);
  await db.close();
  assert.is((await soon(pending)).done, true);
});

ends.test('sees an error before that, and then the end', async () => {
  const db = await store('memory:');
  await install(db);
  const events = history(db, 'nobody', { follow: true });
  await assert.rejects(events.next(), /there is no graph "nobody"/);
  assert.is((await events.next()).done, true);
  assert.is((await events.return(undefined)).done, true);
  await db.close();
});

const esdb = new EsdbFixture();
ends.afterEach(() => esdb.clear());

ends.test('from a followed history on EventStoreDB ends it at once, also when the server answers nothing', async () => {
  const server = await esdb.server();
  const db = await esdb.store(server);
  await transactGraph(db, never);
  const events = history(db, 'never', { follow: true });
  await events.next();
  const pending = events.next();
  await sleep(50);
  await soon(events.return(undefined));
  assert.is((await soon(pending)).done, true);
  const messages = db.log.subscribe({ safetyNetMs: 60_000 })[Symbol.asyncIterator]();
  await messages.next();
  server.stop();
  const waiting = messages.next();
  await soon(messages.return!());
  await soon(waiting);
  assert.equal(warnings, []);
});
ends.run();
