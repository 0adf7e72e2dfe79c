// time-limit: 400s
// takes: 60s
/** Every view of the page, light and dark: nothing that axe-core finds wrong. */
import { jobGraph, start, type Store, transactGraph, type Worker } from '../../../src/index.js';
import { axeViolations, Chromium, whyNoChromium } from '../../support/chromium.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { runFailing } from '../server/browser.js';
import { Served } from './served.js';

let db: Store;
let served: Served;
let chromium: Chromium;
let worker: Worker;
let release = () => {};

const spec = describe('the page, for everybody', { timeoutMs: 60_000, missing: whyNoChromium });

spec.before(async () => {
  if (whyNoChromium !== null) return;
  db = await freshStore('memory');
  await runFailing(db, 'nightly', { team: 'billing' });
  await runFailing(db, 'weekly');
  // One that runs, so that there are queues, and a worker that holds a job.
  await transactGraph(db, jobGraph({ slow: [], after: ['slow'] }, {}, { id: 'running' }));
  worker = await start({}, db, { slow: () => new Promise<void>((resolve) => (release = resolve)) });
  served = await Served.over(db, { operate: { by: 'ann' } });
  chromium = await Chromium.start();
});
spec.after(async () => {
  if (whyNoChromium !== null) return;
  await chromium.close();
  release();
  await worker.stop();
  await served.close();
  await db.close();
});

const views: Readonly<Record<string, string>> = {
  'the list of graphs': '',
  'a graph': 'graph/nightly',
  'a graph with a job chosen': 'graph/nightly?job=bad&at=5',
  'a timeline by job': 'graph/nightly?view=timeline',
  'a timeline by type': 'graph/nightly?view=timeline&lanes=type',
  'a timeline by worker': 'graph/nightly?view=timeline&lanes=worker',
  'two moments compared': 'graph/nightly?view=compare&a=1&b=6',
  'two runs compared': 'compare/nightly/weekly',
  'finding and watching': 'graph/nightly?view=find&where=count.failed%20%3E%200&watch=count.failed%0Anonsense.x',
  'queues and workers': 'queues',
  'the log': 'log',
  audit: 'audit?event=%402',
  'an unknown graph': 'graph/nobody',
};

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, place] of Object.entries(views)) {
    spec.test(`${name}, ${scheme}`, async () => {
      const { page, complaints } = await chromium.open(served.at(place), { scheme });
      await page.locator('main').waitFor();
      await eventually('it is there', async () => (await page.locator('[aria-busy=true]').count()) === 0);
      await page.locator('main :is(table, canvas, h1)').first().waitFor();
      assert.equal(await axeViolations(page), []);
      // An unknown graph is a 404, which a browser remarks on.
      if (name !== 'an unknown graph') assert.equal(complaints, []);
      await page.context().close();
    });
  }
  spec.test(`the keys, and a question before something is done, ${scheme}`, async () => {
    const { page } = await chromium.open(served.at('graph/nightly'), { scheme });
    await page.getByRole('heading', { name: 'nightly' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    assert.equal(await axeViolations(page), []);
    await page.keyboard.press('Escape');
    await page.locator('.graph-bar').getByRole('button', { name: 'Fork' }).click();
    await page.getByText('results are carried over').waitFor();
    assert.equal(await axeViolations(page), []);
    await page.context().close();
  });
}
spec.run();
