/** What the web handler answers, over every kind of store. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  auditCheck,
  auditHead,
  graphInfo,
  graphs,
  install,
  jobGraph,
  pause,
  queueDepths,
  resume,
  store,
  type Store,
  transactGraph,
  verify,
  workers,
} from '../../../src/index.js';
import { readEventLine } from '../../../src/evidence/canonical-event.js';
import type { Position } from '../../../src/domain/events.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { type Engine, engines, exportText, freshStore, missingFor, temporaryFolder } from '../../support/stores.js';
import { ask, Listener, refused, requestOf, runFailing, webOver } from './browser.js';

/** Three graphs: `nightly` has failed, `weekly` waits, and so does `aside`. */
async function fill(db: Store): Promise<void> {
  await install(db);
  await runFailing(db, 'nightly', { team: 'billing' });
  await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id: 'weekly', labels: { team: 'Search', tier: '2' } }));
  await pause(db, { type: 'a' }, { by: 'ann', reason: 'the disk is full' });
  await transactGraph(db, jobGraph({ odd: [] }, {}, { id: 'aside' }));
}

/** What can be asked: a store of each engine, and a file that was exported from one. */
const places = [
  ...engines.map((engine) => ({ kind: engine, missing: missingFor(engine), open: () => filled(engine) })),
  {
    kind: 'an exported file',
    missing: null,
    open: async () => {
      const db = await filled('memory');
      const file = join(temporaryFolder(), 'whole.jsonl');
      writeFileSync(file, await exportText(db));
      await db.close();
      return await store(file);
    },
  },
];

async function filled(engine: Engine): Promise<Store> {
  const db = await freshStore(engine);
  await fill(db);
  return db;
}

/** Parsed JSON, of which a test knows what it holds. */
type Any = ReturnType<typeof JSON.parse>;

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

for (const { kind, missing, open } of places) {
  const spec = describe(`what the web handler answers: ${kind}`, { timeoutMs: 30_000, missing });
  let db: Store;
  let web: ReturnType<typeof webOver>;
  spec.before(async () => {
    db = await open();
    web = webOver(db);
  });
  spec.after(async () => await db.close());

  const value = async <A = Any>(path: string): Promise<A> => (await ask<A>(web, path)).value;
  const ids = async (path: string) => ((await value(path)).items as { id: string }[]).map(({ id }) => id);

  spec.test('about says what it is, and hides passwords', async () => {
    const about = await value('/api/about');
    assert.equal([about.namespace, about.operate, about.needsToken], [db.log.namespace, null, false]);
    assert.equal(about.exported, json(db.log.exported ?? null));
    assert.ok(Math.abs(about.now - Date.now()) < 60_000);
    assert.is(about.describe === null, db.log.describe === undefined);
  });

  spec.test('graphs are listed as `graphs()` lists them', async () => {
    assert.equal(await value('/api/graphs'), json(await graphs(db)));
    assert.equal(await ids('/api/graphs?status=failed&status=aborted'), ['nightly']);
    assert.equal(await ids('/api/graphs?label=team=Search&label=tier=2'), ['weekly']);
    const first = await value('/api/graphs?limit=2');
    assert.equal(first, json(await graphs(db, { limit: 2 })));
    assert.equal(await value(`/api/graphs?limit=2&after=${first.next}`), json(await graphs(db, { after: first.next })));
  });

  spec.test('graphs are searched by id, label, type and failure, in upper or lower case', async () => {
    for (const [text, found] of [
      ['NIGHT', ['nightly']],
      ['search', ['weekly']],
      ['tier', ['weekly']],
      ['odd', ['aside']],
      ['no such table', ['nightly']],
      ['typeerror', ['nightly']],
      ['', ['aside', 'weekly', 'nightly']],
      ['nothing like it', []],
    ] as const) {
      assert.equal(await ids(`/api/graphs?search=${encodeURIComponent(text)}`), found, text);
      assert.equal(
        (await graphs(db, { search: text })).items.map(({ id }) => id),
        found,
        text,
      );
    }
  });

  spec.test('at a moment, there are the graphs of then, as they were', async () => {
    const nightly = await value('/api/graphs/nightly');
    assert.equal(nightly.counts, (await graphInfo(db, 'nightly')).counts);
    const all = await rightOf(db.log.readAll({ limit: 1000 }));
    for (const { position } of all) {
      const path = `/api/graphs?asOf=${encodeURIComponent(position)}`;
      assert.equal(await value(path), json(await graphs(db, { asOf: position })), position);
    }
  });

  spec.test('the events of a graph come as lines of their canonical form, after their positions', async () => {
    const text: string = await value('/api/graphs/nightly/events');
    const stored = await rightOf(db.log.readStored({ graphId: 'nightly', limit: 1000 }));
    const lines = text.trimEnd().split('\n');
    const read = lines.map((line) => {
      const [position = '', ...rest] = line.split(' ');
      return readEventLine(rest.join(' '), position as Position);
    });
    assert.equal(
      read.map((each) => (each._tag === 'Right' ? each.right : each.left)),
      stored,
    );
    const after = stored[2]!.position;
    assert.is(
      await value(`/api/graphs/nightly/events?after=${encodeURIComponent(after)}`),
      `${lines.slice(3).join('\n')}\n`,
    );
    assert.is(await value(`/api/graphs/nightly/events?after=${encodeURIComponent(stored.at(-1)!.position)}`), '');
    assert.equal(await refused(web, '/api/graphs/nightl/events'), [404, 'graph-not-found']);
    assert.match((await value('/api/graphs/nightl')).error.message, 'did you mean nightly?');
  });

  spec.test('the log is read from its end, before and after a position, by type and graph', async () => {
    const stored = await rightOf(db.log.readStored({ limit: 1000 }));
    const position = (index: number) => encodeURIComponent(stored.at(index)!.position);
    const shown = async (query: string) => {
      const page = await value<{ lines: string[]; next: string; previous: string }>(`/api/log?${query}`);
      const { lines, next, previous } = page;
      return [lines.map((line) => line.split(' ')[0]), next, previous];
    };
    const at = (from: number, to?: number) => stored.slice(from, to).map((each) => each.position);
    assert.equal(await shown('limit=3'), [at(-3), null, at(-3)[0]]);
    assert.equal(await shown(`limit=2&before=${position(-3)}`), [at(-5, -3), at(-4)[0], at(-5)[0]]);
    assert.equal(await shown(`limit=2&before=${position(2)}`), [at(0, 2), at(1)[0], null]);
    assert.equal(await shown(`limit=2&after=${position(0)}`), [at(1, 3), at(2)[0], at(1)[0]]);
    assert.equal(await shown(`after=${position(-3)}`), [at(-2), null, at(-2)[0]]);
    assert.equal(await shown(`after=${position(-1)}`), [[], null, null]);
    const ofType = stored.filter(({ type }) => type === 'GraphSubmitted').map((each) => each.position);
    assert.equal(await shown('type=GraphSubmitted'), [ofType, null, null]);
    const both = stored.filter(({ type, graphId }) => graphId === 'nightly' && /^Job(Started|Finished)$/.test(type));
    assert.equal(
      (await shown('graph=nightly&type=JobStarted&type=JobFinished'))[0],
      both.map((each) => each.position),
    );
    assert.equal(await refused(web, `/api/log?after=${position(0)}&before=${position(1)}`), [400, 'request-invalid']);
  });

  spec.test('moments, queues and workers are those of the functions', async () => {
    const [, second] = await rightOf(db.log.readAll({ limit: 2 }));
    const at = encodeURIComponent(`@${second!.position}`);
    assert.equal(await value(`/api/moment?at=${at}`), { position: second!.position });
    assert.equal(await value(`/api/moment?at=${encodeURIComponent('#2')}&graph=nightly`), {
      position: second!.position,
    });
    assert.equal(await refused(web, '/api/moment?at=yesterday'), [400, 'moment-invalid']);
    assert.equal(await refused(web, '/api/moment'), [400, 'request-invalid']);
    assert.equal(await value('/api/queues'), json(await queueDepths(db)));
    const asOf = encodeURIComponent(second!.position);
    assert.equal(await value(`/api/queues?asOf=${asOf}`), json(await queueDepths(db, { asOf: second!.position })));
    assert.equal(
      await value('/api/workers?running=false&limit=5'),
      json(await workers(db, { running: false, limit: 5 })),
    );
    assert.equal(await value('/api/workers?type=nope'), json(await workers(db, { type: 'nope' })));
    const [seen] = await value('/api/workers-seen');
    assert.equal([...seen.types].sort(), ['bad', 'good']);
    assert.equal(await value(`/api/workers-seen?asOf=${asOf}`), [
      { ...seen, types: ['good'], lastSeenAt: second!.recordedAt },
    ]);
    const [held, free] = await value('/api/places?key=api&key=other');
    assert.equal([held.taken, held.revision, free.revision], [[], -1, -1]);
    const [paused] = await value('/api/work-events');
    assert.equal([paused.type, paused.data.by, paused.graphId], ['WorkPaused', 'ann', '']);
  });

  spec.test('the tree head, and the proof of an event that leads to it', async () => {
    const head = await value('/api/head');
    assert.equal(head, json(await auditHead(db)));
    const [first] = await rightOf(db.log.readStored({ limit: 1 }));
    for (const which of [first!.id, `@${first!.position}`]) {
      const proof = await value(`/api/proof?event=${encodeURIComponent(which)}`);
      assert.is(auditCheck(proof, head).problem, null);
    }
    assert.equal(await refused(web, '/api/proof?event=@999999'), [404, 'event-not-found']);
    assert.equal(await refused(web, '/api/proof?event=first'), [400, 'request-invalid']);
  });

  spec.test('a verification tells its progress, and then what it found', async () => {
    const listener = await Listener.to(web, '/api/verify');
    await listener.heard('the end', (messages) => messages.at(-1)?.event === 'done');
    assert.equal(JSON.parse(listener.of('done')[0]!.data[0]!), json(await verify(db)));
  });

  spec.run();
}

const written = describe('what the web handler answers as the log goes on');

written.test('lists are those of `graphs()` after every event', async () => {
  const db = await freshStore('memory');
  const web = webOver(db);
  const same = async () => assert.equal((await ask(web, '/api/graphs')).value, json(await graphs(db)));
  await same();
  await fill(db);
  await same();
  await runFailing(db, 'later');
  await same();
  await resume(db, { type: 'a' });
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'last' }));
  await same();
  await db.close();
});

written.test('one verification runs at a time, and it is stopped when nobody listens any more', async () => {
  const db = await freshStore('memory');
  await fill(db);
  const { log } = db;
  let reads = 0;
  let goOn = () => {};
  const until = new Promise<void>((resolve) => (goOn = resolve));
  (db as { log: Store['log'] }).log = {
    ...log,
    readStored: (request) => async () => {
      reads += 1;
      if (reads === 1) await until;
      // As if there were always more.
      return await log.readStored({ ...request, after: null })();
    },
  };
  const web = webOver(db);
  const first = await Listener.slow(web, '/api/verify');
  await first.read();
  await eventually('it reads', () => reads === 1);
  assert.equal(await refused(web, '/api/verify'), [409, 'verification-under-way']);
  await first.leave();
  assert.equal(await refused(web, '/api/verify'), [409, 'verification-under-way'], 'it has not ended yet');
  goOn();
  await eventually('another can begin', async () => {
    const response = await web(requestOf('/api/verify'));
    await response.body?.cancel();
    return response.status === 200;
  });
  assert.ok(reads < 10, `${reads} reads`);
  await db.close();
});

written.run();
