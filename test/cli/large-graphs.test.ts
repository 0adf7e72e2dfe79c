// takes: 6s
/** A run of 1,534 jobs on the command line: it fits a screen, in length and in width, and nothing of it is lost. */
import { widthOf } from '../../src/cli/output/width.js';
import { install, jobGraph, store, transactGraph } from '../../src/index.js';
import { largeRun, longType, storedOf } from '../support/large-run.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox, jsonLines } from './cli-sandbox.js';

const run = largeRun();
const graph = run.graphId;
const sandbox = new CliSandbox();
const failing = run.events.find((event) => event.type === 'JobFaulted' && event.data.next.kind === 'failed')!;
const large = describe('a graph of 1,534 jobs', { timeoutMs: 120_000 });

large.before(async () => {
  const db = await store(sandbox.store);
  await install(db);
  await rightOf(db.log.restore(storedOf(run.events)));
  await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id: '2026-01-01' }));
  await db.close();
});

const commands: readonly (readonly string[])[] = [
  ['show', graph],
  ['show', graph, '--all'],
  ['show', graph, '--status', 'failed,aborted,blocked'],
  ['show', graph, '--type', longType, '--limit', '5'],
  ['show', `${graph}/${failing.jobId}`],
  ['show', `${graph}/${longType}_7`],
  ['history', graph],
  ['history', graph, '--all'],
  ['history', graph, '--type', 'JobFaulted', '--limit', '30'],
  ['history', `${graph}/${longType}_7`],
  ['timeline', graph],
  ['timeline', graph, '--all'],
  ['timeline', graph, '--status', 'failed'],
  ['bisect', graph, '--where', 'count.failed > 0'],
  ['bisect', graph, '--where', 'event.type == "JobFaulted" && count.finished > 3'],
  ['explain', graph],
  ['explain', `${graph}/${failing.jobId}`],
  ['explain', `${graph}/final_0`],
  ['graphs'],
  ['jobs'],
  ['jobs', '--status', 'started,backing-off'],
  ['workers'],
  ['queue'],
  ['log', '--limit', '40'],
  ['fork', graph, '--failed', '--dry-run'],
  ['what-if', graph, '--retry', '{"maximumAttempts":1}'],
  ['diff', graph, '#200'],
  ['diff', graph, '#200', '#260'],
];

/** A word that is longer than a line, such as a long id in a command to type, cannot be broken. */
const isOneWord = (line: string) => !line.trim().replace(/ \\$/, '').includes(' ');

for (const columns of [80, 140]) {
  large.test(`no line is wider than a terminal of ${columns} columns`, async () => {
    const there = sandbox.with({ COLUMNS: String(columns) });
    for (const words of commands) {
      const { code, stdout, stderr } = await there.answer(...words);
      assert.is(code, 0, `${words.join(' ')}: ${stderr}`);
      const lines = `${stdout}${stderr}`.split('\n');
      const wide = lines.filter((line) => widthOf(line) > columns && !isOneWord(line));
      assert.equal(wide, [], words.join(' '));
      assert.ok(stdout.length > 40, words.join(' '));
    }
  });
}

large.test('by default, show and history fit a screen, and say how to see the rest', async () => {
  const there = sandbox.with({ COLUMNS: '140' });
  const show = await there.answer('show', graph);
  assert.ok(show.stdout.split('\n').length < 45, show.stdout);
  const [, types = '', jobs = ''] = show.stdout.split('\n\n');
  const done = types.split('\n').flatMap((line) => /(\d+)\/(\d+)/.exec(line) ?? []);
  const total = types.split('\n').reduce((sum, line) => sum + Number(/\d+\/(\d+)/.exec(line)?.[1] ?? 0), 0);
  assert.is(done.length > 0 && total, run.jobs);
  const statuses = new Set(
    jobs
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/ +/)[2]),
  );
  assert.equal([...statuses].filter(Boolean), ['failed', 'started', 'backing-off', 'aborted']);
  const listed = jobs.trim().split('\n').length - 1;
  assert.match(
    show.stderr,
    new RegExp(`^${(run.jobs - listed).toLocaleString('en-US')} more jobs; .*: overseer show ${graph} --all\n$`),
  );
  const history = await there.answer('history', graph);
  assert.ok(history.stdout.split('\n').length < 45);
  assert.match(history.stderr, new RegExp(`more events; .*: overseer history ${graph} --all\n$`));
  assert.not.match(history.stdout.split('\n\n')[1]!, /JobStarted|JobFinished/);
});

large.test('a file or a pipe gets whole lines', async () => {
  const { stdout } = await sandbox.answer('show', graph, '--all');
  assert.is(stdout.split('\n').filter((line) => line.startsWith('extract_')).length, 600);
  assert.match(stdout, new RegExp(`${longType}_399 `));
  assert.is((await sandbox.answer('history', graph, '--all')).stdout.trimEnd().split('\n').length, run.events.length);
});

large.test('JSON is complete, unless filters choose', async () => {
  const ids = async (...words: string[]) => Object.keys((await sandbox.jsonAnswer('show', graph, ...words)).jobs);
  assert.is((await ids()).length, run.jobs);
  const failed = await ids('--status', 'failed');
  assert.ok(failed.length > 3 && failed.includes(failing.jobId!));
  assert.is((await ids('--type', 'merge,report', '--type', 'final')).length, 134);
  assert.equal(await ids('--job', 'extract_59*,final_0', '--job', 'merge_1'), [
    'extract_59',
    ...Array.from({ length: 10 }, (_, n) => `extract_59${n}`),
    'merge_1',
    'final_0',
  ]);
  const events = jsonLines<{ type: string; number: number }>((await sandbox.answer('history', graph, '--json')).stdout);
  assert.is(events.length, run.events.length);
});

large.test('lists go on where they ended', async () => {
  const all = Object.keys((await sandbox.jsonAnswer('show', graph, '--status', 'aborted')).jobs);
  const found: string[] = [];
  for (let after: string | null = ''; after !== null;) {
    const words: string[] = after === '' ? [] : ['--after', after];
    const page: { jobs: object; next: string | null } = await sandbox.jsonAnswer(
      'show',
      graph,
      '--status',
      'aborted',
      '--limit',
      '5',
      ...words,
    );
    found.push(...Object.keys(page.jobs));
    after = page.next;
  }
  assert.equal(found, all);
  const first = await sandbox.answer('history', graph, '--type', 'JobFaulted', '--limit', '2');
  const next = /--after '#(\d+)'/.exec(first.stderr)![1]!;
  const words = ['--type', 'JobFaulted', '--limit', '1', '--after', `#${next}`, '--json'];
  const [third] = jsonLines<{ number: number }>((await sandbox.answer('history', graph, ...words)).stdout);
  const faults = run.events.flatMap((event, index) => (event.type === 'JobFaulted' ? [index + 1] : []));
  assert.is(third!.number, faults[2]);
  const log = await sandbox.answer('log', '--type', 'JobAborted', '--limit', '1');
  const aborts = run.events.flatMap((event, index) => (event.type === 'JobAborted' ? [index + 1] : []));
  assert.is(log.stderr, `there are more: overseer log --from @${aborts[1]} --type JobAborted --limit 1\n`);
});

large.test('history: types of events and of jobs, and statuses', async () => {
  const events = async (...words: string[]) =>
    jsonLines<{ type: string; jobId: string }>((await sandbox.answer('history', graph, '--json', ...words)).stdout);
  const faults = await events('--type', 'JobFaulted,merge');
  assert.ok(
    faults.length > 1 && faults.every(({ type, jobId }) => type === 'JobFaulted' && jobId.startsWith('merge_')),
  );
  const aborted = await events('--status', 'aborted', '--type', 'JobAborted');
  assert.is(aborted.length, run.events.filter(({ type }) => type === 'JobAborted').length);
});

large.test('unknown names are errors that name the nearest', async () => {
  const refused = async (...words: string[]) => {
    const { code, stdout, stderr } = await sandbox.answer(...words);
    assert.equal([code, stdout], [2, ''], words.join(' '));
    return stderr;
  };
  assert.match(await refused('show', graph, '--status', 'faild'), /no status is called "faild"; did you mean failed\?/);
  assert.match(await refused('show', graph, '--type', 'merg'), /no type .* is called "merg"; did you mean merge\?/);
  assert.match(await refused('show', graph, '--job', 'merge_1000'), /no job .* "merge_1000"; did you mean merge_10/);
  assert.match(await refused('show', graph, '--job', 'x*'), /no job .* matches "x\*"/);
  assert.match(await refused('history', graph, '--type', 'JobFinshed'), /did you mean JobFinished\?/);
  assert.match(await refused('timeline', graph, '--type', 'extrac'), /did you mean extract\?/);
  assert.match(await refused('jobs', '--type', 'extrac'), /did you mean extract\?/);
  assert.match(await refused('jobs', '--status', 'run'), /no status is called "run"/);
  assert.match(await refused('queue', '--type', 'alin'), /did you mean align\?/);
  assert.match(await refused('workers', '--type', 'alin'), /did you mean align\?/);
  assert.match(await refused('graphs', '--status', 'finish'), /did you mean finished\?/);
  assert.match(await refused('show', `${graph}/final_0`, '--status', 'failed'), /names a job/);
});

large.test('stacks are shown for one job, and explained', async () => {
  const place = `${graph}/${failing.jobId}`;
  for (const command of ['show', 'explain']) {
    const { stdout } = await sandbox.answer(command, place);
    assert.match(stdout, /\n {4}at write \(\/home\/user\/pipeline\/disk\.ts:12:9\)\n {4}at process\.processTimers/);
    assert.match((await sandbox.jsonAnswer(command, place)).stack, /^DiskError: .*\n {4}at write/s);
  }
  assert.is((await sandbox.jsonAnswer('show', `${graph}/final_0`)).stack, null);
});

large.test('diff with one moment means until now; a graph may be called by a date', async () => {
  const last = `#${run.events.length}`;
  const until = await sandbox.jsonAnswer('diff', graph, '#2000');
  assert.is(until.after.asOf, null);
  assert.equal(until.changed.length, (await sandbox.jsonAnswer('diff', graph, '#2000', last)).changed.length);
  assert.ok(until.changed.length > 100);
  const position = await sandbox.jsonAnswer('diff', graph, '@2000');
  assert.equal(position.changed, until.changed);
  const time = await sandbox.jsonAnswer('diff', graph, run.events[1999]!.recordedAt);
  assert.is(time.before.graphId, time.after.graphId);
  assert.equal((await sandbox.jsonAnswer('diff', graph, '2026-01-01')).after.graphId, '2026-01-01');
});
large.run();
