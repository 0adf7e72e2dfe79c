/** A graph that is open on the page: which moment it shows, what the keys do, how it is played, and what the URL says. */
import { pause, resume, retryJob, type Store } from '../../../src/index.js';
import { serverSource } from '../../../src/web/app/source/server.js';
import { GraphSession } from '../../../src/web/app/state/graph-session.js';
import { queryOf, withStatus } from '../../../src/web/app/state/graphs-query.js';
import { followGraphKeys, followPageKeys, isHelpOpen } from '../../../src/web/app/state/keys.js';
import { change, followUrl, fragmentOf, go, place } from '../../../src/web/app/state/place.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { runFailing, webOver } from '../server/browser.js';
import { PageWorld } from './page-world.js';

const spec = describe('a graph that is open', { timeoutMs: 30_000 });

const by = { by: 'ann', reason: 'to see' };
let db: Store;
let world: PageWorld;
let session: GraphSession;
let end = () => {};

spec.beforeEach(async () => {
  db = await freshStore('memory');
  await runFailing(db, 'nightly');
  world = new PageWorld(webOver(db));
  place.value = { path: ['graph', 'nightly'], params: {} };
  session = new GraphSession(serverSource, 'nightly');
  end = followGraphKeys(session);
  await eventually('it is there', () => session.loading.value.kind === 'ready');
});
spec.afterEach(async () => {
  end();
  session.close();
  await eventually('all streams are closed', () => world.connections === 0);
  await db.close();
});

/** Adds an event to the graph. */
async function grow(): Promise<void> {
  const before = session.length.value;
  if (session.model.value!.latest.status === 'failed') await retryJob(db, 'nightly', 'bad', by);
  else await (session.model.value!.latest.pause === null ? pause : resume)(db, { graphId: 'nightly' }, by);
  await eventually('it has grown', () => session.length.value === before + 1);
}

spec.test(
  'it shows the latest and goes on with it, until a moment is chosen; and again when that is wanted',
  async () => {
    const last = session.length.value;
    assert.is(session.number.value, last);
    await grow();
    assert.equal([session.number.value, session.isAtEnd.value], [last + 1, true]);
    session.moveTo(2);
    await grow();
    assert.equal([session.number.value, session.isAtEnd.value], [2, false]);
    session.moveTo(Infinity);
    await grow();
    assert.equal(
      [session.number.value, session.length.value],
      [last + 2, last + 3],
      'the last is a moment like others',
    );
    session.moveToEnd();
    await grow();
    assert.is(session.number.value, last + 4);
  },
);

spec.test('a moment that the graph does not have is the nearest that it has, or the latest', () => {
  const last = session.length.value;
  const shown = (at: string) => {
    place.value = { path: ['graph', 'nightly'], params: { at, a: at } };
    return [session.number.value, session.pins.value.a];
  };
  assert.equal(shown('3'), [3, 3]);
  assert.equal(shown('0'), [1, 1]);
  assert.equal(shown('99999'), [last, last]);
  for (const nonsense of ['-1', 'x', '1e3', '2.5', '9'.repeat(30)])
    assert.equal(shown(nonsense), [last, null], nonsense);
});

spec.test('the keys lead from event to event, from trouble to trouble, and along the events of a job', () => {
  const { model } = session;
  const [only] = model.value!.marks;
  const last = session.length.value;
  const moves = (key: string, shiftKey = false) => {
    assert.is(world.press(key, { shiftKey }), true, `${key} is taken`);
    return session.number.value;
  };
  assert.equal([moves('Home'), moves('ArrowRight'), moves('ArrowRight'), moves('ArrowLeft')], [1, 2, 3, 2]);
  assert.equal([moves(']'), moves(']')], [only!.number, only!.number], 'there is no other');
  assert.equal([moves('['), moves('End'), moves('[')], [only!.number, last, only!.number]);
  session.choose('bad');
  const own = model.value!.eventsOf('bad');
  assert.ok(own.length >= 2);
  moves('Home');
  assert.equal(
    own.map(() => moves('ArrowRight', true)),
    own,
  );
  assert.equal([moves('ArrowRight', true), moves('ArrowLeft', true)], [own.at(-1), own.at(-2)]);
  moves('a');
  moves('End');
  moves('B');
  assert.equal(session.pins.value, { a: own.at(-2), b: last });
  moves('l');
  assert.is(session.isAtEnd.value, true);
  moves('Escape');
  assert.is(session.jobId.value, null);
});

spec.test('keys that are typed into a field, or belong to a button, are left alone', () => {
  session.moveTo(2);
  for (const within of ['input', 'select', 'textarea', 'dialog']) {
    for (const key of ['ArrowRight', 'l', ' ', '[']) assert.is(world.press(key, { within }), false, `${within} ${key}`);
  }
  assert.is(world.press(' ', { within: 'button' }), false);
  assert.is(world.press('l', { ctrlKey: true }), false);
  assert.is(world.press('x'), false);
  assert.equal([session.number.value, session.player.isPlaying.value], [2, false]);
  assert.is(world.press('ArrowRight', { within: 'button' }), true);
  assert.is(world.press('ArrowRight', { within: '[role=application]' }), true);
  assert.is(session.number.value, 4);
});

spec.test('the list of keys opens in every view, and not while somebody types', () => {
  followPageKeys();
  assert.equal([world.press('?', { within: 'input' }), isHelpOpen.value], [false, false]);
  assert.equal([world.press('?', { shiftKey: true }), isHelpOpen.value], [true, true]);
});

spec.test('a drag stops what is played, and what is followed', async () => {
  session.moveTo(1);
  session.player.toggle();
  session.dragTo(3);
  assert.equal([session.player.isPlaying.value, session.number.value], [false, 3]);
  world.draw(performance.now() + 1e9);
  await grow();
  assert.is(session.number.value, 3);
});

spec.test('a step by hand stops what is played; Space plays, and stops', () => {
  session.moveTo(1);
  assert.equal([world.press(' '), session.player.isPlaying.value], [true, true]);
  world.press('ArrowRight');
  assert.equal([session.player.isPlaying.value, session.number.value], [false, 2]);
  assert.equal([world.press(' '), session.player.isPlaying.value], [true, true]);
  assert.equal([world.press(' '), session.player.isPlaying.value], [true, false]);
});

spec.test('what is changed stands in the URL beside what was there, at once when the page goes elsewhere', async () => {
  followUrl();
  world.open('#/graph/nightly');
  change({ view: 'timeline', at: '3' });
  change({ find: 'a b', view: null });
  assert.equal({ ...place.value.params }, { at: '3', find: 'a b' });
  await eventually('the URL follows', () => world.hash === '#/graph/nightly?at=3&find=a+b');
  assert.is(world.replaced.length, 1, 'browsers refuse a page that writes it at every change');
  change({ at: '4' });
  go(['graphs'], { status: 'failed' });
  assert.equal([world.replaced.at(-1), world.hash], ['#/graph/nightly?at=4&find=a+b', '#/graphs?status=failed']);
  world.open('#/graph/nightly?at=2');
  assert.equal([session.number.value, place.value.path], [2, ['graph', 'nightly']]);
});

spec.test('the filters of the list are in its URL, and choosing one leaves the others', () => {
  place.value = { path: ['graphs'], params: { search: 'x', label: 'team=ops,tier=2', after: 'abc', asOf: '@7' } };
  const query = () => queryOf(place.value.params);
  assert.equal(query(), {
    ...{ status: [], labels: ['team=ops', 'tier=2'], search: 'x', asOf: '@7', after: 'abc', limit: 50 },
  });
  change(withStatus(query(), 'failed'));
  change(withStatus(query(), 'aborted'));
  assert.equal(query(), {
    ...{
      status: ['failed', 'aborted'],
      labels: ['team=ops', 'tier=2'],
      search: 'x',
      asOf: '@7',
      after: null,
      limit: 50,
    },
  });
  assert.is(
    fragmentOf(place.value.path, place.value.params),
    '#/graphs?search=x&label=team%3Dops%2Ctier%3D2&asOf=%407&status=failed%2Caborted',
  );
  change(withStatus(query(), 'failed'));
  change(withStatus(query(), 'aborted'));
  assert.equal(query().status, []);
});
spec.run();
