import type { JobExplanation } from '../../src/history/explain/explanation.js';
import {
  type AsOf,
  type GraphInfo,
  type GraphSummary,
  type Page,
  type RecordedEvent,
  abortJob,
  install,
  jobGraph,
  start,
  store,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { jsonLines, CliSandbox } from './cli-sandbox.js';

const sandbox = new CliSandbox();

/** Fills the store: a graph that finished, one that failed, two that were never begun. */
async function fill(opened: Store): Promise<void> {
  await install(opened);
  const handlers = {
    fetch: () => ({ rows: 3 }),
    report: () => 'done',
    broken: () => {
      throw new RangeError('out of range');
    },
  };
  const good = jobGraph({ fetch: [], report: ['fetch'] }, { org: 1 }, { id: 'good', labels: { team: 'a' } });
  const bad = jobGraph({ fetch: [], broken: ['fetch'], report: ['broken'] }, {}, { id: 'bad', labels: { team: 'b' } });
  await transactGraph(opened, good);
  const worker = await start({}, opened, handlers);
  await waitForGraph(opened, 'good');
  await transactGraph(opened, bad);
  await waitForGraph(opened, 'bad');
  await worker.stop();
  await transactGraph(opened, jobGraph({ one: [], two: ['one'] }, {}, { id: 'night-1', labels: { team: 'b' } }));
  await transactGraph(opened, jobGraph({ one: [] }, {}, { id: 'night-2' }));
  await abortJob(opened, 'night-2', 'one', { by: 'me', reason: 'not needed' });
  await opened.close();
}

const look = describe('commands that look', { timeoutMs: 60_000 });
look.before(async () => fill(await store(sandbox.store)));

look.test('graphs lists the latest first', async () => {
  const { code, stdout } = await sandbox.answer('graphs');
  assert.is(code, 0);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  assert.match(head!, /^GRAPH +STATUS +DONE +FAILED +SUBMITTED +ACTIVE +LABELS$/);
  assert.match(rows[0]!, /^night-2 +aborted +0\/1 +- +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\S+ m?s$/);
  assert.match(rows[1]!, /^night-1 +running +0\/2 +- .* team=b$/);
  assert.match(rows[2]!, /^bad +failed +1\/3 +1 .* team=b$/);
  assert.match(rows[3]!, /^good +finished +2\/2 +- .* team=a$/);
});

look.test('graphs by status and label, page by page', async () => {
  const ids = async (...words: string[]) => {
    const page = await sandbox.json<Page<GraphSummary>>('graphs', ...words);
    return [page.items.map((graph) => graph.id), page.next] as const;
  };
  assert.equal(await ids('--status', 'failed'), [['bad'], null]);
  assert.equal(await ids('--label', 'team=b'), [['night-1', 'bad'], null]);
  assert.equal(await ids('--label', 'team=b', '--status', 'running'), [['night-1'], null]);
  const [first, next] = await ids('--limit', '3');
  assert.equal(first, ['night-2', 'night-1', 'bad']);
  assert.equal(await ids('--limit', '3', '--after', next!), [['good'], null]);
  const { stderr } = await sandbox.answer('graphs', '--label', 'team=b', '--limit', '1');
  assert.match(stderr, /^there are more: overseer graphs --label team=b --limit 1 --after \S+\n$/);
  assert.is((await sandbox.answer('graphs', '--after', 'nonsense')).code, 2);
});

look.test('graphs of an empty namespace', async () => {
  const { code, stdout, stderr } = await sandbox.answer('graphs', '--namespace', 'other');
  assert.equal({ code, stdout, stderr }, { code: 0, stdout: '', stderr: 'no graphs\n' });
  const empty = { items: [], next: null, unreadable: [], pause: null };
  assert.equal(await sandbox.jsonAnswer('graphs', '--namespace', 'other'), empty);
});

look.test('show: a graph', async () => {
  const { stdout } = await sandbox.answer('show', 'bad');
  assert.match(stdout, /^graph +bad\nstatus +failed \(1 finished, 1 blocked, 1 failed\)\nlabels +team=b\n/);
  assert.match(stdout, /\nfetch +fetch +finished +1 +\d+ ms +\{"rows":3\}\n/);
  assert.match(stdout, /\nbroken +broken +failed +1 +\d+ ms +RangeError: out of range\n/);
  assert.match(stdout, /\nreport +report +blocked +- +- +after broken\n/);
  const info = await sandbox.jsonAnswer('show', 'bad');
  assert.is(info.jobs.broken.failure.message, 'out of range');
});

look.test('show: a job', async () => {
  const { stdout } = await sandbox.answer('show', 'good/report');
  assert.match(stdout, /^job +report\ngraph +good\ntype +report\nstatus +finished\nattempt +1\nparents +fetch\n/);
  assert.match(stdout, /\nargs +\{"org":1\}\n/);
  assert.match(stdout, /\nresult +"done"\n$/);
  assert.is((await sandbox.jsonAnswer('show', 'good/report')).result, 'done');
});

look.test('show as of a moment: by number, position and time', async () => {
  const events = jsonLines<RecordedEvent>((await sandbox.answer('history', 'good', '--json')).stdout);
  const at = async (moment: string) => {
    const { status, jobs, asOf } = await sandbox.jsonAnswer<GraphInfo & AsOf>('show', 'good', '--at', moment);
    return [status, jobs['fetch']!.derivedStatus, asOf];
  };
  assert.equal(await at('#1'), ['running', 'ready', events[0]!.position]);
  assert.equal(await at('#2'), ['running', 'started', events[1]!.position]);
  assert.equal(await at(`@${events[2]!.position}`), ['running', 'finished', events[2]!.position]);
  assert.equal((await at(events.at(-1)!.recordedAt))[0], 'finished');
  const { stdout } = await sandbox.answer('show', 'good', '--at', '#2');
  assert.match(stdout, new RegExp(`as of +@${events[1]!.position} \\(#2\\)`));
  const job = await sandbox.answer('show', 'good/fetch', '--at', '#2');
  assert.match(job.stdout, /status +started\n/);
});

look.test('moments that are none', async () => {
  const told = async (moment: string) => {
    const { code, stderr } = await sandbox.answer('show', 'bad', '--at', moment);
    assert.is(code, 2, moment);
    return stderr;
  };
  assert.match(await told('#99'), /graph bad has events #1 to #5, and no #99/);
  assert.match(await told('@1'), /graph bad did not exist at @1; it exists from @\d+ \(20.*\) on/);
  assert.match(await told('@9999'), /the log has not reached @9999; it ends at @\d+/);
  assert.match(await told('2000-01-01'), /graph bad did not exist at 2000-01-01/);
});

look.test('history numbers the events of the graph, also when one job is asked for', async () => {
  const { stdout } = await sandbox.answer('history', 'good');
  const lines = stdout.trimEnd().split('\n');
  assert.is(lines.length, 5);
  assert.match(lines[0]!, /^#1 +@1 +\d{4}-\S+ \S+ +GraphSubmitted +2 jobs, team=a$/);
  assert.match(lines[1]!, /^#2 +@2 .* JobStarted +fetch +attempt 1 on \S+, lease 30\.0 s$/);
  assert.match(lines[2]!, /^#3 +@3 .* JobFinished +fetch +attempt 1: \{"rows":3\}$/);
  const ofJob = await sandbox.answer('history', 'good/report', '--json');
  const events = jsonLines<RecordedEvent & { readonly number: number }>(ofJob.stdout);
  assert.equal(
    events.map(({ number, type }) => [number, type]),
    [
      [4, 'JobStarted'],
      [5, 'JobFinished'],
    ],
  );
});

look.test('log: from a place, by type, so many', async () => {
  const events = async (...words: string[]) => {
    return jsonLines<RecordedEvent>((await sandbox.answer('log', '--json', ...words)).stdout);
  };
  const all = await events();
  assert.is(all.length, 5 + 5 + 1 + 2);
  const positions = async (...words: string[]) => (await events(...words)).map((event) => String(event.position));
  assert.equal(await positions('--limit', '3'), ['1', '2', '3']);
  assert.equal(await positions('--from', '@5', '--limit', '1'), ['5']);
  assert.equal((await events('--from', '@1')).length, all.length);
  assert.equal((await events('--from', all[6]!.recordedAt))[0]!.recordedAt, all[6]!.recordedAt);
  const types = await events('--type', 'JobFaulted,JobAborted', '--type', 'GraphSubmitted');
  assert.is(types.length, 6);
  const { stdout } = await sandbox.answer('log', '--type', 'JobAborted');
  assert.match(stdout, /^ +@13 {2}\S+ \S+ +JobAborted +night-2\/one +by me: not needed\n$/);
});

look.test('a graph may be named by its beginning, unless others begin the same', async () => {
  assert.is((await sandbox.jsonAnswer('show', 'goo')).id, 'good');
  assert.is((await sandbox.jsonAnswer('show', 'b/broken')).id, 'broken');
  const { code, stderr } = await sandbox.answer('show', 'nig');
  assert.is(code, 2);
  assert.is(stderr, 'overseer: "nig" could be any of 2 graphs: night-1, night-2; give more of the id\n');
  const none = await sandbox.answer('show', 'nope');
  assert.equal([none.code, none.stderr], [2, 'overseer: there is no graph "nope"\n']);
  const job = await sandbox.answer('show', 'good/nope');
  assert.equal([job.code, job.stderr], [2, 'overseer: graph good has no job "nope"\n']);
  assert.match((await sandbox.answer('show', 'good/')).stderr, /names no job after the slash/);
  assert.match((await sandbox.answer('show', '/fetch')).stderr, /names no graph/);
});

look.test('explain: a job and a graph', async () => {
  const report = await sandbox.answer('explain', 'bad/report');
  assert.is(report.code, 0);
  const [because = '', causes = ''] = report.stdout.split('what led to this, the latest first:\n');
  assert.is(
    because,
    'job report (type report) of graph bad is blocked\n' +
      '  it can never start, because a job it depends on failed:\n' +
      '    broken  failed  RangeError: out of range\n' +
      'to let it run: overseer retry bad/broken\n',
  );
  assert.equal(
    causes.split('\n').map((line) => line.trim().split(/ +/).slice(2, 4).join(' ')),
    ['JobFaulted broken', 'JobStarted broken', 'JobFinished fetch', 'JobStarted fetch', 'GraphSubmitted bad', ''],
  );
  const graph = await sandbox.answer('explain', 'night-1');
  assert.match(graph.stdout, /^graph night-1 is running \(1 ready, 1 waiting\)\n {2}ready, of type one: one\n/);
  assert.match(graph.stdout, /no worker took a job of type one in the last 15 min \(1 worker took others\)/);
  const answer = await sandbox.jsonAnswer<JobExplanation>('explain', 'night-1/two');
  assert.is(answer.status, 'waiting');
  assert.equal(
    answer.unfinishedParents.map(({ id, status }) => [id, status]),
    [['one', 'ready']],
  );
});

look.test('a reader who has seen enough ends a command in silence', async () => {
  const begun = sandbox.begin('log', '--follow');
  await begun.says(/GraphSubmitted/);
  begun.stopListening();
  const opened = await store(sandbox.store);
  await transactGraph(opened, jobGraph({ a: [] }, {}, { id: 'later' }));
  await opened.close();
  const { code, stderr } = await begun.ended;
  assert.is(code, 0);
  assert.is(stderr, '');
});
look.run();
