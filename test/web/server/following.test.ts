/** What is told of a log as it goes on: to browsers that are fast, slow, gone, or connected again. */
import {
  install,
  jobGraph,
  pause,
  resume,
  start,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../../src/index.js';
import type { Subscription } from '../../../src/log/event-log.js';
import { eventually } from '../../support/eventually.js';
import { ManualEnvironment } from '../../support/manual-environment.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { engines, freshStore, missingFor } from '../../support/stores.js';
import { linesOf, Listener, placesIn, submit, webOver } from './browser.js';

async function runAll(db: Store, ...ids: string[]): Promise<void> {
  const worker = await start({}, db, { good: () => 1 });
  for (const id of ids) await waitForGraph(db, id);
  await worker.stop();
}

/** Counts the subscriptions of a store that are open. */
function watchSubscriptions(db: Store): { open: number; read: number } {
  const counts = { open: 0, read: 0 };
  const { log } = db;
  (db as { log: Store['log'] }).log = {
    ...log,
    subscribe: (request) => {
      const inner = log.subscribe(request);
      counts.open += 1;
      let isOpen = true;
      const close = () => {
        if (isOpen) counts.open -= 1;
        isOpen = false;
        inner.close();
      };
      return { ...inner, [Symbol.asyncIterator]: () => inner[Symbol.asyncIterator](), close } satisfies Subscription;
    },
    readStored: (request) => {
      counts.read += 1;
      return log.readStored(request);
    },
  };
  return counts;
}

for (const engine of engines) {
  const spec = describe(`following a graph: ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });

  spec.test('a browser hears what there is, then what comes, in order and each once', async () => {
    const db = await freshStore(engine);
    const web = webOver(db);
    await submit(db, 'g', 40);
    await submit(db, 'other', 5);
    const listener = await Listener.to(web, '/api/graphs/g/follow');
    await listener.heard('the submission', (messages) => messages.some(({ event }) => event === 'events'));
    await runAll(db, 'g', 'other');
    const expected = await linesOf(db, 'g');
    assert.is(expected.length, 81);
    await listener.heard('the end', () => listener.lines.length >= expected.length);
    assert.equal(placesIn(listener.lines), expected);
    for (const { event, id, data } of listener.messages) {
      if (event === 'events') assert.is(id, data.at(-1)!.split(' ')[0]!);
    }
    await listener.leave();
    await db.close();
  });

  spec.test('a browser that was connected before goes on behind what it has heard', async () => {
    const db = await freshStore(engine);
    const web = webOver(db);
    await submit(db, 'g');
    await runAll(db, 'g');
    const expected = await linesOf(db, 'g');
    const positions = expected.map((line) => line.split(' ')[0]!);
    const from = async (path: string, lastEventId?: string) => {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      const listener = await Listener.to(web, path, { headers });
      await listener.heard('lines', () => listener.lines.length > 0);
      await listener.leave();
      return placesIn(listener.lines);
    };
    assert.equal(await from(`/api/graphs/g/follow?after=${positions[1]}`), expected.slice(2));
    assert.equal(await from(`/api/graphs/g/follow?after=${positions[1]}`, positions[3]), expected.slice(4));
    await db.close();
  });

  spec.test('pauses of all work and of types are told at the beginning, and when they change', async () => {
    const db = await freshStore(engine);
    const web = webOver(db);
    await submit(db, 'g');
    await pause(db, { type: 'good' }, { by: 'ann', reason: 'a test' });
    const listener = await Listener.to(web, '/api/graphs/g/follow');
    const types = () =>
      listener.of('work').map(({ data }) => (JSON.parse(data[0]!) as { type: string }[]).map(({ type }) => type));
    await listener.heard('the pause', () => types().length > 0);
    await resume(db, { type: 'good' });
    await listener.heard('its end', () => types().length > 1);
    assert.equal(types(), [['WorkPaused'], ['WorkPaused', 'WorkResumed']]);
    await listener.leave();
    await db.close();
  });

  spec.test('two browsers hear the same, and one that goes leaves the other alone', async () => {
    const db = await freshStore(engine);
    const counts = watchSubscriptions(db);
    const web = webOver(db);
    await submit(db, 'g', 20);
    const [one, other] = [
      await Listener.to(web, '/api/graphs/g/follow'),
      await Listener.to(web, '/api/graphs/g/follow'),
    ];
    await one.heard('lines', () => one.lines.length > 0);
    await other.heard('lines', () => other.lines.length > 0);
    await eventually('both are subscribed', () => counts.open === 4);
    await one.leave();
    assert.is(counts.open, 2);
    await runAll(db, 'g');
    const expected = await linesOf(db, 'g');
    await other.heard('the end', () => other.lines.length >= expected.length);
    assert.equal(placesIn(other.lines), expected);
    await other.leave();
    assert.is(counts.open, 0);
    await db.close();
  });

  spec.test('a browser that takes nothing costs nothing: nothing is read for it, and little waits', async () => {
    const db = await freshStore(engine);
    const counts = watchSubscriptions(db);
    const web = webOver(db);
    await submit(db, 'g', 300);
    const slow = await Listener.slow(web, '/api/graphs/g/follow');
    while (slow.lines.length === 0) await slow.read();
    const before = counts.read;
    await runAll(db, 'g');
    // What it has not asked for has not been read.
    assert.is(counts.read, before);
    const expected = await linesOf(db, 'g');
    const readBySelf = counts.read;
    assert.is(readBySelf, before + 1);
    while (slow.lines.length < expected.length) await slow.read();
    assert.equal(placesIn(slow.lines), expected);
    assert.ok(counts.read - readBySelf < 20, `${counts.read - readBySelf} reads for ${expected.length} events`);
    await slow.leave();
    assert.is(counts.open, 0);
    await db.close();
  });

  spec.test('a browser that vanishes ends what was done for it, whatever was being waited for', async () => {
    const db = await freshStore(engine);
    const counts = watchSubscriptions(db);
    const web = webOver(db);
    await submit(db, 'g');
    for (const path of ['/api/graphs/g/follow', '/api/changes']) {
      const gone = new AbortController();
      const listener = await Listener.to(web, path, { signal: gone.signal });
      await eventually('it is subscribed', () => counts.open > 0 && listener.comments > 0);
      gone.abort();
      await eventually('nothing is left', () => counts.open === 0);
      await eventually('the answer has ended', () => listener.hasEnded);
      // One that goes before it has taken anything.
      const early = await Listener.slow(web, path);
      await early.leave();
      assert.is(counts.open, 0, path);
    }
    await db.close();
  });

  spec.test('a new event reaches the browser within a tenth of a second', async () => {
    const db = await freshStore(engine);
    const web = webOver(db);
    const times: number[] = [];
    await submit(db, 'g');
    const listener = await Listener.to(web, '/api/graphs/g/follow');
    await listener.heard('the submission', () => listener.lines.length === 1);
    for (let round = 0; round < 10; round++) {
      const length = listener.lines.length;
      const begin = performance.now();
      await (round % 2 === 0 ? pause : resume)(db, { graphId: 'g' });
      await listener.heard('it', () => listener.lines.length > length);
      times.push(performance.now() - begin);
    }
    // A limit against a timer that is waited for, not a measure of speed: the middle of ten.
    const middle = times.sort((a, b) => a - b)[5]!;
    assert.ok(middle < 100, `${times.map((ms) => Math.round(ms)).join(', ')} ms`);
    await listener.leave();
    await db.close();
  });

  spec.test('the ids of graphs that have changed are told, at most four times a second', async () => {
    const db = await freshStore(engine);
    const web = webOver(db);
    const listener = await Listener.to(web, '/api/changes');
    await listener.heard('nothing', () => listener.comments > 0);
    const begin = performance.now();
    for (let index = 0; index < 30; index++) await submit(db, `g${index}`);
    await runAll(db, ...Array.from({ length: 30 }, (_, index) => `g${index}`));
    const [last] = await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 }));
    const told = () =>
      listener.of('changed').map(({ data, id }) => {
        const change = JSON.parse(data[0]!) as { upTo: string; graphs: string[]; isWhole: boolean };
        return { ...change, id };
      });
    await listener.heard('the end', () => told().at(-1)?.upTo === last!.position);
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(told().length <= 4 * seconds + 2, `${told().length} in ${seconds} s`);
    assert.is(new Set(told().flatMap(({ graphs }) => graphs)).size, 30);
    for (const { id, upTo, isWhole } of told()) assert.equal([id, isWhole], [upTo, true]);
    await listener.leave();
    await db.close();
  });

  spec.run();
}

const clocked = describe('event streams over time');

clocked.test('what is quiet is kept open by comments', async () => {
  const environment = new ManualEnvironment();
  const db = await store('memory:', { environment });
  await install(db);
  await submit(db, 'g');
  const web = webOver(db);
  for (const path of ['/api/graphs/g/follow', '/api/changes']) {
    environment.timersSet.length = 0;
    const listener = await Listener.to(web, path);
    await eventually('it waits', () => listener.comments === 1 && environment.timersSet.length > 0);
    environment.advance(14_900);
    await submit(db, `other-${path.length}`);
    assert.is(listener.comments, 1, path);
    environment.advance(15_100);
    await eventually(`${path}: a comment is sent`, () => listener.comments > 1 || listener.of('changed').length > 0);
    await listener.leave();
  }
  await db.close();
});

clocked.test('a change that concerns very many graphs names a thousand, and says that there are more', async () => {
  const db = await freshStore('memory');
  const web = webOver(db);
  const listener = await Listener.slow(web, '/api/changes');
  await listener.read();
  for (let index = 0; index < 1200; index++) await transactGraph(db, jobGraph({ a: [] }, {}, { id: `g${index}` }));
  while (listener.of('changed').length === 0) await listener.read();
  const told = JSON.parse(listener.of('changed')[0]!.data[0]!) as { graphs: string[]; isWhole: boolean };
  if (told.isWhole) {
    while (listener.of('changed').length === 1) await listener.read();
    Object.assign(told, JSON.parse(listener.of('changed')[1]!.data[0]!));
  }
  assert.equal([told.graphs.length <= 1000, told.isWhole], [true, told.graphs.length < 1000]);
  await listener.leave();
  // What was missed is not read again, but said.
  const again = await Listener.to(web, '/api/changes', { headers: { 'last-event-id': '3' } });
  await again.heard('it', (messages) => messages.length > 0);
  assert.equal(JSON.parse(again.messages[0]!.data[0]!), { upTo: '1200', graphs: [], isWhole: false });
  await again.leave();
  await db.close();
});

clocked.run();
