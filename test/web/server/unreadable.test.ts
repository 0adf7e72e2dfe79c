/** Graphs that this release cannot read: they are named with the reason, and the others are unharmed. */
import { exportIncident, type GraphsPage, type Store } from '../../../src/index.js';
import { incidentClosing, incidentOpening } from '../../../src/evidence/incident-format.js';
import { incidentSource } from '../../../src/web/app/source/incident.js';
import { serverSource } from '../../../src/web/app/source/server.js';
import { GraphSession } from '../../../src/web/app/state/graph-session.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { engines, freshStore, missingFor } from '../../support/stores.js';
import { PageWorld } from '../app/page-world.js';
import { ask, runFailing, submit, webOver } from './browser.js';
import { goBeyond, submitBeyond, submitUnreadable } from './strange-graphs.js';

const namesIn = ({ items, unreadable }: GraphsPage) => [items.map(({ id }) => id), unreadable];
const reason = 'its submission is not complete, or cannot be read';
const newer = 'version 99 of GraphSubmitted was written by a newer release; this one reads up to 3';

for (const engine of engines) {
  const spec = describe(`graphs that cannot be read: ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });
  let db: Store;
  spec.beforeEach(async () => {
    db = await freshStore(engine);
    await runFailing(db, 'first');
    await submitUnreadable(db, 'strange');
    await submit(db, 'last');
  });
  spec.afterEach(() => db.close());

  spec.test('the list names one with the reason, and has the others as they are', async () => {
    const web = webOver(db);
    const list = async (query = '') => namesIn((await ask<GraphsPage>(web, `/api/graphs${query}`)).value);
    const unreadable = [{ graphId: 'strange', reason }];
    assert.equal(await list(), [['last', 'first'], unreadable]);
    assert.equal(await list('?status=failed'), [['first'], unreadable]);
    // One that comes while the list is kept.
    await submitUnreadable(db, 'stranger');
    await submit(db, 'later');
    const both = [{ graphId: 'stranger', reason }, ...unreadable];
    assert.equal(await list(), [['later', 'last', 'first'], both]);
    const page = (await ask<GraphsPage>(web, '/api/graphs?limit=1')).value;
    const rest = await list(`?limit=2&after=${encodeURIComponent(page.next!)}`);
    assert.equal(rest, [['last', 'first'], both]);
  });

  spec.test('one that is readable up to an event is listed as it was before that event', async () => {
    await submitBeyond(db, 'beyond');
    const { value } = await ask<GraphsPage>(webOver(db), '/api/graphs');
    assert.equal(namesIn(value)[0], ['beyond', 'last', 'first']);
    assert.is(value.items[0]!.status, 'running');
  });
  spec.run();
}

const page = describe('the page of a graph that cannot be read', { timeoutMs: 30_000 });

page.test('it says why, and that of one that can be read up to an event shows it, and goes on', async () => {
  const db = await freshStore('memory');
  await submitUnreadable(db, 'strange');
  await submit(db, 'good');
  const world = new PageWorld(webOver(db));
  const [strange, good] = ['strange', 'good'].map((id) => new GraphSession(serverSource, id)) as [
    GraphSession,
    GraphSession,
  ];
  await eventually('it is said', () => strange.loading.value.kind === 'failed');
  const { loading } = strange;
  assert.is(
    loading.value.kind === 'failed' && loading.value.error.message,
    `graph strange cannot be read: its submission cannot be read: ${newer}`,
  );
  await eventually('the other is there', () => good.loading.value.kind === 'ready');
  await eventually('it is followed', () => world.count('api/graphs/good/follow') === 1);
  await goBeyond(db, 'good');
  await eventually('the event has come', () => good.length.value === 2);
  assert.match(good.model.value!.latest.unreadable!.problem, /version 99 of GraphPaused/);
  assert.is(good.model.value!.stateAt(1).unreadable, null, 'before it, all could be read');
  strange.close();
  good.close();
  await eventually('all streams are closed', () => world.connections === 0);
  await db.close();
});

page.test('an incident file of a whole log names it as well', async () => {
  const db = await freshStore('memory');
  await submitUnreadable(db, 'strange');
  await submit(db, 'good');
  let text = '';
  for await (const piece of exportIncident(db)) text += piece;
  const from = text.indexOf(incidentOpening) + incidentOpening.length;
  const source = incidentSource(text.slice(from, text.indexOf(incidentClosing, from)));
  const query = { status: [], labels: [], search: '', asOf: null, after: null, limit: 50 };
  const found = namesIn(await source.graphs(query));
  assert.equal(found, [['good'], [{ graphId: 'strange', reason: `its submission cannot be read: ${newer}` }]]);
  await db.close();
});
page.run();
