// time-limit: 300s
// takes: 30s
/** The page in a real browser: the list of graphs, a graph at any of its moments, and what the keys do. */
import { jobGraph, limit, setLimit, type Store, start, transactGraph, waitForGraph } from '../../../src/index.js';
import { Chromium, type Opened, whyNoChromium } from '../../support/chromium.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { runFailing } from '../server/browser.js';
import { Served } from './served.js';

let db: Store;
let served: Served;
let chromium: Chromium;

const spec = describe('the page, looked at', { timeoutMs: 60_000, missing: whyNoChromium });

spec.before(async () => {
  if (whyNoChromium !== null) return;
  db = await freshStore('memory');
  await runFailing(db, 'nightly', { team: 'billing' });
  await runFailing(db, 'weekly', { team: 'ops' });
  served = await Served.over(db);
  chromium = await Chromium.start();
});
spec.after(async () => {
  if (whyNoChromium !== null) return;
  await chromium.close();
  await served.close();
  await db.close();
});

const open = (place: string) => chromium.open(served.at(place));
const text = async ({ page }: Opened, selector: string) => (await page.locator(selector).first().textContent()) ?? '';
/** How many of the graph's events had happened at the moment that is shown. */
const moment = async ({ page }: Opened) =>
  Number(await page.getByRole('slider', { name: 'Moment' }).getAttribute('aria-valuenow'));
const parameter = ({ page }: Opened, name: string) =>
  new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get(name);

spec.test('the list shows every graph, and those that a search or a filter lets through', async () => {
  const opened = await open('');
  const names = async () => await opened.page.locator('table.graphs th[scope=row]').allTextContents();
  await opened.page.getByRole('link', { name: 'nightly' }).waitFor();
  assert.equal(await names(), ['weekly', 'nightly']);
  await opened.page.getByRole('searchbox').fill('BILLING');
  await eventually('one is left', async () => (await names()).join() === 'nightly');
  await eventually('the URL follows', () => parameter(opened, 'search') === 'BILLING');
  await opened.page.getByRole('searchbox').fill('no such table');
  await eventually('both failed like that', async () => (await names()).length === 2);
  await opened.page.getByRole('button', { name: 'running' }).click();
  await opened.page.getByText('No graph is like that.').waitFor();
  assert.equal(opened.complaints, []);
});

spec.test('a graph that runs meanwhile appears in the list by itself', async () => {
  const opened = await open('');
  await opened.page.getByRole('link', { name: 'nightly' }).waitFor();
  await transactGraph(db, jobGraph({ later: [] }, {}, { id: 'later' }));
  await opened.page.getByRole('link', { name: 'later' }).waitFor();
  assert.match(await text(opened, 'table.graphs tbody tr'), /later.*running/);
});

spec.test('every moment is shown as it was, and has a URL', async () => {
  const opened = await open('graph/nightly');
  await opened.page.getByRole('heading', { name: 'nightly' }).waitFor();
  const last = await moment(opened);
  assert.match(await text(opened, '.graph-bar'), /failed1 finished1 blocked1 failed/);
  await opened.page.keyboard.press('Home');
  await eventually('the beginning is shown', async () => (await moment(opened)) === 1);
  assert.match(await text(opened, '.graph-bar'), /running1 ready2 waiting/);
  await opened.page.keyboard.press('ArrowRight');
  await eventually('the next event', async () => (await moment(opened)) === 2);
  assert.match(await text(opened, '.graph-bar'), /1 started2 waiting/);
  await eventually('the URL follows', () => parameter(opened, 'at') === '2');
  const again = await chromium.open(opened.page.url());
  await again.page.getByRole('heading', { name: 'nightly' }).waitFor();
  assert.is(await moment(again), 2);
  await opened.page.keyboard.press(']');
  await eventually('the fault', async () => (await text(opened, '.row.current .type')) === 'JobFaulted');
  await opened.page.keyboard.press('[');
  await opened.page.keyboard.press('l');
  await eventually('the latest', async () => (await moment(opened)) === last && parameter(opened, 'at') === null);
  assert.equal([...opened.complaints, ...again.complaints], []);
});

spec.test(
  'while the picture of the graph has the focus, the keys that it does not need do what they do elsewhere',
  async () => {
    const opened = await open('graph/nightly?at=2');
    const { keyboard } = opened.page;
    const picture = opened.page.getByRole('application');
    await picture.focus();
    await keyboard.press(']');
    await eventually('the fault', async () => (await text(opened, '.row.current .type')) === 'JobFaulted');
    const fault = await moment(opened);
    await keyboard.press('a');
    await eventually('it is pinned', () => parameter(opened, 'a') === String(fault));
    await keyboard.press('Home');
    await eventually('the beginning is shown', async () => (await moment(opened)) === 1);
    await keyboard.press('l');
    await eventually('the latest', () => parameter(opened, 'at') === null);
    await keyboard.press(' ');
    await eventually('it plays', async () => (await opened.page.getByTitle('Stop (Space)').count()) === 1);
    await keyboard.press(' ');
    await eventually('it stands', async () => (await opened.page.getByTitle('Play (Space)').count()) === 1);
    await keyboard.press('?');
    await opened.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await keyboard.press('Escape');
    await eventually('it has the focus again', () => picture.evaluate((canvas) => canvas === document.activeElement));
    // The arrows, Enter and Space of a box are its own.
    const before = await moment(opened);
    await keyboard.press('ArrowRight');
    await opened.page.locator('[aria-live=polite]', { hasText: 'first:' }).waitFor();
    await keyboard.press(' ');
    await eventually('the box is chosen', () => parameter(opened, 'job') === 'first');
    assert.is(await moment(opened), before);
    assert.is(await opened.page.getByTitle('Play (Space)').count(), 1);
    assert.equal(opened.complaints, []);
  },
);

spec.test('the list of keys opens in every view, and not while somebody types', async () => {
  const opened = await open('');
  await opened.page.getByRole('link', { name: 'nightly' }).waitFor();
  await opened.page.keyboard.press('/');
  await opened.page.keyboard.type('?');
  assert.is(await opened.page.getByRole('searchbox').inputValue(), '?');
  assert.is(await opened.page.getByRole('dialog').count(), 0);
  await opened.page.getByRole('heading', { name: 'Graphs' }).click();
  await opened.page.keyboard.press('?');
  await opened.page.getByRole('dialog', { name: 'Keys' }).getByText('what the keys do').waitFor();
  assert.equal(opened.complaints, []);
});

spec.test('a job shows why it is where it is, its attempts, and its values, at the moment', async () => {
  const opened = await open('graph/nightly?job=bad');
  const job = opened.page.getByRole('region', { name: 'Job bad' });
  await job.waitFor();
  assert.match((await job.textContent()) ?? '', /failed for good at .*TypeError: No Such Table/);
  assert.match((await job.textContent()) ?? '', /overseer replay nightly\/bad/);
  await job.getByText('inputs').waitFor();
  await opened.page.keyboard.press('Home');
  await eventually('it waits', async () => /it waits for 1 parent/.test((await job.textContent()) ?? ''));
  await opened.page.keyboard.press('Shift+ArrowRight');
  await eventually('its own event', async () => (await text(opened, '.row.current .job')) === 'bad');
  await opened.page.keyboard.press('Escape');
  await eventually('no job is chosen', async () => (await job.count()) === 0);
  assert.equal(opened.complaints, []);
});

spec.test('a click on an event, and a drag on the strip, move the moment', async () => {
  const opened = await open('graph/nightly');
  const row = opened.page.locator('button.event').nth(2);
  await row.click();
  await eventually('it stands at the event', async () => (await moment(opened)) === 3);
  const box = (await opened.page.getByRole('slider', { name: 'Moment' }).boundingBox())!;
  await opened.page.mouse.move(box.x + box.width - 12, box.y + 30);
  await opened.page.mouse.down();
  await opened.page.mouse.move(box.x + 2, box.y + 30, { steps: 5 });
  await opened.page.mouse.up();
  await eventually('it stands at the start', async () => (await moment(opened)) === 1);
  assert.equal(opened.complaints, []);
});

spec.test(
  'a graph that is submitted after its page was opened appears; it is followed while workers run it, and play shows it again',
  async () => {
    const held = { release: () => {} };
    const opened = await open('graph/followed');
    await opened.page.getByText('There is no such graph').waitFor();
    await transactGraph(db, jobGraph({ first: [], second: ['first'] }, {}, { id: 'followed' }));
    await opened.page.getByRole('heading', { name: 'followed' }).waitFor();
    const worker = await start({}, db, {
      first: () => 1,
      second: () => new Promise<void>((resolve) => (held.release = resolve)),
    });
    await eventually('it runs on the page', async () => /1 finished1 started/.test(await text(opened, '.graph-bar')));
    held.release();
    await waitForGraph(db, 'followed');
    await eventually('it has ended on the page', async () => /2 finished/.test(await text(opened, '.graph-bar')));
    await worker.stop();
    const last = await moment(opened);
    await opened.page.keyboard.press('Home');
    // Else it would be found at the end before it has gone back.
    await eventually('it stands at the start', async () => (await moment(opened)) === 1);
    await opened.page.getByLabel('How many times as fast as it happened').selectOption('1000');
    await opened.page.keyboard.press(' ');
    await eventually('it was played to the end', async () => (await moment(opened)) === last);
    assert.match(await text(opened, '.graph-bar'), /finished2 finished/);
  },
);

spec.test('on a sharp screen, pictures have as many pixels as the screen', async () => {
  const opened = await chromium.open(served.at('graph/nightly'), { ratio: 2 });
  const picture = opened.page.getByRole('application');
  await picture.waitFor();
  const sharpness = () => picture.evaluate((canvas: HTMLCanvasElement) => canvas.width / canvas.clientWidth);
  await eventually('it is drawn', async () => Math.abs((await sharpness()) - 2) < 0.01);
  assert.equal(opened.complaints, []);
});

spec.test('an unknown graph, job, view or moment is said, with a way on', async () => {
  const graph = await open('graph/nightyl');
  await graph.page.getByText('did you mean nightly').waitFor();
  await graph.page.getByRole('link', { name: 'All graphs' }).click();
  await graph.page.getByRole('link', { name: 'nightly' }).waitFor();
  const job = await open('graph/nightly?job=nobody');
  await job.page.getByText('The graph has no job nobody').waitFor();
  const view = await open('nowhere');
  await view.page.getByText('no view called nowhere').waitFor();
  const late = await open('graph/nightly?at=99999');
  await late.page.getByRole('heading', { name: 'nightly' }).waitFor();
  assert.is(await moment(late), (await rightOf(db.log.readGraph('nightly'))).length);
});

spec.test('given a job that waits for a place, then it is said who has it, now and at a moment', async () => {
  await setLimit(db, 'tenant-*', { concurrency: 1 });
  const limits = ['tenant-7'];
  const held = { release: () => {} };
  const worker = await start({}, db, {
    a: () => new Promise<void>((resolve) => (held.release = resolve)),
    b: () => null,
  });
  await transactGraph(db, jobGraph({ jobs: { a: { type: 'a', limits } } }, {}, { id: 'holds' }));
  await eventually('it has the place', async () => (await limit(db, 'tenant-7')).places.length === 1);
  await transactGraph(db, jobGraph({ jobs: { b: { type: 'b', limits } } }, {}, { id: 'waits' }));
  const opened = await open('graph/waits?job=b');
  await opened.page
    .getByText('it waits for a place under tenant-7 (1 of 1 taken by holds/a, as tenant-* says)')
    .waitFor();
  held.release();
  await waitForGraph(db, 'waits');
  await worker.stop();
  await opened.page.keyboard.press('Home');
  await opened.page.getByText('it takes 1 place under tenant-7 (1 at a time, as tenant-* says)').waitFor();
  assert.equal(opened.complaints, []);
});

spec.run();
