// time-limit: 300s
// takes: 15s
/** Operations of the page in a real browser: each asks, takes a reason, and stands in the history under a name. */
import {
  failJob,
  graphInfo,
  history,
  jobGraph,
  type RecordedEvent,
  type Store,
  transactGraph,
} from '../../../src/index.js';
import { Chromium, whyNoChromium } from '../../support/chromium.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { runFailing } from '../server/browser.js';
import { Served } from './served.js';

let db: Store;
let chromium: Chromium;

const spec = describe('operating by the page', { timeoutMs: 60_000, missing: whyNoChromium });

spec.before(async () => {
  if (whyNoChromium !== null) return;
  db = await freshStore('memory');
  await runFailing(db, 'nightly');
  await transactGraph(db, jobGraph({ first: [], second: ['first'] }, {}, { id: 'waiting' }));
  chromium = await Chromium.start();
});
spec.after(async () => {
  if (whyNoChromium !== null) return;
  await chromium.close();
  await db.close();
});

async function lastOf(graphId: string): Promise<RecordedEvent> {
  let last: RecordedEvent | null = null;
  for await (const event of history(db, graphId)) last = event;
  return last!;
}

spec.test('a pause, an abort and a retry: asked, with a reason, under the name of the operator', async () => {
  const served = await Served.over(db, { operate: { by: 'ann@example' } });
  const { page, complaints } = await chromium.open(served.at('graph/waiting'));
  const bar = page.locator('.graph-bar');
  const dialog = page.getByRole('dialog');
  await bar.getByRole('button', { name: 'Pause' }).click();
  await dialog.getByText('under the name ann@example').waitFor();
  const act = dialog.getByRole('button', { name: 'Pause' });
  assert.is(await act.isDisabled(), true, 'nothing is done without a reason');
  await dialog.getByRole('textbox').fill('the site is down');
  await act.click();
  await bar.getByText('the site is down').waitFor();
  assert.equal((await lastOf('waiting')).data, { by: 'ann@example', reason: 'the site is down' });
  await bar.getByRole('button', { name: 'Abort' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await eventually('the question is gone', async () => (await dialog.count()) === 0);
  assert.is((await graphInfo(db, 'waiting')).status, 'running');
  await bar.getByRole('button', { name: 'Abort' }).click();
  await dialog.getByRole('textbox').fill('not today');
  await eventually('it may be done', () => dialog.getByRole('button', { name: 'Abort' }).isEnabled());
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await eventually('it is aborted', async () => (await graphInfo(db, 'waiting')).status === 'aborted');
  assert.equal(complaints, []);
  await served.close();
});

spec.test('a job that failed is retried; a rule that refuses is shown', async () => {
  const served = await Served.over(db, { operate: { by: 'ann' } });
  const { page } = await chromium.open(served.at('graph/nightly?job=bad&at=1'));
  const job = page.getByRole('region', { name: 'Job bad' });
  await job.getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('the table is back');
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await eventually(
    'it may run again',
    async () => (await graphInfo(db, 'nightly')).jobs['bad']!.status === 'unstarted',
  );
  // It is not failed any more, but a page that was open before still offers it.
  const refused = await page.evaluate(async () => {
    const body = JSON.stringify({ reason: 'again' });
    const headers = { 'content-type': 'application/json' };
    return await (await fetch('api/graphs/nightly/jobs/bad/retry', { method: 'POST', headers, body })).text();
  });
  assert.match(refused, /bad/);
  await served.close();
});

spec.test('a job that awaits an answer is answered by a form, which refuses what is no JSON', async () => {
  const jobs = {
    approval: { type: 'approval', external: { for: 'the finance team' } },
    pay: { type: 'pay', after: ['approval'] },
  };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'asked' }));
  const served = await Served.over(db, { operate: { by: 'ann' } });
  const { page, complaints } = await chromium.open(served.at('graph/asked?job=approval'));
  const job = page.getByRole('region', { name: 'Job approval' });
  await job.getByText('it waits for the answer of the finance team').waitFor();
  await job.locator('header .status.awaiting').waitFor();
  await job.getByRole('button', { name: 'Answer' }).click();
  const dialog = page.getByRole('dialog');
  const act = dialog.getByRole('button', { name: 'Finish' });
  await dialog.getByLabel('Result, as JSON').fill('{ approved }');
  assert.is(await act.isDisabled(), true, 'nothing is done without a reason');
  await dialog.getByLabel('Reason').fill('checked the sum');
  await act.click();
  await dialog.getByText(/the result is not JSON: at character 3/).waitFor();
  await dialog.getByLabel('Result, as JSON').fill('{ "approved": true }');
  await act.click();
  await job.locator('header .status.finished').waitFor();
  assert.equal((await lastOf('asked')).data, { by: 'ann', reason: 'checked the sum', result: { approved: true } });
  await eventually(
    'it is offered no more',
    async () => (await job.getByRole('button', { name: 'Answer' }).count()) === 0,
  );
  assert.equal(complaints, []);
  await served.close();
});

spec.test('a job that awaits an answer is failed by the form, and whoever comes too late is told', async () => {
  await transactGraph(db, jobGraph({ jobs: { approval: { type: 'approval', external: true } } }, {}, { id: 'late' }));
  const served = await Served.over(db, { operate: { by: 'ann' } });
  const { page } = await chromium.open(served.at('graph/late?job=approval'));
  await page.getByRole('region', { name: 'Job approval' }).getByRole('button', { name: 'Answer' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('has failed').check();
  await dialog.getByLabel('What went wrong').fill('the sum is wrong');
  await dialog.getByLabel('Reason').fill('looked twice');
  await failJob(db, 'late', 'approval', 'no money', { by: 'berta' });
  await dialog.getByRole('button', { name: 'Fail' }).click();
  await dialog.getByText(/is failed already: answered by berta/).waitFor();
  assert.is((await graphInfo(db, 'late')).jobs['approval']!.failure?.message, 'no money');
  await served.close();
});

spec.test('a fork is planned, made, and linked', async () => {
  const served = await Served.over(db, { operate: { by: 'ann' } });
  const { page, complaints } = await chromium.open(served.at('graph/nightly?job=first'));
  await page.getByRole('region', { name: 'Job first' }).getByRole('button', { name: 'Fork' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('3 jobs run; of 0 the results are carried over.').waitFor();
  await dialog.getByRole('textbox').fill('to see');
  await dialog.getByRole('button', { name: 'Fork' }).click();
  const link = dialog.getByRole('link');
  await link.waitFor();
  const forked = (await link.textContent())!;
  assert.is((await graphInfo(db, forked)).forkedFrom?.graphId, 'nightly');
  await link.click();
  await page.getByRole('heading', { name: forked }).waitFor();
  assert.equal(complaints, []);
  await served.close();
});

spec.test('where the server only looks, nothing is offered', async () => {
  const served = await Served.over(db);
  const { page } = await chromium.open(served.at('graph/nightly?job=bad'));
  await page.getByRole('region', { name: 'Job bad' }).waitFor();
  for (const name of ['Answer', 'Retry', 'Abort', 'Pause', 'Fork']) {
    assert.is(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  }
  await served.close();
});
spec.run();
