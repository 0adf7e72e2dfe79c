/** What is told of a log as it goes on: to browsers that are fast, slow, gone, or connected again. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  abortGraph,
  install,
  jobGraph,
  LogError,
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
import { makeFaulty } from '../../support/faulty-log.js';
import { ManualEnvironment } from '../../support/manual-environment.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore, sqliteAddress, temporaryFolder } from '../../support/stores.js';
import { ask, Listener, refused, runFailing, webOver } from './browser.js';

const chain = (jobs: number) =>
  Object.fromEntries(
    Array.from({ length: jobs }, (_, index) => [
      `j${index}`,
      { type: 'good', ...(index > 0 && { after: [`j${index - 1}`] }) },
    ]),
  );

async function submit(db: Store, id: string, jobs = 3): Promise<void> {
  await transactGraph(db, jobGraph({ jobs: chain(jobs) }, {}, { id }));
}

async function runAll(db: Store, ...ids: string[]): Promise<void> {
  const worker = await start({}, db, { good: () => 1 });
  for (const id of ids) await waitForGraph(db, id);
  await worker.stop();
}

const linesOf = async (db: Store, graphId: string) =>
  (await rightOf(db.log.readStored({ graphId, limit: 10_000 }))).map(({ position, id }) => `${position} ${id}`);

const placesIn = (lines: readonly string[]) =>
  lines.map((line) => {
    const space = line.indexOf(' ');
    return `${line.slice(0, space)} ${(JSON.parse(line.slice(space)) as { id: string }).id}`;
  });

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

for (const engine of ['memory', 'sqlite'] as const) {
  const spec = describe(`following a graph: ${engine}`, { timeoutMs: 30_000 });

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

const trouble = describe('a log that cannot be read', { timeoutMs: 30_000 });

trouble.test('is told to who follows, once, and it goes on by itself', async () => {
  const db = await freshStore('memory');
  const { log } = db;
  let isDown = false;
  (db as { log: Store['log'] }).log = {
    ...log,
    readStored: (request) => async () =>
      isDown
        ? {
            _tag: 'Left',
            left: new LogError('store-unavailable', 'esdb://ann:secret@host:2113 is down', { isTransient: true }),
          }
        : await log.readStored(request)(),
  };
  const web = webOver(db);
  await submit(db, 'g');
  const listener = await Listener.to(web, '/api/graphs/g/follow');
  await listener.heard('the submission', () => listener.lines.length === 1);
  isDown = true;
  await pause(db, { graphId: 'g' });
  await listener.heard('the trouble', (messages) => messages.at(-1)?.event === 'interrupted');
  const [told] = listener.of('interrupted');
  const { code, message } = JSON.parse(told!.data[0]!) as { code: string; message: string };
  assert.equal([code, message], ['store-unavailable', 'esdb://ann:***@host:2113 is down']);
  await resume(db, { graphId: 'g' });
  isDown = false;
  await listener.heard('the rest', () => listener.lines.length === 3);
  assert.equal(placesIn(listener.lines), await linesOf(db, 'g'));
  assert.is(listener.of('interrupted').length, 1);
  // It begins with the pauses again, for these may have changed meanwhile.
  assert.is(listener.of('work').length, 2);
  await listener.leave();
  await db.close();
});

trouble.test('and answers with 503, its code and its words, until it can be read again', async () => {
  const db = await freshStore('memory');
  const faults = makeFaulty(db);
  await runFailing(db, 'g');
  const web = webOver(db);
  assert.is((await ask(web, '/api/graphs')).status, 200);
  faults.isReadingDown = true;
  for (const path of [
    '/api/graphs',
    '/api/graphs/g',
    '/api/graphs/g/events',
    '/api/graphs/g/follow',
    '/api/changes',
    '/api/queues',
    '/api/workers',
  ]) {
    assert.equal(await refused(web, path), [503, 'store-unavailable'], path);
  }
  faults.isReadingDown = false;
  await abortGraph(db, 'g').catch(() => {});
  for (const path of ['/api/graphs', '/api/graphs/g', '/api/graphs/g/events', '/api/queues', '/api/workers']) {
    assert.is((await ask(web, path)).status, 200, path);
  }
  await db.close();
});

trouble.test('a file that is moved away is gone, and can be read again when it is back', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'overseer.db');
  const db = await store(sqliteAddress(file));
  await install(db);
  await runFailing(db, 'g');
  const web = webOver(db);
  const listener = await Listener.to(web, '/api/graphs/g/follow');
  await listener.heard('lines', () => listener.lines.length > 0);
  renameSync(file, join(folder, 'elsewhere.db'));
  await eventually('it is gone', async () => (await ask(web, '/api/graphs')).status === 503);
  assert.equal(await refused(web, '/api/graphs/g/events'), [503, 'store-gone']);
  await listener.heard('the end', (messages) => messages.at(-1)?.event === 'gone');
  await eventually('the stream has ended', () => listener.hasEnded);
  assert.is((JSON.parse(listener.of('gone')[0]!.data[0]!) as { code: string }).code, 'store-gone');
  renameSync(join(folder, 'elsewhere.db'), file);
  assert.is((await ask(web, '/api/graphs')).status, 200);
  const again = await Listener.to(web, '/api/graphs/g/follow');
  await again.heard('lines', () => again.lines.length > 0);
  await again.leave();
  await db.close();
});

for (const engine of ['memory', 'sqlite'] as const) {
  trouble.test(`a store that is closed ends every stream, and says so: ${engine}`, async () => {
    const db = await freshStore(engine);
    await submit(db, 'g');
    const web = webOver(db);
    const listeners = await Promise.all(['/api/graphs/g/follow', '/api/changes'].map((path) => Listener.to(web, path)));
    for (const each of listeners) await each.heard('it has begun', () => each.comments > 0);
    await listeners[0]!.heard('lines', () => listeners[0]!.lines.length > 0);
    await db.close();
    for (const each of listeners) {
      await eventually('it has ended', () => each.hasEnded);
      const { event, data } = each.messages.at(-1)!;
      assert.equal([event, (JSON.parse(data[0]!) as { code: string }).code], ['gone', 'store-closed']);
    }
    assert.equal(await refused(web, '/api/graphs'), [503, 'store-closed']);
  });
}

trouble.run();
