// takes: 10s
/** Looking back from the command line: what is printed, what machines get, and what is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const files = {
  'flow.mjs': `
    import { fault } from 'overseer';
    const nap = (ms) => new Promise((done) => setTimeout(done, ms));
    export const graph = {
      id: 'nightly',
      jobs: {
        fetch: { type: 'fetch' },
        'page-1': { type: 'page', after: ['fetch'] },
        flaky: { type: 'flaky', after: ['fetch'], retry: { initialIntervalMs: 60, jitter: 0 } },
        report: { type: 'report', after: ['page-1', 'flaky'] },
        bad: { type: 'bad', after: ['page-1'] },
        below: { type: 'report', after: ['bad'] },
      },
    };
    export const handlers = {
      fetch: async () => { await nap(20); return { rows: 3 }; },
      page: async () => { await nap(20); return 'page'; },
      flaky: async (job) => { await nap(20); if (job.attempt < 2) fault('busy'); return 'ok'; },
      report: (job) => Object.keys(job.inputs),
      bad: () => { throw new TypeError('no such thing'); },
    };`,
  'where.mjs': `export const where = (graph) => graph.jobs.flaky.attempt >= 2; export const isMonotonic = true;`,
  'throws.mjs': `export const where = (graph) => graph.nothing.at.all;`,
  'empty.mjs': `export const other = 1;`,
};

const spec = describe('looking back from the command line', { timeoutMs: 60_000 });
const sandbox = new CliSandbox(files);
/** Its events; the first of them has number 1. */
let events: readonly { readonly type: string; readonly jobId: string | null; readonly position: string }[];

spec.before(async () => {
  const { code, stderr } = await sandbox.overseer('run', 'flow.mjs', '--concurrency', '2');
  if (code !== 1) throw new Error(`the run ended with ${code}: ${stderr}`);
  const { stdout } = await sandbox.answer('history', 'nightly', '--json');
  events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as (typeof events)[number]);
});

function numberOf(type: string, jobId: string): number {
  return events.findIndex((event) => event.type === type && event.jobId === jobId) + 1;
}

spec.test('timeline draws attempts, waits and the critical path', async () => {
  const { code, stdout } = await sandbox.answer('timeline', 'nightly');
  assert.is(code, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0]!, /^graph nightly: failed in [\d.]+ m?s, 6 jobs$/);
  assert.match(stdout, /^\* flaky .* [\d.]+ m?s$/m);
  assert.match(stdout, /^ {2}bad .*x/m);
  assert.match(stdout, /█ running {3}~ backing off/);
  assert.match(stdout, /^TIME SPENT +ALL JOBS +CRITICAL PATH/m);
  assert.match(stdout, /^critical path: fetch, flaky, report$/m);
  const cut = await sandbox.answer('timeline', 'nightly', '--limit', '4');
  assert.match(cut.stdout, /… and 2 more|… and 2 jobs more/);
  for (const jobId of ['fetch', 'flaky', 'report']) assert.match(cut.stdout, new RegExp(`^\\* ${jobId} `, 'm'));
});

spec.test('timeline for machines, and as of a moment', async () => {
  const whole = await sandbox.jsonAnswer('timeline', 'nightly');
  assert.equal(whole.criticalPath, ['fetch', 'flaky', 'report']);
  assert.is(whole.jobs.length, 6);
  const begun = await sandbox.jsonAnswer('timeline', 'nightly', '--at', '#1');
  assert.equal([begun.from, begun.asOf], [begun.to, events[0]!.position]);
});

spec.test('pictures are files that stand alone', async () => {
  await sandbox.answer('timeline', 'nightly', '--svg', 'timeline.svg');
  await sandbox.answer('show', 'nightly', '--at', `#${numberOf('JobFaulted', 'bad')}`, '--svg', 'graph.svg');
  for (const name of ['timeline.svg', 'graph.svg']) {
    const text = readFileSync(sandbox.path(name), 'utf8');
    assert.match(text, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assert.match(text, /<\/svg>\n$/);
    for (const jobId of Object.keys({ fetch: 1, 'page-1': 1, flaky: 1, report: 1, bad: 1, below: 1 })) {
      assert.match(text, new RegExp(`>${jobId}<`));
    }
    assert.not(/NaN|undefined|Infinity/.test(text), name);
  }
  assert.match(readFileSync(sandbox.path('graph.svg'), 'utf8'), /bad \(bad\): failed/);
  const dot = await sandbox.answer('show', 'nightly', '--dot', '-');
  assert.match(dot.stdout, /^digraph "nightly" \{/);
  assert.match(dot.stdout, /"bad" \[label="bad\\nfailed", shape="octagon"/);
  assert.match(dot.stdout, /"page-1" -> "report";/);
});

spec.test('diff of two moments, and of two graphs', async () => {
  const { stdout } = await sandbox.answer('diff', 'nightly', '#1', `#${events.length}`);
  assert.match(stdout, /^fetch +ready → finished +0 → 1 +- → .*result null → \{"rows":3\}/m);
  assert.match(stdout, /^bad +waiting → failed +0 → 1 .*no failure → TypeError: no such thing/m);
  assert.match(stdout, /^below +waiting → blocked$/m);
  assert.match(stdout, /^6 jobs differ$/m);
  const same = await sandbox.answer('diff', 'nightly', '#3', '#3');
  assert.match(same.stdout, /nothing differs\n$/);
  await sandbox.overseer('submit', 'flow.mjs', '--id', 'tomorrow');
  const runs = await sandbox.jsonAnswer('diff', 'nightly', 'tomorrow');
  assert.equal([runs.before.graphId, runs.after.graphId, runs.added], ['nightly', 'tomorrow', []]);
  assert.equal(runs.changed[0].status, { before: 'finished', after: 'ready' });
  assert.is(typeof runs.changed[0].durationMs.before, 'number');
  const untimed = await sandbox.jsonAnswer('diff', 'nightly', 'tomorrow', '--no-durations');
  assert.equal(untimed.changed[0].status, runs.changed[0].status);
  assert.ok(!JSON.stringify(untimed.changed).includes('durationMs'));
});

spec.test('bisect finds the event, and says how it looked', async () => {
  const failed = await sandbox.answer('bisect', 'nightly', '--where', 'count.failed > 0');
  const number = numberOf('JobFaulted', 'bad');
  assert.is(failed.code, 0);
  assert.match(failed.stdout, new RegExp(`^it holds for the first time after event #${number}:$`, 'm'));
  assert.match(failed.stdout, /^\(linear search, \d+ states of \d+ events looked at\)$/m);
  assert.match(failed.stdout, new RegExp(`^to see it: overseer show nightly --at '#${number}'$`, 'm'));
  const second = await sandbox.jsonAnswer('bisect', 'nightly', '--module', 'where.mjs');
  assert.equal([second.event.jobId, second.event.type, second.method], ['flaky', 'JobStarted', 'binary']);
  const log = await sandbox.answer('bisect', 'log', '--where', 'graphs.failed > 0');
  assert.match(log.stdout, /to see it: overseer log --from @\d+ --limit 10/);
  const never = await sandbox.answer('bisect', 'nightly', '--where', 'count.aborted > 0');
  assert.is(never.code, 1);
  assert.match(never.stdout, /^it never held in \d+ events \(linear search/);
});

spec.test('queue, graphs and explain as of a moment', async () => {
  const at = events[numberOf('JobFinished', 'fetch') - 1]!.position;
  const queue = await sandbox.answer('queue', '--at', `@${at}`);
  assert.match(queue.stdout, new RegExp(`^as of @${at}\\nTYPE`));
  assert.match(queue.stdout, /^flaky +1 +- +- +-$/m);
  assert.match(queue.stdout, /^ready: nightly\/page-1, nightly\/flaky$/m);
  const graphs = await sandbox.jsonAnswer('graphs', '--at', `@${at}`);
  assert.equal([graphs.items.length, graphs.items[0].status, graphs.asOf], [1, 'running', at]);
  const explained = await sandbox.answer('explain', 'nightly/report', '--at', `#${numberOf('JobFaulted', 'flaky')}`);
  assert.match(explained.stdout, /^as of @\d+ \(#\d+\)\njob report \(type report\) of graph nightly is waiting\n/);
  assert.match(
    explained.stdout,
    /what led to this, the latest first:\n {2}#\d+ .*(GraphSubmitted +nightly|JobFinished +page-1)/,
  );
  const now = await sandbox.jsonAnswer<{ readonly causes: readonly { readonly type: string }[] }>(
    'explain',
    'nightly/bad',
  );
  assert.equal(now.causes.map(({ type }) => type).slice(0, 3), ['JobFaulted', 'JobStarted', 'JobFinished']);
});

spec.test('step takes its commands from a pipe as from a keyboard', async () => {
  const last = events.length;
  const script = ['n', 'w flaky', '> ', 'b', 'g #999', 'f nobody', `g #${last}`, 'n', 'x', '?', '<', 'b', 'q', 'n'];
  const { code, stdout } = await sandbox.reading(script.join('\n'), 'step', 'nightly');
  assert.is(code, 0);
  const screens = stdout.split('\n\n');
  assert.is(screens.length, script.length - 1, 'one for the beginning, and one for each command up to q');
  assert.match(screens[0]!, new RegExp(`^#1 of ${last} .*GraphSubmitted +6 jobs\\ngraph running`));
  assert.match(screens[1]!, /fetch status +"ready" → "started"/);
  assert.match(screens[2]!, /watching flaky: waiting, attempt 0/);
  assert.match(screens[3]!, new RegExp(`^#${last} of ${last} `));
  assert.match(screens[4]!, new RegExp(`^#${last - 1} of ${last} `));
  assert.match(screens[5]!, new RegExp(`^the history ends at #${last}`));
  assert.match(screens[6]!, /^graph [^ ]+ has no job "nobody"/);
  assert.match(screens[8]!, new RegExp(`^the history ends at #${last}`));
  assert.match(screens[9]!, /^"x" is not a command; \? lists them/);
  assert.match(screens[10]!, /one forward/);
  assert.match(screens[12]!, /^the graph begins at #1/);
});

spec.test('what cannot be asked is refused in one sentence', async () => {
  writeFileSync(sandbox.path('folder-in-the-way'), '');
  const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['timeline', 'nobody'], 2, /there is no graph "nobody"/],
    [['timeline', 'nightly/fetch'], 2, /names a job; give its graph alone/],
    [['timeline', 'nightly', '--at', '#0'], 2, /has events #1 to #\d+, and no #0/],
    [['timeline', 'nightly', '--at', '1999-01-01'], 2, /did not exist at 1999-01-01; it exists from/],
    [['timeline', 'nightly', '--limit', 'x'], 2, /--limit "x" is not possible/],
    [['timeline', 'nightly', '--svg', 'folder-in-the-way/x.svg'], 2, /cannot be written/],
    [['show', 'nightly/fetch', '--svg', 'x.svg'], 2, /--dot and --svg draw graphs/],
    [['diff', 'nightly', '#1', '#9999'], 2, /and no #9999/],
    [['diff', 'nightly', '@99999', '#1'], 2, /the log has not reached @99999/],
    [['diff', 'nightly', 'nobody'], 2, /there is no graph "nobody"/],
    [['diff', 'nightly/fetch', '#1', '#2'], 2, /graphs are compared, so give its graph alone/],
    [['bisect', 'nightly'], 2, /give one condition: --where/],
    [['bisect', 'nightly', '--where', 'process.exit(1)'], 2, /nothing can be called/],
    [['bisect', 'nightly', '--where', 'status ='], 2, /cannot be asked/],
    [['bisect', 'nightly', '--where', 'status > 1'], 2, /cannot be put in order/],
    [['bisect', 'nightly', '--module', 'nowhere.mjs'], 2, /there is no file nowhere\.mjs/],
    [['bisect', 'nightly', '--module', 'empty.mjs'], 2, /empty\.mjs exports no function `where`/],
    [['bisect', 'nightly', '--module', 'throws.mjs'], 2, /`where` of throws\.mjs threw: Cannot read.*throws\.mjs:1/],
    [['bisect', 'nightly/fetch', '--where', 'true'], 2, /give its graph, and ask about jobs in --where/],
    [['queue', '--at', '#3'], 2, /names an event of one graph, and no graph is given/],
    [['graphs', '--at', '1999-01-01'], 2, /nothing had happened at 1999-01-01; the log begins at @1/],
    [['step', 'nightly', '--json'], 2, /step is for people/],
    [['step', 'nightly/nobody'], 2, /has no job "nobody"/],
  ];
  for (const [words, code, reason] of refused) {
    const ended = await sandbox.overseer(...words);
    assert.is(ended.code, code, `${words.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, reason);
    assert.is(ended.stderr.trimEnd().split('\n').length, 1, words.join(' '));
    assert.is(ended.stdout, '');
  }
});

spec.run();
