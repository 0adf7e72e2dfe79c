// time-limit: 900s
/** The projections in a real server: their results, and how they are installed and removed. */
import { binaryEvent, jsonEvent } from '@eventstore/db-client';
import fc from 'fast-check';
import type { DomainEvent, JobDefinition, RecordedEvent } from '../../src/domain/events.js';
import { LogError } from '../../src/log/event-log.js';
import type { RemovedServerProjection } from '../../src/log/server-projections.js';
import { eventually } from '../support/eventually.js';
import { noServer } from '../support/eventstoredb.js';
import { failed, graphAborted, graphReset, Recorder, reset, skipped, started, submitted } from '../support/given.js';
import { graphShape, simulate, steps } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';
import { Tenant } from './tenant.js';

const spec = describe('projections in a real server', { timeoutMs: 400_000 });

const all = ['graph-history', 'graph-progress', 'job-counts', 'ready-jobs'];

const tenants: Tenant[] = [];

function newTenant(): Tenant {
  const tenant = new Tenant();
  tenants.push(tenant);
  return tenant;
}

spec.afterEach(async () => {
  for (const tenant of tenants.splice(0)) await tenant.dispose();
});

const refused = (why: RegExp) => (thrown: unknown) =>
  thrown instanceof LogError && (thrown.code as string) === 'projections-refused' && why.test(thrown.message);

const facts = (
  reports: readonly { readonly projection: string; readonly standing: string; readonly state: unknown }[],
) => reports.map(({ projection, standing, state }) => [projection, standing, state]);

function test(title: string, body: () => Promise<void>): void {
  if (noServer === null) spec.test(title, body);
  else spec.skip(title, noServer);
}

const kinds: readonly RecordedEvent['type'][] = [
  ...(['GraphSubmitted', 'GraphAborted', 'GraphReset', 'GraphPaused', 'GraphResumed'] as const),
  ...(['JobStarted', 'JobFinished', 'JobFaulted', 'JobAborted', 'JobSkipped', 'JobReset'] as const),
  ...(['JobDeferred', 'JobAnswered'] as const),
];

/** What three graphs leave in the log, with every kind of event and with rules; always the same. */
function someHistory(): readonly RecordedEvent[] {
  const histories = fc
    .record({ shapes: fc.array(graphShape, { minLength: 3, maxLength: 3 }), taken: steps(250) })
    .map(({ shapes, taken }) => simulate(shapes, taken))
    .filter((events) => kinds.every((kind) => events.some(({ type }) => type === kind)))
    .filter((events) => events.some(({ schemaVersion }) => schemaVersion === 3));
  return fc.sample(histories, { seed: 7, numRuns: 1 })[0]!;
}

test('they are planned, put there once, say what the reducers say, and are taken away', async () => {
  const tenant = newTenant();
  const events = someHistory();
  const middle = Math.floor(events.length / 2);
  await tenant.append(events.slice(0, middle));
  assert.equal(
    (await tenant.plan()).map(({ projection, action }) => [projection, action]),
    all.map((projection) => [projection, 'create']),
  );
  assert.equal(
    facts(await tenant.status()),
    all.map((projection) => [projection, 'not-installed', null]),
  );

  const applied = await tenant.apply();
  assert.equal(
    applied.map(({ projection, action, state }) => [projection, action, state]),
    all.map((each) => [each, 'create', 'running']),
  );
  assert.equal(
    facts(await tenant.status()),
    all.map((projection) => [projection, 'installed', 'running']),
  );
  assert.equal(
    (await tenant.apply()).map(({ action }) => action),
    all.map(() => 'keep'),
  );
  await tenant.agreesOn(events.slice(0, middle));

  // A stopped projection starts again from its checkpoint, with a script that has no memory.
  for (const projection of all) await tenant.client.disableProjection(tenant.named(projection));
  await tenant.append(events.slice(middle));
  assert.equal(
    (await tenant.plan()).map(({ action }) => action),
    all.map(() => 'start'),
  );
  assert.equal(
    (await tenant.apply()).map(({ state }) => state),
    all.map(() => 'running'),
  );
  await tenant.agreesOn(events);

  const kept = (await tenant.read('changes-v4')).length;
  assert.ok(kept > 0);
  const written = { 'job-counts': false, 'ready-jobs': true, 'graph-history': true, 'graph-progress': true };
  const haveWritten = (removed: readonly RemovedServerProjection[]) =>
    Object.fromEntries(removed.map(({ projection, streams }) => [projection, streams > 0]));
  assert.equal(haveWritten(await tenant.remove()), written);
  assert.is((await tenant.read('changes-v4')).length, kept);
  assert.equal(
    facts(await tenant.status()),
    all.map((projection) => [projection, 'not-installed', null]),
  );
  await assert.rejects(tenant.apply(), refused(/streams that an earlier .*graph-history-v1 wrote are still there/));

  const { 'job-counts': _, ...left } = written;
  assert.equal(haveWritten(await tenant.remove([], true)), left);
  assert.equal(await tenant.read('changes-v4'), []);
  assert.equal(
    (await tenant.apply()).map(({ action, state }) => [action, state]),
    all.map(() => ['create', 'running']),
  );
  await tenant.agreesOn(events);
});

test('they take what may stand in the log besides: data that is no object, metadata that is no JSON, other things', async () => {
  const tenant = newTenant();
  const recorder = new Recorder();
  const record = (graphId: string, jobId: string | null, event: DomainEvent) =>
    recorder.record({ graphId, jobId }, event);
  await tenant.apply();
  const events: RecordedEvent[] = [
    record('g', null, submitted({ a: [], b: ['a'] })),
    record('h', null, submitted({ a: [] })),
  ];
  await tenant.append(events);
  for (const data of [7, 'text', null, [1], true]) {
    const odd = { ...record('g', 'a', started()), type: 'JobStarted', data } as unknown as RecordedEvent;
    await tenant.append([odd]);
    events.push({
      ...odd,
      type: 'Unreadable',
      data: { storedType: 'JobStarted', problem: 'malformed-event', explanation: '', stored: data },
    });
  }
  const { namespace, client } = tenant;
  const unclear = record('i', null, submitted({ a: [] }));
  const metadata = Buffer.from('no JSON');
  await client.appendToStream(
    `${namespace}.graph-i`,
    jsonEvent({ id: unclear.id, type: unclear.type, data: unclear.data, metadata }),
  );
  events.push(unclear);
  await client.appendToStream(`${namespace}.other`, binaryEvent({ type: 'Binary', data: Buffer.from([255, 254, 0]) }));
  await client.setStreamMetadata(`${namespace}.graph-h`, { maxCount: 100_000 });
  const later = [record('h', null, graphAborted), record('h', null, graphReset), record('h', 'a', started())];
  await tenant.append(later);
  await tenant.agreesOn([...events, ...later]);
  assert.equal(
    (await tenant.status()).map(({ state }) => state),
    all.map(() => 'running'),
  );
});

/** So many jobs, in four parts, each with two parents. */
function largeGraph(size: number, rulesOf: (index: number) => Partial<JobDefinition>): readonly DomainEvent[] {
  const jobs = Array.from({ length: size }, (_, index): JobDefinition => {
    const parents = index < 2 ? [] : [`job number ${index >> 1}`, `job number ${Math.floor(index / 3)}`];
    return { id: `job number ${index}`, type: `type ${index % 5}`, parents, ...rulesOf(index) };
  });
  const empty = submitted({}) as Extract<DomainEvent, { type: 'GraphSubmitted' }>;
  return [0, 1, 2, 3].map((part) => ({
    type: empty.type,
    data: { ...empty.data, part: part + 1, parts: 4, jobs: jobs.slice((part * size) / 4, ((part + 1) * size) / 4) },
  }));
}

test('they bear the largest graphs they do not pass over, without rules and with', async () => {
  const tenant = newTenant();
  const recorder = new Recorder();
  const events: RecordedEvent[] = [];
  for (const [graphId, parts] of [
    ['g', largeGraph(10_000, () => ({}))],
    ['ruled', largeGraph(5000, (index) => (index < 2 ? {} : { when: 'any-finished', optional: ['job number 0'] }))],
  ] as const) {
    for (const event of [...parts, graphAborted, graphReset])
      events.push(recorder.record({ graphId, jobId: null }, event));
    for (const event of [started(), failed(), reset(), started(2), skipped(2), reset(), started(3), failed(3)]) {
      events.push(recorder.record({ graphId, jobId: 'job number 0' }, event));
      if (event.type === 'JobReset') continue;
      events.push(recorder.record({ graphId, jobId: 'job number 1' }, event));
    }
  }
  await tenant.append(events);
  await tenant.apply();
  await tenant.agreesOn(events);
});

test('only those asked for are put there, with those they need; and these stay while they are needed', async () => {
  const tenant = newTenant();
  assert.equal(
    (await tenant.plan('ready-jobs')).map(({ projection }) => projection),
    ['graph-progress', 'ready-jobs'],
  );
  await tenant.apply('ready-jobs-v4');
  await assert.rejects(
    tenant.remove(['graph-progress']),
    refused(/graph-progress-v4 is needed by ready-jobs-v4; remove/),
  );
  assert.equal(
    (await tenant.remove(['ready-jobs'])).map(({ projection }) => projection),
    ['ready-jobs'],
  );
  assert.equal((await tenant.remove([tenant.named('graph-progress')])).length, 1);
  await assert.rejects(
    tenant.plan('graph-histroy'),
    /there is no projection "graph-histroy"; did you mean graph-history\? There are graph-history/,
  );
});

test('two who put them there at once do not get in each other’s way', async () => {
  const tenant = newTenant();
  const applied = await Promise.all([
    tenant.apply('graph-history'),
    tenant.apply('graph-history'),
    tenant.apply('graph-history'),
  ]);
  assert.equal(
    applied.map(([history]) => history?.state),
    ['running', 'running', 'running'],
  );
  assert.equal(
    (await tenant.read('projections')).map(({ eventType }) => eventType),
    ['ProjectionInstalled'],
  );
});

test('what somebody else has put there is left alone', async () => {
  const tenant = newTenant();
  const name = tenant.named('graph-history');
  await tenant.client.createProjection(name, "fromStream('nowhere').when({ $any: function (s) { return s; } });");
  const [first] = await tenant.status();
  assert.is(first!.standing, 'foreign');
  await assert.rejects(
    tenant.apply(),
    refused(/the server has a projection .*graph-history-v1 that Overseer did not install/),
  );
  assert.is((await tenant.status())[1]!.standing, 'not-installed');
  await assert.rejects(tenant.remove(['graph-history']), refused(/that Overseer did not install/));
  assert.equal(await tenant.remove(), []);
  assert.is((await tenant.client.getProjectionStatus(name)).projectionStatus, 'Running');
  await tenant.client.disableProjection(name);
  const isStopped = async () => (await tenant.client.getProjectionStatus(name)).projectionStatus === 'Stopped';
  await eventually('it has stopped', isStopped);
  await tenant.client.deleteProjection(name, { deleteCheckpointStream: true });
});

test('what runs another source is told from what this release has, and is not changed in place', async () => {
  const tenant = newTenant();
  await tenant.apply('graph-history');
  await tenant.client.updateProjection(
    tenant.named('graph-history'),
    'fromAll().when({ $any: function (s) { return s; } });',
  );
  assert.is((await tenant.status())[0]!.standing, 'other-source');
  await assert.rejects(tenant.apply('graph-history'), refused(/runs another source than this release has/));
  assert.is((await tenant.remove()).length, 1);
});

test('a version that another release has put there is shown, and can be removed', async () => {
  const tenant = newTenant();
  const name = `${tenant.namespace}-graph-history-v0`;
  const data = { name, projection: 'graph-history', version: 0, sha256: '', writes: [], needs: [] };
  await tenant.client.appendToStream(
    `${tenant.namespace}.projections`,
    jsonEvent({ type: 'ProjectionInstalled', data }),
  );
  await tenant.client.createProjection(name, "fromStream('nowhere').when({ $any: function (s) { return s; } });");
  assert.equal(facts((await tenant.status()).slice(-1)), [['graph-history', 'other-release', 'running']]);
  assert.equal(
    (await tenant.plan()).map(({ version }) => version),
    [1, 4, 4, 4],
  );
  assert.equal(
    (await tenant.remove(['graph-history-v0'])).map(({ version }) => version),
    [0],
  );
});

test('what was deleted behind our back is put there again, once nothing it has written is in the way', async () => {
  const tenant = newTenant();
  await tenant.apply('job-counts');
  for (const projection of ['job-counts', 'graph-progress']) {
    await tenant.client.disableProjection(tenant.named(projection));
    await tenant.client.deleteProjection(tenant.named(projection));
  }
  const isGone = async () => (await tenant.status()).every(({ state }) => state === null);
  await eventually('they are gone', isGone);
  assert.equal(facts((await tenant.status()).slice(1, 3)), [
    ['graph-progress', 'missing', null],
    ['job-counts', 'missing', null],
  ]);
  await assert.rejects(tenant.apply('job-counts'), refused(/an earlier .*graph-progress-v4 wrote are still there/));
  await tenant.remove(['graph-progress', 'job-counts'], true);
  assert.equal(
    (await tenant.apply('job-counts')).map(({ state }) => state),
    ['running', 'running'],
  );
});

test('one that has faulted says why, and is started again by the next apply', async () => {
  const tenant = newTenant();
  await tenant.client.appendToStream(`${tenant.namespace}.changes-v4`, jsonEvent({ type: 'NotOurs', data: {} }));
  await tenant.append([new Recorder().record({ graphId: 'g', jobId: null }, submitted({ a: [] }))]);
  await tenant.apply('graph-progress');
  const report = async () => (await tenant.status())[1]!;
  await eventually('it has faulted', async () => (await report()).state === 'faulted', 300_000);
  assert.match((await report()).reason!, /changes-v4' stream .* has been written to from the outside/);
  assert.is((await tenant.plan('graph-progress'))[0]!.action, 'start');
});

spec.run();
