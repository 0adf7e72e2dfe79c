/** A store that cannot be read for a while, is gone, or is closed: what browsers are told. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { abortGraph, install, LogError, pause, resume, store, type Store } from '../../../src/index.js';
import { eventually } from '../../support/eventually.js';
import { makeFaulty } from '../../support/faulty-log.js';
import { assert, describe } from '../../support/spec.js';
import { engines, freshPlace, freshStore, missingFor, sqliteAddress, temporaryFolder } from '../../support/stores.js';
import { Proxy } from '../../log/eventstoredb/proxy.js';
import { ask, linesOf, Listener, placesIn, refused, runFailing, submit, webOver } from './browser.js';

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

trouble.test('is told as well when it is the subscription that hears of it', async () => {
  const db = await freshStore('memory');
  const { log } = db;
  const error = new LogError('store-locked', 'the file is locked', { isTransient: true });
  const waiting: (() => void)[] = [];
  const interrupt = () => waiting.splice(0).forEach((go) => go());
  (db as { log: Store['log'] }).log = {
    ...log,
    subscribe: (request) => {
      const inner = log.subscribe(request);
      const interrupted = new Promise<void>((resolve) => waiting.push(resolve));
      const messages = async function* () {
        await interrupted;
        // Each try that fails is told.
        yield { kind: 'interrupted', error } as const;
        yield { kind: 'interrupted', error } as const;
        yield* inner;
      };
      return { close: () => inner.close(), [Symbol.asyncIterator]: messages };
    },
  };
  const web = webOver(db);
  await submit(db, 'g');
  const changed = await Listener.to(web, '/api/changes');
  await eventually('it waits', () => changed.comments > 0);
  interrupt();
  await changed.heard('the trouble, and what may have changed', () => changed.of('changed').length > 0);
  assert.equal(
    changed.messages.map(({ event }) => event),
    ['interrupted', 'changed'],
  );
  const { isWhole, upTo } = JSON.parse(changed.messages[1]!.data[0]!) as { isWhole: boolean; upTo: string };
  assert.equal([isWhole, upTo], [false, '1']);
  const followed = await Listener.to(web, '/api/graphs/g/follow');
  await followed.heard('the submission', () => followed.lines.length === 1);
  interrupt();
  await followed.heard('that it goes on', () => followed.of('work').length > 1);
  await pause(db, { graphId: 'g' });
  await followed.heard('the pause', () => followed.lines.length === 2);
  assert.is(followed.of('interrupted').length, 1);
  await changed.leave();
  await followed.leave();
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

trouble.run();

const remote = describe('a server that is out of reach', { timeoutMs: 60_000, missing: missingFor('eventstoredb') });

remote.test('is told to who follows and to who asks, and all goes on by itself when it is back', async () => {
  const { address, namespace } = freshPlace('eventstoredb');
  const proxy = await Proxy.to(address);
  const [direct, db] = await Promise.all([address, proxy.address].map((each) => store(each, { namespace })));
  await install(direct!);
  await submit(direct!, 'g');
  const web = webOver(db!);
  const [followed, changed] = [await Listener.to(web, '/api/graphs/g/follow'), await Listener.to(web, '/api/changes')];
  await followed.heard('the submission', () => followed.lines.length === 1);
  await eventually('changes are followed', () => changed.comments > 0);
  proxy.close();
  for (const each of [followed, changed]) await each.heard('the trouble', () => each.of('interrupted').length === 1);
  for (const path of ['/api/graphs', '/api/graphs/g', '/api/graphs/g/events', '/api/queues']) {
    assert.equal(await refused(web, path), [503, 'store-unavailable'], path);
  }
  await pause(direct!, { graphId: 'g' });
  await proxy.open();
  await followed.heard('the pause', () => followed.lines.length === 2, 20_000);
  assert.equal(placesIn(followed.lines), await linesOf(direct!, 'g'));
  await changed.heard('that something has changed', () => changed.of('changed').length > 0, 20_000);
  await resume(direct!, { graphId: 'g' });
  await followed.heard('what comes then', () => followed.lines.length === 3);
  for (const each of [followed, changed]) assert.is(each.of('interrupted').length, 1);
  assert.is((await ask(web, '/api/graphs/g')).status, 200);
  await followed.leave();
  await changed.leave();
  await Promise.all([direct!, db!].map((each) => each.close()));
  proxy.close();
});

remote.run();

for (const engine of engines) {
  const closed = describe(`a log that is closed: ${engine}`, { missing: missingFor(engine) });

  closed.test('ends every stream, and says so', async () => {
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

  closed.run();
}
