// time-limit: 300s
// takes: 20s
/** The page and what may harm it: hostile names, a token, a server that goes away, a clock that is wrong. */
import { jobGraph, retryJob, type Store, start, transactGraph, waitForGraph, webHandler } from '../../../src/index.js';
import { listen } from '../../../src/web/server/listen.js';
import { Chromium, whyNoChromium } from '../../support/chromium.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { runFailing } from '../server/browser.js';
import { submitBeyond, submitUnreadable } from '../server/strange-graphs.js';
import { pageFiles, Served } from './served.js';

let db: Store;
let chromium: Chromium;

const markup = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>';
const hostile: Readonly<Record<string, string>> = {
  markup,
  'right to left': 'file\u202egnp.exe',
  long: 'x'.repeat(200),
  scripts: '日本語 العربية हिन्दी 🐙',
  quotes: `a"b'c\`d\${e}`,
  paths: '..%2F..?at=1&job=#x',
};

const spec = describe('the page, attacked', { timeoutMs: 60_000, missing: whyNoChromium });

spec.before(async () => {
  if (whyNoChromium !== null) return;
  db = await freshStore('memory');
  chromium = await Chromium.start();
});
spec.after(async () => {
  if (whyNoChromium !== null) return;
  await chromium.close();
  await db.close();
});

spec.test('names, results and failures are text, whatever is in them, in every view', async () => {
  const ids = Object.values(hostile);
  const jobs = Object.fromEntries(
    ids.map((id, index) => [
      id,
      { type: ids[(index + 1) % ids.length]!.slice(0, 100), after: index === 0 ? [] : [ids[0]!] },
    ]),
  );
  const handler = (job: { id: string }) => {
    if (job.id !== ids[0]) throw new Error(markup);
    return { [markup]: markup, ansi: '\u001b[31mred\u001b[0m' };
  };
  const handlers = Object.fromEntries(ids.map((id) => [id.slice(0, 100), handler]));
  const worker = await start({}, db, handlers);
  const id = 'graph <b>';
  await transactGraph(db, jobGraph({ jobs }, {}, { id, labels: { [markup]: markup } }));
  await waitForGraph(db, id);
  await worker.stop();
  const served = await Served.over(db);
  const name = encodeURIComponent(id);
  const places = [
    '',
    `graph/${name}`,
    ...ids.map((job) => `graph/${name}?job=${encodeURIComponent(job)}`),
    ...['job', 'type', 'worker'].map((lanes) => `graph/${name}?view=timeline&lanes=${lanes}`),
    `graph/${name}?view=compare&a=1&b=9`,
    `graph/${name}?view=find&watch=${encodeURIComponent(`jobs[${JSON.stringify(ids[0])}].result`)}`,
    'log',
    'queues',
    `graph/${encodeURIComponent(markup)}`,
  ];
  for (const place of places) {
    const { page, complaints } = await chromium.open(served.at(place));
    await page.locator('main :is(table, canvas, h1)').first().waitFor();
    assert.is(await page.evaluate('window.harmed'), undefined, place);
    const shown = await page.evaluate('document.body.innerText');
    assert.is(/[\u001b\u202e]/.test(String(shown)), false, place);
    assert.is(await page.locator('main :is(b:not(.moment b), img, script, iframe)').count(), 0, `${place}: no markup`);
    if (place === '') assert.is(await page.locator('table.graphs th[scope=row]').textContent(), id);
    if (!place.includes(encodeURIComponent(markup)) || place.includes('job=')) assert.equal(complaints, [], place);
    await page.context().close();
  }
  await served.close();
});

spec.test(
  'a graph that this release cannot read stands in the list with the reason, and the others are unharmed',
  async () => {
    const store = await freshStore('memory');
    await runFailing(store, 'sound');
    await submitUnreadable(store, 'strange');
    await submitBeyond(store, 'beyond');
    const served = await Served.over(store);
    const { page, complaints } = await chromium.open(served.url);
    await page.getByRole('alert').filter({ hasText: 'Graph strange cannot be read: its submission' }).waitFor();
    assert.equal(await page.locator('table.graphs th[scope=row]').allTextContents(), ['beyond', 'sound']);
    await page.getByRole('alert').getByRole('link', { name: 'strange' }).click();
    await page.getByText('version 99 of GraphSubmitted was written by a newer release').waitFor();
    await page.getByRole('link', { name: 'All graphs' }).click();
    await page.getByRole('link', { name: 'beyond' }).click();
    await page.locator('.graph-bar').getByText('Workers leave it alone: version 99 of GraphPaused').waitFor();
    await page.keyboard.press('Home');
    await eventually('before that, they did not', async () => (await page.getByText('leave it alone').count()) === 0);
    await page.goto(served.at('graph/sound'));
    await page.getByRole('heading', { name: 'sound' }).waitFor();
    assert.match((await page.locator('.graph-bar').textContent())!, /1 finished1 blocked1 failed/);
    assert.equal(complaints, []);
    await served.close();
    await store.close();
  },
);

spec.test('with a token: asked for, refused when it is wrong, and never in an address that is sent', async () => {
  const token = 'a-token-of-some-length';
  const served = await Served.over(db, { token });
  const { page, requests } = await chromium.open(served.url);
  await page.getByText('This page needs a token').waitFor();
  await page.getByLabel('Token').fill('not-this-one-at-all');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('alert').filter({ hasText: 'token' }).waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { name: 'Graphs' }).waitFor();
  const linked = await chromium.open(`${served.url}#token=${token}`);
  await linked.page.getByRole('heading', { name: 'Graphs' }).waitFor();
  assert.is(linked.page.url(), served.url, 'it is taken out of the address');
  assert.equal(
    [...requests, ...linked.requests].filter((url) => url.includes(token)),
    [],
  );
  await served.close();
});

spec.test('another site can neither frame the page nor ask it anything', async () => {
  const served = await Served.over(db);
  const evil = await listen(
    () =>
      Promise.resolve(
        new Response(`<iframe src="${served.url}"></iframe>`, { headers: { 'content-type': 'text/html' } }),
      ),
    '127.0.0.1',
    0,
  );
  const { page } = await chromium.open(`http://localhost:${evil.port}/`);
  const asked = await page.evaluate(async (url) => {
    const answers = await Promise.all(
      ['api/graphs', 'api/about'].map((path) =>
        fetch(url + path, { mode: 'no-cors' }).then(
          (answer) => answer.type,
          () => 'refused',
        ),
      ),
    );
    return { answers, framed: document.querySelector('iframe')!.contentDocument?.body.innerText ?? '' };
  }, served.url);
  assert.is(asked.answers.includes('basic'), false);
  assert.is(asked.framed, '');
  await evil.close();
  await served.close();
});

spec.test('a server that goes away is said, and the page goes on by itself when it is back', async () => {
  await runFailing(db, 'watched');
  const first = await listen(webHandler(db, { page: await pageFiles() }), '127.0.0.1', 0);
  const { port } = first;
  const { page } = await chromium.open(`http://127.0.0.1:${port}/#/graph/watched`);
  await page.getByRole('heading', { name: 'watched' }).waitFor();
  const count = async () => Number(await page.getByRole('slider', { name: 'Moment' }).getAttribute('aria-valuemax'));
  const before = await count();
  await first.close();
  await page.getByText('the server does not answer').waitFor();
  await retryJob(db, 'watched', 'bad', { by: 'ann', reason: 'again' });
  const second = await listen(webHandler(db, { page: await pageFiles() }), '127.0.0.1', port);
  await eventually('what happened meanwhile is there', async () => (await count()) > before, 15_000);
  await eventually('the trouble is over', async () => (await page.locator('.trouble').count()) === 0);
  assert.ok((await count()) > before);
  await second.close();
});

spec.test('a browser whose clock is a year off shows the times of the log', async () => {
  await runFailing(db, 'timed');
  const served = await Served.over(db);
  const { page } = await chromium.open('about:blank');
  await page.clock.install({ time: new Date('2031-01-01T00:00:00Z') });
  await page.goto(served.at('graph/timed'));
  await page.getByRole('heading', { name: 'timed' }).waitFor();
  const shown = (await page.locator('.moment').textContent())!;
  assert.is(shown.includes('2031'), false);
  assert.match((await page.locator('.graph-bar').textContent())!, /1 finished1 blocked1 failed/);
  await served.close();
});
spec.run();
