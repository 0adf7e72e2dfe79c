/**
 * A store that release 0.1.0 made unusable for itself: results, details, failures and args nested deeper than its stack,
 * and events that its own codecs refuse. Whatever it holds, nothing in it may stop the rest.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  abortGraph,
  auditHead,
  explainGraph,
  forkGraph,
  graphInfo,
  graphs,
  history,
  jobInfo,
  retryGraph,
  retryJob,
  start,
  store,
  type Store,
  timeline,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { patient } from '../support/patience.js';
import { assert, describe } from '../support/spec.js';
import { exportText, sqliteAddress, temporaryFolder } from '../support/stores.js';
import { evidenceOf } from './evidence.js';

const spec = describe('a store that 0.1.0 made unusable', { timeoutMs: 30_000 });

let db: Store;

spec.beforeEach(async () => {
  const path = join(temporaryFolder(), 'overseer.db');
  copyFileSync(join(import.meta.dirname, 'bricked', '0.1.0.db'), path);
  db = await store(sqliteAddress(path));
});

spec.afterEach(async () => {
  await db.close();
});

const tooDeep = [
  'args-nested-1700',
  'failure-nested-1600',
  'heartbeat-nested-1500',
  'result-nested-1300',
  'result-nested-2200',
];
const malformed = ['by-is-a-number', 'message-is-an-object'];

spec.test(
  'given three workers on it, then they start, leave alone what cannot be read and name it, and do the rest',
  async () => {
    const said: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => said.push(message) };
    const ran: string[] = [];
    const note = (result: unknown) => (job: { readonly graphId: string; readonly id: string }) => {
      ran.push(`${job.graphId}/${job.id}`);
      return result;
    };
    const handlers = {
      ...{ fetch: note([1]), flaky: note(1), count: note(2), deep: note(3) },
      ...{ beat: note(4), thrown: note(5), message: note(6) },
    };
    const workers = [];
    for (let n = 0; n < 3; n++) workers.push(await start({ logger }, db, handlers));
    assert.is((await waitForGraph(db, 'waiting', { timeoutMs: patient(10_000) })).status, 'finished');
    for (const worker of workers) await worker.stop();
    assert.equal(ran.sort(), ['waiting/count', 'waiting/fetch', 'waiting/flaky']);
    assert.equal(said, []);
  },
);

spec.test('given each of its graphs, then it can be looked at in every way', async () => {
  const { items } = await graphs(db, { limit: 100 });
  assert.equal(
    items.map(({ id }) => id).sort(),
    [...tooDeep.slice(1), ...malformed, 'nested-600', 'sound', 'waiting'].sort(),
  );
  for (const { id } of items) {
    const info = await graphInfo(db, id);
    assert.is(info.id, id);
    for (const job of Object.keys(info.jobs)) assert.is((await jobInfo(db, id, job)).id, job);
    let events = 0;
    for await (const event of history(db, id)) events += event.graphId === id ? 1 : 0;
    assert.ok(events > 0);
    assert.is((await timeline(db, id)).graphId, id);
    const { unreadable } = await explainGraph(db, id);
    assert.is(unreadable !== null, tooDeep.includes(id) || malformed.includes(id), `${id}: ${unreadable}`);
  }
});

spec.test('given results nested as deep as 0.1.0 could bear, then they are read as ever', async () => {
  const { jobs } = await graphInfo(db, 'nested-600');
  let depth = 0;
  for (let at = jobs['600']!.result; Array.isArray(at); at = (at as readonly (typeof at)[])[0]!) depth += 1;
  assert.is(depth, 600);
});

spec.test(
  'given such a result, when it would be carried into a fork, then that is refused before anything is written',
  async () => {
    const before = (await auditHead(db)).rootHash;
    const refused =
      /job "600" would carry over a result nested deeper than the limit of 200; run the job again instead/;
    await assert.rejects(forkGraph(db, 'nested-600', { from: ['count'] }), refused);
    assert.is((await auditHead(db)).rootHash, before);
    const { graphId } = await forkGraph(db, 'nested-600', { from: ['600'] });
    assert.is((await graphInfo(db, graphId)).status, 'running');
  },
);

spec.test('given its evidence, then it is what 0.1.0 made of it', async () => {
  const recorded = readFileSync(join(import.meta.dirname, 'bricked', '0.1.0.evidence.json'), 'utf8');
  assert.equal(await evidenceOf(db, 'sound'), JSON.parse(recorded));
});

spec.test('given verify, then it names each event that cannot be read, and hashes all of them', async () => {
  const found = await verify(db);
  assert.equal(found.problems.map(({ graphId }) => graphId).sort(), [...tooDeep, ...malformed].sort());
  assert.is(found.treeHead?.rootHash, (await auditHead(db)).rootHash);
});

spec.test('given an export of all of it, then it can be opened, and has the same root', async () => {
  const path = join(temporaryFolder(), 'all.jsonl');
  const text = await exportText(db);
  writeFileSync(path, text);
  const opened = await store(path);
  assert.is((await auditHead(opened)).rootHash, (await auditHead(db)).rootHash);
  assert.is((await graphInfo(opened, 'sound')).status, 'finished');
  await opened.close();
  assert.is(text.split('\n').length, 33 + 2 + 1);
});

spec.test('given a graph that no release can read, then it can be aborted, and nothing of it retried', async () => {
  for (const id of [...tooDeep.slice(1), ...malformed]) {
    const job = Object.keys((await graphInfo(db, id)).jobs)[0]!;
    const refused = {
      code: 'graph-unreadable',
      says: /is left alone, since its event @\d+ cannot be read: .*; it can be aborted as a whole/,
    };
    await assert.rejects(retryJob(db, id, job), (error) => isRefused(error, refused));
    await assert.rejects(retryGraph(db, id), (error) => isRefused(error, refused));
    await abortGraph(db, id, { by: 'ops', reason: 'cannot be read' });
    assert.is((await graphInfo(db, id)).status, 'aborted');
  }
});

function isRefused(error: unknown, { code, says }: { readonly code: string; readonly says: RegExp }): boolean {
  const refused = error as { readonly code: string; readonly message: string };
  return refused.code === code && says.test(refused.message);
}

spec.run();
