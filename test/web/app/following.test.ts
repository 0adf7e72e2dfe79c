/** How the page follows a graph: from its server, over lost connections, before it is submitted, while nobody looks. */
import { pause, resume, retryJob, type Store } from '../../../src/index.js';
import { serverSource } from '../../../src/web/app/source/server.js';
import { GraphSession } from '../../../src/web/app/state/graph-session.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { runFailing, submit, webOver } from '../server/browser.js';
import { job } from './graphs.js';
import { PageWorld } from './page-world.js';

const spec = describe('how the page follows a graph', { timeoutMs: 30_000 });

let db: Store;
let world: PageWorld;
const sessions: GraphSession[] = [];

spec.beforeEach(async () => {
  db = await freshStore('memory');
  world = new PageWorld(webOver(db));
});
spec.afterEach(async () => {
  for (const session of sessions.splice(0)) session.close();
  await eventually('all streams are closed', () => world.connections === 0);
  await db.close();
});

const by = { by: 'ann', reason: 'to see' };
const eventsOf = async (graphId: string) => (await rightOf(db.log.readGraph(graphId))).map(({ id }) => id);
const idsIn = ({ model, length }: GraphSession) =>
  Array.from({ length: length.value }, (_, at) => model.value!.event(at + 1).id);
const isThere = (session: GraphSession) => session.loading.value.kind === 'ready';

async function opened(graphId: string): Promise<GraphSession> {
  const session = new GraphSession(serverSource, graphId);
  sessions.push(session);
  await eventually('it is read', () => session.loading.value.kind !== 'loading');
  return session;
}

/** One of a graph that is not there, and waits for it. */
async function openedBefore(graphId: string): Promise<GraphSession> {
  const session = await opened(graphId);
  const { loading } = session;
  assert.is(loading.value.kind === 'failed' && loading.value.error.code, 'graph-not-found');
  await eventually('it hears of changes', () => world.count(`api/graphs/${graphId}/events`) === 2);
  return session;
}

spec.test('given a graph, then the page has all its events, and then those that come', async () => {
  await runFailing(db, 'nightly');
  const session = await opened('nightly');
  assert.equal(idsIn(session), await eventsOf('nightly'));
  await retryJob(db, 'nightly', 'bad', by);
  await eventually('it has the reset', () => session.model.value!.latest.status === 'running');
  assert.equal(idsIn(session), await eventsOf('nightly'));
});

spec.test('when the connection is cut again and again, then it has each event once, in order', async () => {
  await submit(db, 'chain', 2);
  const session = await opened('chain');
  const said: (string | null)[] = [];
  session.trouble.subscribe((trouble) => said.push(trouble));
  for (let round = 1; round <= 4; round++) {
    await eventually('it follows', () => world.count('api/graphs/chain/follow') === round);
    world.cut();
    await (round % 2 === 1 ? pause : resume)(db, { graphId: 'chain' }, by);
    const all = await eventsOf('chain');
    await eventually('it has the new one', () => session.length.value >= all.length);
    assert.equal(idsIn(session), all);
  }
  await eventually('the trouble is over', () => said.at(-1) === null);
  assert.ok(said.includes('the server does not answer; the page tries again'));
});

spec.test(
  'given a graph that comes in pieces, then the page has all of it, and follows from the last event on',
  async () => {
    await submit(db, 'chain', 2);
    for (let round = 0; round < 80; round++) await (round % 2 === 0 ? pause : resume)(db, { graphId: 'chain' }, by);
    const session = await opened('chain');
    await eventually('it is there', () => isThere(session));
    assert.equal(idsIn(session), await eventsOf('chain'));
    await eventually('it follows', () => world.count('api/graphs/chain/follow') === 1);
    const { position } = session.model.value!;
    assert.ok(world.asked.includes(`api/graphs/chain/follow?after=${encodeURIComponent(position)}`), position);
  },
);

spec.test('when a graph is submitted in parts, then it appears with the last of them', async () => {
  await submit(db, 'whole', 1);
  const [stored] = await rightOf(db.log.readStored({ graphId: 'whole', limit: 1 }));
  const part = async (number: number) => {
    const data = { ...(JSON.parse(stored!.data) as object), part: number, parts: 2, jobs: [job(`job ${number}`)] };
    const own = { graphId: 'parts', revision: number - 1, id: db.environment.newId(), data: JSON.stringify(data) };
    await rightOf(db.log.restore([{ ...stored!, ...own, recordedAt: new Date().toISOString() }]));
  };
  await part(1);
  const session = new GraphSession(serverSource, 'parts');
  sessions.push(session);
  await eventually('it follows', () => world.count('api/graphs/parts/follow') === 1);
  assert.equal(session.loading.value, { kind: 'loading', events: 1 });
  await part(2);
  await eventually('it is there', () => isThere(session));
  assert.equal([...session.model.value!.latest.jobs.keys()], ['job 1', 'job 2']);
});

spec.test('when a graph is submitted after its page was opened, then it appears, and is followed', async () => {
  const session = await openedBefore('later');
  await submit(db, 'later');
  await eventually('it is there', () => isThere(session));
  assert.equal(idsIn(session), await eventsOf('later'));
  await eventually('nothing waits for it any more', () => world.connections === 1);
  await pause(db, { graphId: 'later' }, by);
  await eventually('it is followed', () => session.model.value!.latest.pause !== null);
  assert.equal(idsIn(session), await eventsOf('later'));
});

spec.test('when other graphs go on meanwhile, then it is not asked for', async () => {
  const session = await openedBefore('later');
  const heard: string[] = [];
  const end = serverSource.onChange(({ graphs }) => heard.push(...graphs));
  for (const id of ['one', 'two']) {
    await submit(db, id);
    await eventually('the page hears of it', () => heard.includes(id));
  }
  assert.is(world.count('api/graphs/later/events'), 2);
  assert.is(world.count('api/changes'), 1, 'all on the page hear of changes by one connection');
  await submit(db, 'later');
  await eventually('it is there', () => isThere(session));
  assert.is(world.count('api/graphs/later/events'), 3);
  end();
});

spec.test('given two graphs that are not there, then each appears when it is submitted', async () => {
  const [first, second] = [await openedBefore('first'), await openedBefore('second')];
  await submit(db, 'second');
  await eventually('the second is there', () => isThere(second));
  assert.is(isThere(first), false);
  await submit(db, 'first');
  await eventually('the first is there', () => isThere(first));
});

spec.test('when it is submitted while the connection is lost, then it appears once there is one', async () => {
  const session = await openedBefore('later');
  world.isReachable = false;
  world.cut();
  await submit(db, 'later');
  world.isReachable = true;
  await eventually('it is there', () => isThere(session));
  assert.equal(idsIn(session), await eventsOf('later'));
});

spec.test('when nobody looks at the page, then it asks nothing until somebody does', async () => {
  world.look(false);
  const session = await opened('later');
  assert.is(world.connections, 0);
  await submit(db, 'later');
  assert.is(world.count('api/graphs/later/events'), 1);
  world.look(true);
  await eventually('it is there', () => isThere(session));
  await eventually('it is followed', () => world.count('api/graphs/later/follow') === 1);
});

spec.test('when the store cannot be read for a moment, then the page says so, and reads it then', async () => {
  await submit(db, 'chain');
  const { web } = world;
  const busy = { error: { code: 'store-unreachable', message: 'the disk is away' } };
  world.web = () => Promise.resolve(Response.json(busy, { status: 503 }));
  const session = new GraphSession(serverSource, 'chain');
  sessions.push(session);
  await eventually('it is said', () => session.trouble.value === 'the disk is away');
  world.web = web;
  await eventually('it is read', () => isThere(session));
  assert.is(session.trouble.value, null);
});

spec.test('when a graph cannot be read at all, then that is said, and it is not asked for again', async () => {
  const refused = { error: { code: 'store-history-missing', message: 'an archive is missing' } };
  world.web = () => Promise.resolve(Response.json(refused, { status: 409 }));
  const session = await opened('nightly');
  assert.is(session.loading.value.kind === 'failed' && session.loading.value.error.message, 'an archive is missing');
  assert.is(world.connections, 0);
});
spec.run();
