/** What the web handler changes, if it may; and that it cannot, if it may not. */
import { type Fork, forkGraph, graphInfo, jobGraph, pauses, type Store, transactGraph } from '../../../src/index.js';
import { readingStore } from '../../../src/web/server/reading-store.js';
import { abortGraph } from '../../../src/index.js';
import { refusal } from '../../support/refusal.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { ask, refused, runFailing, webOver } from './browser.js';

const spec = describe('operations', { timeoutMs: 30_000 });

async function world(): Promise<{ db: Store; web: ReturnType<typeof webOver> }> {
  const db = await freshStore('memory');
  await runFailing(db, 'nightly', { team: 'billing' });
  return { db, web: webOver(db, { operate: { by: 'ann' } }) };
}

const why = { reason: 'the disk is full again' };
type Web = ReturnType<typeof webOver>;
const post = async (web: Web, path: string, body: object = why) => {
  const { status, value } = await ask<Record<string, unknown>>(web, path, { method: 'POST', body });
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(value)}`);
  return value;
};

/** The last event of a log: who did what, and why. */
async function lastEvent(db: Store) {
  const [event] = await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 }));
  const { type, actor, graphId, jobId, data } = event!;
  return { type, actor, graphId, jobId, data: data as Record<string, unknown> };
}

spec.test('without leave to operate, nothing can be changed, and the log is untouched', async () => {
  const db = await freshStore('memory');
  await runFailing(db, 'nightly');
  const web = webOver(db);
  const before = await rightOf(db.log.readAll({ limit: 1000 }));
  for (const path of [
    ...['retry', 'abort', 'pause', 'resume', 'fork', 'jobs/bad/retry', 'jobs/bad/abort', 'jobs/bad/answer'].map(
      (each) => `graphs/nightly/${each}`,
    ),
    'pauses',
  ]) {
    assert.equal(await refused(web, `/api/${path}`, { method: 'POST', body: why }), [403, 'operations-off'], path);
  }
  assert.equal(await refused(web, '/api/graphs/nightly/fork-preview?failed=true'), [403, 'operations-off']);
  assert.equal(await rightOf(db.log.readAll({ limit: 1000 })), before);
  await db.close();
});

spec.test('what only looks has nothing by which it could write', async () => {
  const { db } = await world();
  const { log } = readingStore(db);
  const event = { graphId: 'nightly', jobId: null, expectedRevision: 0, events: [] };
  for (const write of [log.append([event]), log.restore([]), log.install(), log.assertWritable!()]) {
    const result = await write();
    assert.is(result._tag === 'Left' && result.left.code, 'store-read-only');
  }
  assert.equal([log.archive, log.projections], [undefined, undefined]);
  assert.is((await refusal(() => abortGraph(readingStore(db), 'nightly')))[0], 'store-read-only');
  assert.is((await refusal(() => forkGraph(readingStore(db), 'nightly', { failed: true })))[0], 'store-read-only');
  // Caches of what was hashed are kept where they are made.
  await ask(webOver(db), '/api/head');
  assert.is(await rightOf(db.log.loadSnapshot('audit-1')), null);
  // To close it is for whoever opened it.
  await log.close();
  assert.is((await graphInfo(db, 'nightly')).status, 'failed');
  await db.close();
});

spec.test('graphs and jobs are retried, aborted, paused and resumed, under a name and with a reason', async () => {
  const { db, web } = await world();
  assert.equal(await post(web, '/api/graphs/nightly/retry'), { jobs: ['bad'] });
  assert.equal(await lastEvent(db), {
    type: 'JobReset',
    actor: 'ann',
    graphId: 'nightly',
    jobId: 'bad',
    data: { by: 'ann', reason: why.reason },
  });
  assert.equal(await post(web, '/api/graphs/nightly/pause'), { changed: true });
  assert.equal(await post(web, '/api/graphs/nightly/pause'), { changed: false });
  assert.equal((await graphInfo(db, 'nightly')).pause?.reason, why.reason);
  assert.equal(await post(web, '/api/graphs/nightly/resume'), {});
  assert.is((await lastEvent(db)).type, 'GraphResumed');
  assert.equal(await post(web, '/api/graphs/nightly/jobs/bad/abort'), {});
  assert.equal((await graphInfo(db, 'nightly')).jobs['bad']!.abort?.message, why.reason);
  assert.equal(await post(web, '/api/graphs/nightly/jobs/bad/retry'), {});
  assert.equal(await post(web, '/api/graphs/nightly/abort'), {});
  assert.equal((await graphInfo(db, 'nightly')).abort?.by, 'ann');
  await db.close();
});

spec.test('all work, and a type of job, are paused and resumed', async () => {
  const { db, web } = await world();
  const scopes = async () => (await pauses(db)).map(({ scope, type, reason }) => `${scope} ${type} ${reason}`);
  assert.equal(await post(web, '/api/pauses', { ...why, action: 'pause', type: 'good' }), { changed: true });
  assert.equal(await post(web, '/api/pauses', { ...why, action: 'pause', type: null }), { changed: true });
  assert.equal(await scopes(), [`namespace null ${why.reason}`, `type good ${why.reason}`]);
  assert.equal(await post(web, '/api/pauses', { ...why, action: 'pause', type: null }), { changed: false });
  assert.equal(await post(web, '/api/pauses', { ...why, action: 'resume', type: null }), { changed: true });
  assert.equal(await scopes(), [`type good ${why.reason}`]);
  const resume = { method: 'POST', body: { ...why, action: 'resume', type: 'god' } };
  const { status, value } = await ask(web, '/api/pauses', resume);
  assert.equal([status, value.error.code], [409, 'not-paused']);
  assert.match(value.error.message, 'did you mean "good"?');
  for (const body of [
    { ...why },
    { ...why, action: 'stop', type: null },
    { ...why, action: 'pause' },
    { action: 'pause', type: null },
  ]) {
    assert.equal(await refused(web, '/api/pauses', { method: 'POST', body }), [400, 'request-invalid']);
  }
  await db.close();
});

spec.test(
  'a fork is shown before it is made, and stands in the history under the name and with the reason',
  async () => {
    const { db, web } = await world();
    const preview = await ask<Fork>(web, '/api/graphs/nightly/fork-preview?from=first&failed=true');
    assert.equal(
      preview.value.runs.map(({ id, reason }) => `${id} ${reason}`),
      ['first chosen', 'bad below-chosen', 'last below-chosen'],
    );
    assert.is(preview.value.stored, false);
    const args = encodeURIComponent('{"day":2}');
    const byArgs = await ask(web, `/api/graphs/nightly/fork-preview?args=${args}`);
    assert.is(byArgs.value.runs[0].reason, 'args-changed');
    assert.is((await rightOf(db.log.readStored({ types: ['GraphSubmitted'], limit: 9 }))).length, 1);
    const fork = await post(web, '/api/graphs/nightly/fork', {
      ...why,
      failed: true,
      id: 'again',
      labels: { tier: '2' },
    });
    assert.equal([fork['graphId'], fork['stored']], ['again', true]);
    const { actor, data } = await lastEvent(db);
    assert.equal([actor, data['labels']], ['ann', { team: 'billing', reason: why.reason, tier: '2' }]);
    assert.equal(data['forkedFrom'], fork['forkedFrom']);
    for (const [query, sentence] of [
      ['args=[1]', 'expected an object'],
      ['args={x', 'not JSON'],
      ['failed=yes', 'failed'],
      ['from=', 'from'],
    ] as const) {
      const { status, value } = await ask(web, `/api/graphs/nightly/fork-preview?${query}`);
      assert.is(status, 400, query);
      assert.match(value.error.message, sentence);
    }
    assert.equal(await refused(web, '/api/graphs/nightly/fork-preview'), [400, 'fork-unclear']);
    assert.equal(await refused(web, '/api/graphs/nightly/fork-preview?from=frist'), [404, 'job-not-found']);
    await db.close();
  },
);

spec.test('a job that no worker runs is answered, once, under a name and with a reason', async () => {
  const { db, web } = await world();
  const jobs = { approval: { type: 'a', external: true }, other: { type: 'a', external: true } };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'asked' }));
  const path = '/api/graphs/asked/jobs/approval/answer';
  const asked = (body: object) => refused(web, path, { method: 'POST', body });
  for (const body of [
    why,
    { ...why, result: 1, fail: 'no' },
    { ...why, fail: '' },
    { result: 1 },
    { ...why, result: 1, by: 'eve' },
  ]) {
    assert.equal(await asked(body), [400, 'request-invalid'], JSON.stringify(body));
  }
  assert.equal(await asked({ reason: ' ', result: 1 }), [400, 'reason-invalid']);
  assert.equal(await post(web, path, { ...why, result: { approved: true } }), {});
  assert.equal(await lastEvent(db), {
    ...{ type: 'JobAnswered', actor: 'ann', graphId: 'asked', jobId: 'approval' },
    data: { by: 'ann', reason: why.reason, result: { approved: true } },
  });
  assert.equal(await asked({ ...why, result: null }), [409, 'job-already-ended']);
  await post(web, '/api/graphs/asked/jobs/other/answer', { ...why, fail: 'the sum is wrong' });
  assert.is((await graphInfo(db, 'asked')).jobs['other']!.failure?.message, 'the sum is wrong');
  assert.equal(
    await refused(web, '/api/graphs/nightly/jobs/first/answer', { method: 'POST', body: { ...why, result: 1 } }),
    [409, 'job-not-external'],
  );
  await db.close();
});

spec.test('what the rules forbid is refused with their words, and what is not there is not found', async () => {
  const { db, web } = await world();
  const asked = async (path: string) => await refused(web, path, { method: 'POST', body: why });
  assert.equal(await asked('/api/graphs/nightly/jobs/first/abort'), [409, 'job-already-ended']);
  assert.equal(await asked('/api/graphs/nightly/resume'), [409, 'not-paused']);
  assert.equal(await asked('/api/graphs/nightly/jobs/first/retry'), [409, 'job-not-ended']);
  assert.equal(await asked('/api/graphs/nope/retry'), [404, 'graph-not-found']);
  assert.equal(await asked('/api/graphs/nightly/jobs/nope/retry'), [404, 'job-not-found']);
  await transactGraph(db, jobGraph({ jobs: { 'a/b': { type: 'x' } } }, {}, { id: 'odd' }));
  assert.equal(await post(web, '/api/graphs/odd/jobs/a%2fb/abort'), {});
  await db.close();
});

spec.test('the name may depend on who asks, and is checked', async () => {
  const { db } = await world();
  const by = (request: Request) => request.headers.get('x-user') ?? '';
  const web = webOver(db, { operate: { by } });
  const asked = (headers: Record<string, string>) =>
    ask(web, '/api/graphs/nightly/pause', { method: 'POST', body: why, headers });
  assert.is((await asked({ 'x-user': 'berta' })).status, 409);
  assert.equal(await post(webOver(db, { operate: { by: 'ann' } }), '/api/graphs/nightly/retry'), { jobs: ['bad'] });
  assert.is((await asked({ 'x-user': 'berta' })).status, 200);
  assert.is((await lastEvent(db)).actor, 'berta');
  const nobody = await asked({});
  assert.equal([nobody.status, nobody.value.error.code], [400, 'reason-invalid']);
  assert.is((await ask(web, '/api/about', { headers: { 'x-user': 'berta' } })).value.operate.by, 'berta');
  await db.close();
});

spec.run();
