// time-limit: 300s
// takes: 15s
/** The page in a real browser, over a real EventStoreDB: whose positions, subscriptions and troubles are its own. */
import {
  install,
  jobGraph,
  start,
  store,
  type Store,
  transactGraph,
  verify,
  waitForGraph,
} from '../../../src/index.js';
import { Chromium, type Opened, whyNoChromium } from '../../support/chromium.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { freshPlace, missingFor, type Place } from '../../support/stores.js';
import { Proxy } from '../../log/eventstoredb/proxy.js';
import { runFailing } from '../server/browser.js';
import { Served } from './served.js';

const missing = whyNoChromium ?? missingFor('eventstoredb');
const spec = describe('the page over EventStoreDB', { timeoutMs: 30_000, missing });

let place: Place;
/** The worker's own way to the server. */
let db: Store;
/** The way of the page's server, which can be cut. */
let proxy: Proxy;
let looking: Store;
let served: Served;
let chromium: Chromium;

spec.before(async () => {
  place = freshPlace('eventstoredb');
  const { address, namespace } = place;
  db = await store(address, { namespace });
  await install(db);
  await runFailing(db, 'nightly', { team: 'billing' });
  proxy = await Proxy.to(address);
  looking = await store(proxy.address, { namespace });
  served = await Served.over(looking, { operate: { by: 'ann' } });
  chromium = await Chromium.start();
});
spec.after(async () => {
  await chromium.close();
  await served.close();
  await looking.close();
  proxy.close();
  await db.close();
});

const open = (at: string) => chromium.open(served.at(at));
const text = async ({ page }: Opened, selector: string) => (await page.locator(selector).first().textContent()) ?? '';
const slider = ({ page }: Opened) => page.getByRole('slider', { name: 'Moment' });
const numberOf = async (opened: Opened, name: 'aria-valuenow' | 'aria-valuemax') =>
  Number(await slider(opened).getAttribute(name));
const bar = (opened: Opened) => text(opened, '.graph-bar');

/** Submits two jobs in a row, has a worker run them, and holds the second until it is let go. */
async function held(id: string) {
  await transactGraph(db, jobGraph({ first: [], second: ['first'] }, {}, { id }));
  let letGo = () => {};
  const until = new Promise<void>((resolve) => (letGo = resolve));
  const begin = () => start({}, db, { first: () => ({ rows: 3 }), second: () => until });
  return { begin, letGo };
}

spec.test('a graph is listed when it is submitted, followed while a worker runs it, and wound back', async () => {
  const opened = await open('');
  await opened.page.getByRole('link', { name: 'nightly' }).waitFor();
  const { begin, letGo } = await held('followed');
  await opened.page.getByRole('link', { name: 'followed' }).click();
  await opened.page.getByRole('heading', { name: 'followed' }).waitFor();
  assert.match(await bar(opened), /running1 ready1 waiting/);
  const worker = await begin();
  await eventually('it runs on the page', async () => /1 finished1 started/.test(await bar(opened)));
  letGo();
  await waitForGraph(db, 'followed');
  await eventually('it has ended on the page', async () => /finished2 finished/.test(await bar(opened)));
  await worker.stop();
  const events = await rightOf(db.log.readGraph('followed'));
  assert.is(await numberOf(opened, 'aria-valuemax'), events.length);
  await opened.page.keyboard.press('Home');
  await eventually('the beginning is shown', async () => /running1 ready1 waiting/.test(await bar(opened)));
  await opened.page.keyboard.press('ArrowRight');
  await eventually('the first job runs', async () => /1 started1 waiting/.test(await bar(opened)));
  await opened.page.keyboard.press('l');
  await eventually('the latest', async () => /finished2 finished/.test(await bar(opened)));
  assert.equal(opened.complaints, []);
});

spec.test('a server that is out of reach is told, and what happened meanwhile comes when it is back', async () => {
  const { begin, letGo } = await held('missed');
  const opened = await open('graph/missed');
  await opened.page.getByRole('heading', { name: 'missed' }).waitFor();
  proxy.close();
  await eventually('the trouble is told', async () => /cannot be reached/.test(await bar(opened)));
  const worker = await begin();
  letGo();
  await waitForGraph(db, 'missed');
  await worker.stop();
  assert.match(await bar(opened), /running1 ready1 waiting/);
  await proxy.open();
  await eventually('all of it', async () => /finished2 finished/.test(await bar(opened)), 20_000);
  await eventually('the trouble is over', async () => !/cannot be reached/.test(await bar(opened)));
});

spec.test('the log is turned over page by page, back to its start and forward again', async () => {
  const all = (await rightOf(db.log.readStored({ limit: 1000 }))).map(({ position }) => `@${position}`);
  const opened = await open(`log?before=${encodeURIComponent(all[3]!.slice(1))}`);
  const positions = async () => await opened.page.locator('table.log td.number').allTextContents();
  const turn = (name: string) => opened.page.getByRole('button', { name, exact: true }).click();
  await eventually('what was before', async () => (await positions()).length === 3);
  assert.equal((await positions()).toReversed(), all.slice(0, 3));
  assert.is(await opened.page.getByRole('button', { name: 'Earlier' }).isDisabled(), true);
  await turn('Later');
  await eventually('what came later', async () => (await positions()).at(-1) === all[3]);
  assert.equal((await positions()).toReversed(), all.slice(3));
  await turn('Earlier');
  await eventually('what was before, again', async () => (await positions()).at(-1) === all[0]);
  await turn('Latest');
  await eventually('the end', async () => (await positions())[0] === all.at(-1));
  assert.equal(opened.complaints, []);
});

spec.test('the tree head, the proof of an event and a verification are those of the log', async () => {
  const { treeHead, events } = await verify(db);
  const [first] = await rightOf(db.log.readStored({ limit: 1 }));
  const opened = await open(`audit?event=${encodeURIComponent(`@${first!.position}`)}`);
  const head = opened.page.getByRole('region', { name: 'Tree head' });
  await eventually('the root hash', async () => ((await head.textContent()) ?? '').includes(treeHead!.rootHash));
  await opened.page.locator('[data-holds=true]').waitFor();
  await opened.page.getByRole('button', { name: 'Verify' }).click();
  const outcome = opened.page.locator('[data-verify=done]');
  await outcome.waitFor();
  assert.match((await outcome.textContent()) ?? '', new RegExp(`The log is sound: ${events} events`));
  assert.ok(((await outcome.textContent()) ?? '').includes(treeHead!.rootHash));
  assert.equal(opened.complaints, []);
});

spec.test('a retry stands in the log under the name of the operator, and on the page', async () => {
  const opened = await open('graph/nightly?job=bad');
  const job = opened.page.getByRole('region', { name: 'Job bad' });
  await job.getByRole('button', { name: 'Retry' }).click();
  const dialog = opened.page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('the table is back');
  await dialog.getByRole('button', { name: 'Retry' }).click();
  await eventually('it may run again', async () => /running1 finished1 ready1 waiting/.test(await bar(opened)));
  const last = (await rightOf(db.log.readGraph('nightly'))).at(-1)!;
  assert.equal([last.type, last.jobId, last.actor], ['JobReset', 'bad', 'ann']);
  assert.equal(opened.complaints, []);
});

spec.run();
