// takes: 25s
// time-limit: 300s
/** The example of a nightly report: from the schedule to the published file, and what happens when it does not come to that. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { graph } from '../../examples/nightly-report/pipeline.js';
import {
  finishJob,
  type FullGraph,
  type GraphInfo,
  graphInfo,
  type GraphOptions,
  history,
  install,
  type JobArgs,
  jobGraph,
  type RecordedEvent,
  retryGraph,
  schedule,
  setSchedule,
  startProcesses,
  store,
  type Store,
  transactGraph,
  triggerSchedule,
  waitForGraph,
  type WorkerProcesses,
} from '../../src/index.js';
import { limitStream } from '../../src/domain/limit-places.js';
import { orThrow } from '../../src/store/or-throw.js';
import { verify } from '../../src/history/verify/verify.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { sqliteAddress, temporaryFolder } from '../support/stores.js';
import { OrdersSource, type SourceOptions } from './orders-source.js';

const spec = describe('the example of a nightly report', { timeoutMs: 60_000 });

const root = join(import.meta.dirname, '../..');
const file = 'examples/nightly-report/pipeline.ts';
const folder = temporaryFolder();
const out = join(folder, 'reports');
const address = sqliteAddress(join(folder, 'overseer.db'));
const rate = 6;
const windowMs = 1000;
const sources: OrdersSource[] = [];
let db: Store;
let processes: WorkerProcesses;

spec.before(async () => {
  db = await store(address);
  await install(db);
  overseer('limit', 'set', 'tenant-*', '--concurrency', '1', '--by', 'ann');
  overseer('limit', 'set', 'orders-api', '--rate', `${rate}/${windowMs}ms`, '--by', 'ann');
  processes = await startProcesses({ processes: 2, concurrency: 4 }, address, join(root, file));
});

spec.afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
});

spec.after(async () => {
  await processes.stop();
  await db.close();
});

async function openSource(options: SourceOptions): Promise<OrdersSource> {
  const source = await OrdersSource.open(options);
  sources.push(source);
  return source;
}

function overseer(...words: readonly string[]): string {
  const env = { ...process.env, OVERSEER_STORE: address, NO_COLOR: '1' };
  return execFileSync(process.execPath, ['dist/cli/main.js', ...words], { cwd: root, env, encoding: 'utf8' });
}

/** The example's graph, with other times for some of its jobs: in a test, hours are seconds. */
function sooner(limits: Readonly<Record<string, number>>, args: JobArgs, options: GraphOptions = {}) {
  const jobs = Object.entries((graph as FullGraph).jobs).map(([id, job]) => {
    const scheduleToCloseMs = limits[id];
    return [id, scheduleToCloseMs === undefined ? job : { ...job, scheduleToCloseMs }] as const;
  });
  return jobGraph({ jobs: Object.fromEntries(jobs) }, args, options);
}

const standing = async (graphId: string, jobId: string) => (await graphInfo(db, graphId)).jobs[jobId]?.derivedStatus;
const awaiting = (graphId: string) =>
  eventually(
    'the draft waits for its approval',
    async () => (await standing(graphId, 'approval')) === 'awaiting',
    30_000,
  );

async function eventsOf(graphId: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of history(db, graphId)) events.push(event);
  return events;
}

/** The instant of a run stands in its id, and the report is of the day before. */
function reportOf(graphId: string, ending: string): string {
  const dayBefore = Date.parse(graphId.split('@')[1]!) - 24 * 3_600_000;
  return join(out, `${new Date(dayBefore).toISOString().slice(0, 10)}.${ending}`);
}

const read = (graphId: string, ending: string) => readFileSync(reportOf(graphId, ending), 'utf8');

/** Kills the process that asks for a page of this tenant right now, and returns that job's id. */
async function killWhoAsksFor(source: OrdersSource, graphId: string, tenant: string): Promise<string> {
  await eventually(
    'a page is asked for',
    () => source.asked.some((one) => one.tenant === tenant && one.status === 200),
    30_000,
  );
  const { attempt } = source.asked.find((one) => one.tenant === tenant && one.status === 200)!;
  const jobId = attempt.slice(graphId.length + 1, attempt.lastIndexOf('#'));
  const { pid } = (await graphInfo(db, graphId)).jobs[jobId]!.worker!;
  assert.ok(processes.workers.some((worker) => worker.pid === pid));
  process.kill(pid, 'SIGKILL');
  return jobId;
}

/** What was asked too much was given up, and came again; and no tenant was asked for two pages at once. */
function assertAsked({ asked }: OrdersSource, graphId: string, events: readonly RecordedEvent[]): void {
  const faulted = events.flatMap(({ jobId, type, data }) =>
    type === 'JobFaulted' ? [`${graphId}/${jobId}#${(data as { attempt: number }).attempt}`] : [],
  );
  const refused = asked.filter(({ status }) => status === 429).map(({ attempt }) => attempt);
  assert.equal(
    refused.filter((attempt) => !faulted.includes(attempt)),
    [],
  );
  assert.is(new Set(asked.map(({ attempt }) => attempt)).size, asked.length);
  assert.is(Math.max(...asked.map(({ atOnce }) => atOnce)), 1);
}

spec.test(
  'given a source that is late and slow, a worker that is killed and an approval, then the report is published',
  async () => {
    const source = await openSource({ tenants: { oslo: 5, bergen: 4, bodø: 3 }, notYet: 1, rate });
    const args = JSON.stringify({ source: source.address, out });
    const line = ['--cron', '0 6 * * *', '--timezone', 'Europe/Oslo', '--args', args, '--by', 'ann'];
    assert.match(overseer('schedule', 'set', 'nightly-report', file, ...line), 'makes a run of 6 jobs');
    const release = source.hold('bergen');
    const graphId = overseer('schedule', 'trigger', 'nightly-report').trim();
    const killed = await killWhoAsksFor(source, graphId, 'bergen');
    await eventually('it is taken over', async () => (await standing(graphId, killed)) !== 'started', 30_000);
    release();
    await awaiting(graphId);
    assert.is(read(graphId, 'draft.csv'), source.expected());
    assert.not.ok(existsSync(reportOf(graphId, 'csv')));
    overseer('answer', `${graphId}/approval`, '--result', '"as expected"', '--by', 'kari');
    const done = await waitForGraph(db, graphId);

    assert.is(done.status, 'finished');
    assert.is(read(graphId, 'csv'), source.expected());
    assert.not.ok(existsSync(reportOf(graphId, 'draft.csv')));
    assert.equal(done.jobs['publish']!.result, { rows: 3, approval: 'as expected' });
    assert.equal([done.jobs['approval']!.answer!.by, done.jobs['tell']!.derivedStatus], ['kari', 'skipped']);
    assert.is(Date.parse(done.deadline!) - Date.parse(done.submittedAt), graph.deadlineMs!);
    const events = await eventsOf(graphId);
    assert.is(events.filter(({ type }) => type === 'JobDeferred').length, 1);
    const lost = events.filter(({ jobId, type }) => jobId === killed && type === 'JobFaulted').map(({ data }) => data);
    assert.ok(lost.some((data) => (data as { cause: string }).cause === 'lease-expired'));
    assertAsked(source, graphId, events);
    const { cron, timezone, history: runs } = await schedule(db, 'nightly-report');
    assert.equal([cron, timezone, runs[0]!.status], ['0 6 * * *', 'Europe/Oslo', 'finished']);
  },
);

spec.test('given no approval in time, then it is told, and asked again and approved, it is published', async () => {
  const source = await openSource({ tenants: { oslo: 2 }, rate });
  const specification = { graph: sooner({ approval: 2000 }, { source: source.address, out }), cron: '0 6 * * *' };
  await setSchedule(db, 'unattended', specification);
  const graphId = await triggerSchedule(db, 'unattended');
  const failed = await waitForGraph(db, graphId);
  const { draft, approval, publish, tell } = failed.jobs;
  assert.equal([failed.status, approval!.status, publish!.derivedStatus], ['failed', 'failed', 'blocked']);
  assert.equal(tell!.result, ['approval']);
  assert.match(read(graphId, 'not-published.txt'), /^approval is failed: it was not answered within 2 s/);
  assert.not.ok(existsSync(reportOf(graphId, 'draft.csv')));

  await retryGraph(db, graphId);
  await finishJob(db, graphId, 'approval', 'late, and fine', { by: 'kari' });
  const done = await waitForGraph(db, graphId);
  assert.equal([done.status, done.jobs['draft']!.attempt, draft!.attempt], ['finished', 1, 1]);
  assert.is(read(graphId, 'csv'), source.expected());
  assert.not.ok(existsSync(reportOf(graphId, 'not-published.txt')));
});

spec.test('given a source that never has the day, then the waiting has an end, and it is told', async () => {
  const source = await openSource({ tenants: {}, notYet: Infinity, rate });
  const day = '2026-01-31';
  const given = sooner({ list: 2500 }, { source: source.address, out, day });
  const { graphId } = await transactGraph(db, given);
  const failed = await waitForGraph(db, graphId);
  assert.equal(endsOf(failed), {
    ...{ list: 'failed', draft: 'blocked', approval: 'blocked', publish: 'blocked' },
    ...{ tell: 'finished', 'clean-up': 'finished' },
  });
  const told = readFileSync(join(out, `${day}.not-published.txt`), 'utf8');
  assert.match(told, /^list is failed: it had not ended within 2\.5 s/);
  assert.ok((await eventsOf(graphId)).filter(({ type }) => type === 'JobDeferred').length >= 1);
});

spec.test('given a page that does not come, then its attempt has an end, and the next one gets it', async () => {
  const source = await openSource({ tenants: { oslo: 1 }, rate });
  const release = source.hold('oslo');
  const { graphId } = await transactGraph(
    db,
    jobGraph((({ jobs }) => ({ jobs }))(graph), { source: source.address, out, day: '2026-02-01', answerMs: 500 }),
  );
  const isGivenUp = async () => ((await graphInfo(db, graphId)).jobs['list/oslo-1']?.attempt ?? 0) > 1;
  await eventually('the attempt is given up', isGivenUp, 30_000);
  release();
  await awaiting(graphId);
  await finishJob(db, graphId, 'approval', 'fine');
  const done = await waitForGraph(db, graphId);
  assert.is(done.status, 'finished');
  const causes = (await eventsOf(graphId)).flatMap((event) => (event.type === 'JobFaulted' ? [event.data.cause] : []));
  assert.ok(causes.length >= 1 && causes.every((cause) => cause === 'timeout'), causes.join());
});

spec.test('given a deadline, then nothing of a run goes on after it', async () => {
  const source = await openSource({ tenants: { oslo: 1 }, rate });
  const args = { source: source.address, out, day: '2026-02-02' };
  const { graphId } = await transactGraph(db, sooner({}, args, { deadlineMs: 2500 }));
  const ended = await waitForGraph(db, graphId);
  assert.equal([ended.status, ended.abort!.by], ['aborted', 'deadline']);
  assert.equal(endsOf(ended)['clean-up'], 'aborted');
});

spec.test('and pages never started faster than allowed, over all runs', async () => {
  const places = await orThrow(db.log.readStream(limitStream('orders-api')));
  const starts = places.flatMap(({ type, recordedAt }) => (type === 'PlaceTaken' ? [Date.parse(recordedAt)] : []));
  assert.ok(starts.length > 2 * rate);
  const tooSoon = starts.filter((at, index) => at - (starts[index - rate] ?? -Infinity) < windowMs);
  assert.equal(tooSoon, []);
});

spec.test('and the history of all runs is sound', async () => {
  assert.equal((await verify(db)).problems, []);
});

function endsOf({ jobs }: GraphInfo): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(jobs).map(([id, { derivedStatus }]) => [id, derivedStatus]));
}

spec.run();
