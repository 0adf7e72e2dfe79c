// takes: 12s
import { assert, describe } from '../support/spec.js';
import { CliSandbox, failingFile, pagesFile } from './cli-sandbox.js';

const pausing = describe('overseer pause, resume and pauses', { timeoutMs: 120_000 });

const chain = 'fetch: []\nparse: [fetch]\n';

pausing.test('a graph: what is printed, what the others say of it, and back', async () => {
  const sandbox = new CliSandbox({ 'chain.yaml': chain });
  await sandbox.overseer('submit', 'chain.yaml', '--id', 'nightly');
  const { code, stdout } = await sandbox.answer('pause', 'night', '--reason', 'wait for data', '--by', 'ann');
  assert.is(code, 0);
  const since = String.raw`graph nightly is paused since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d by ann: wait for data`;
  assert.match(stdout, new RegExp(`^${since}\nresume with: overseer resume nightly\n$`));
  const again = await sandbox.answer('pause', 'nightly');
  assert.match(again.stdout, new RegExp(`^nothing had to change: ${since}\n`));
  assert.match((await sandbox.answer('pauses')).stdout, new RegExp(`^${since}\n$`));
  assert.match((await sandbox.answer('show', 'nightly')).stdout, new RegExp(`\npaused +${since}\n`));
  assert.match((await sandbox.answer('show', 'nightly')).stdout, /\nfetch +fetch +ready +- +- +paused\n/);
  assert.match((await sandbox.answer('graphs')).stdout, /nightly {2}running \(paused\) {2}0\/2/);
  assert.match((await sandbox.answer('queue')).stdout, /TYPE +READY +PAUSED .*\nfetch +- +1 /);
  const explained = (await sandbox.answer('explain', 'nightly/fetch')).stdout;
  assert.match(explained, new RegExp(`is ready\n {2}${since}\n {2}resume with: overseer resume nightly\n`));
  assert.match(explained, /nothing else keeps it from running/);
  assert.match((await sandbox.answer('history', 'nightly')).stdout, /#2 .* GraphPaused +by ann: wait for data\n/);
  const differs = (await sandbox.answer('diff', 'nightly', '#1', '#2')).stdout;
  assert.match(differs, /: running\nafter +nightly as of @2: running \(paused\)\nno job differs\n$/);
  const json = await sandbox.jsonAnswer('show', 'nightly');
  assert.equal([json.pause.by, json.jobs.fetch.pauses[0].scope], ['ann', 'graph']);
  const resumed = await sandbox.answer('resume', 'nightly');
  assert.match(resumed.stdout, /^graph nightly goes on; it was paused since .* by ann: wait for data\n$/);
  const refused = await sandbox.answer('resume', 'nightly');
  assert.equal([refused.code, refused.stderr], [1, 'overseer: graph nightly is not paused\n']);
  assert.match((await sandbox.answer('pauses')).stderr, /nothing is paused/);
});

pausing.test('a type and everything: doctor, the log, and what still holds after a resumption', async () => {
  const sandbox = new CliSandbox({ 'chain.yaml': chain });
  await sandbox.overseer('submit', 'chain.yaml', '--id', 'nightly');
  const typo = await sandbox.answer('pause', '--type', 'fetsh', '--by', 'ann');
  assert.equal([typo.code, typo.stderr], [0, 'no open graph has a job of type fetsh now; did you mean fetch?\n']);
  await sandbox.answer('pause', '--type', 'fetch', '--by', 'ann');
  const { stdout } = await sandbox.answer('pause', '--all', '--by', 'ann');
  assert.match(
    stdout,
    /^all work is paused since .* by ann: paused by an operator\nresume with: overseer resume --all\n$/,
  );
  assert.match(
    (await sandbox.answer('doctor')).stdout,
    /\npaused +all work is paused since .*\npaused +jobs of type fetsh are/,
  );
  const log = (await sandbox.answer('log', '--type', 'WorkPaused')).stdout;
  assert.match(log, /WorkPaused {6}type fetch, by ann: paused by an operator\n.*WorkPaused {6}all work, by ann/);
  assert.match((await sandbox.answer('graphs')).stdout, /^all work is paused since/);
  const still = await sandbox.answer('resume', '--all');
  assert.match(still.stderr, /but jobs of type fetch are paused since .*; resume with: overseer resume --type fetch\n/);
  const nearest = await sandbox.answer('resume', '--type', 'fetc');
  assert.equal(
    [nearest.code, nearest.stderr],
    [1, 'overseer: work of type "fetc" is not paused; did you mean "fetch"?\n'],
  );
  assert.is((await sandbox.answer('verify')).code, 0);
});

pausing.test('what names nothing, or too much, is refused', async () => {
  const sandbox = new CliSandbox({ 'chain.yaml': chain });
  await sandbox.overseer('submit', 'chain.yaml', '--id', 'g');
  for (const words of [[], ['g', '--all'], ['--type', 'a', '--all'], ['g', '--type', 'a']]) {
    const { code, stderr } = await sandbox.answer('pause', ...words);
    assert.equal([code, /give either GRAPH, --type TYPE or --all\n$/.test(stderr)], [2, true], words.join(' '));
  }
  assert.match((await sandbox.answer('pause', 'g/fetch')).stderr, /a job is not paused alone, so give its graph/);
  assert.match((await sandbox.answer('pause', 'nobody')).stderr, /there is no graph "nobody"/);
  assert.match((await sandbox.answer('pauses')).stderr, /nothing is paused/);
});

pausing.test('a run says what holds it back, and goes on when that is over', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  await sandbox.overseer('submit', 'pages.ts', '--id', 'g');
  await sandbox.answer('pause', 'g', '--by', 'ann');
  await sandbox.answer('pause', '--type', 'start', '--by', 'bob');
  const run = sandbox.begin('run', 'pages.ts', '--id', 'g');
  await run.says(/graph g is paused since .* by ann: .*; resume with: overseer resume g\n/);
  await run.says(/jobs of type start are paused since .* by bob/);
  await sandbox.answer('resume', 'g');
  await run.says(/resumed {3}the graph, by /);
  assert.not.match(run.stdout, /started/);
  await sandbox.answer('resume', '--type', 'start');
  const { code, stdout, stderr } = await run.ended;
  assert.is(code, 0);
  assert.match(stderr, /jobs of type start go on\n/);
  assert.match(stdout, /graph g finished: 4 jobs/);
});

pausing.run();

const matching = describe('overseer abort and retry by label, status and type', { timeoutMs: 120_000 });

/** Two graphs of a team that have failed, and one that waits. */
async function threeGraphs(): Promise<CliSandbox> {
  const sandbox = new CliSandbox({ 'failing.mjs': failingFile });
  await sandbox.overseer('run', 'failing.mjs', '--id', 'one', '--label', 'team=a');
  await sandbox.overseer('run', 'failing.mjs', '--id', 'two', '--label', 'team=a');
  await sandbox.overseer('submit', 'failing.mjs', '--id', 'three', '--label', 'team=b');
  return sandbox;
}

matching.test('a preview, a refusal without --yes, and the deed', async () => {
  const sandbox = await threeGraphs();
  const preview = await sandbox.answer('retry', '--label', 'team=a', '--dry-run');
  assert.equal(
    [preview.code, preview.stdout],
    [
      0,
      'GRAPH  STATUS  JOBS\ntwo    failed  1\none    failed  1\n2 graphs (2 jobs) would be reopened; nothing was changed\n',
    ],
  );
  const refused = await sandbox.answer('retry', '--label', 'team=a');
  assert.equal(
    [refused.code, refused.stderr],
    [2, 'overseer: this would retry 2 graphs (2 jobs); add --yes to do it, or --dry-run to see what it is\n'],
  );
  assert.equal((await sandbox.jsonAnswer('retry', '--status', 'failed', '--dry-run', '--yes')).dryRun, true);
  assert.is((await sandbox.jsonAnswer('show', 'one')).status, 'failed');
  const done = await sandbox.answer('retry', '--label', 'team=a', '--yes', '--by', 'ann', '--reason', 'again');
  assert.equal([done.code, done.stdout], [0, 'two reopened\none reopened\n2 graphs (2 jobs) reopened\n']);
  assert.match((await sandbox.answer('history', 'one')).stdout, /JobReset .*by ann: again/);
  const nothing = await sandbox.answer('retry', '--label', 'team=a', '--yes');
  assert.equal([nothing.code, nothing.stderr], [0, 'nothing that could be reopened matches; nothing was changed\n']);
});

matching.test('jobs of one graph and of all, as JSON too', async () => {
  const sandbox = await threeGraphs();
  const ofOne = await sandbox.answer('retry', 'one', '--type', 'middle', '--status', 'failed', '--yes');
  assert.equal([ofOne.code, ofOne.stdout], [0, 'one/middle reopened\n1 job of 1 graph reopened\n']);
  const answer = await sandbox.jsonAnswer('abort', '--type', 'first', '--yes');
  assert.equal(
    [answer.action, answer.matched, answer.done, answer.failed, answer.outcomes[0].graphId, answer.outcomes[0].jobId],
    ['abort', 1, 1, 0, 'three', 'first'],
  );
  assert.equal((await sandbox.jsonAnswer('abort', '--status', 'running', '--limit', '1', '--dry-run')).matched, 1);
});

matching.test('a preview of what is named', async () => {
  const sandbox = await threeGraphs();
  const ofGraph = await sandbox.answer('abort', 'three', '--dry-run');
  assert.match(
    ofGraph.stdout,
    /three {2}first +first +ready\n.*\n.*\n.*\n4 jobs of 1 graph would be aborted; nothing was changed\n/,
  );
  const ofJob = await sandbox.jsonAnswer('retry', 'one/middle', '--dry-run');
  assert.equal([ofJob.matched, ofJob.done], [1, 0]);
  assert.match(
    (await sandbox.answer('retry', 'one/first', '--dry-run')).stderr,
    /there is nothing that could be reopened/,
  );
  assert.is((await sandbox.answer('retry', 'one/nobody', '--dry-run')).code, 2);
  assert.is((await sandbox.jsonAnswer('show', 'one')).status, 'failed');
  assert.is((await sandbox.jsonAnswer('show', 'three')).status, 'running');
});

matching.test('names that there are not, and flags that make no sense together', async () => {
  const sandbox = await threeGraphs();
  const cases: readonly (readonly [RegExp, readonly string[]])[] = [
    [/nothing is named; give GRAPH\[\/JOB\], or --label, --status or --type/, ['--yes']],
    [/"faild" is no status of a graph; did you mean failed\?/, ['--status', 'faild', '--yes']],
    [/"finishd" is no status of a job; did you mean finished\?/, ['one', '--status', 'finishd', '--yes']],
    [/job of type "midle"; did you mean middle\?/, ['--type', 'midle', '--yes']],
    [/graph one has no job of type "lats"; did you mean last\?/, ['one', '--type', 'lats', '--yes']],
    [/--label selects graphs, and one names one/, ['one', '--label', 'team=a', '--yes']],
    [/so give its graph alone/, ['one/middle', '--status', 'failed', '--yes']],
    [/--limit goes with --label, --status or --type/, ['one', '--limit', '1']],
    [/--limit "0" is not possible/, ['--status', 'failed', '--limit', '0', '--yes']],
  ];
  for (const [said, words] of cases) {
    const { code, stderr } = await sandbox.answer('retry', ...words);
    assert.is(code, 2, words.join(' '));
    assert.match(stderr, said);
  }
  assert.is((await sandbox.jsonAnswer('show', 'one')).status, 'failed');
});

matching.run();

const forking = describe('overseer fork --args', { timeoutMs: 60_000 });

forking.test('what gets other args runs again, unless it is kept', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  await sandbox.overseer('run', 'pages.ts', '--id', 'g');
  const preview = await sandbox.answer('fork', 'g', '--args', '{"page": 1}', '--keep', 'start', '--dry-run');
  assert.match(preview.stdout, /page-2 +fetch +runs +its args are others\n/);
  assert.match(preview.stdout, /page-1 +fetch +carried over +attempt 1 finished it\n/);
  const kept = ['--keep', 'start', '--id', 'again'];
  assert.is((await sandbox.answer('fork', 'g', '--args', '{"page": 1}', ...kept)).code, 0);
  const { jobs } = await sandbox.jsonAnswer('show', 'again');
  assert.equal(
    [jobs['page-2'].args, jobs.start.args, jobs.start.status],
    [{ org: 123, page: 1 }, { org: 123 }, 'finished'],
  );
  const cases: readonly (readonly [number, RegExp, readonly string[]])[] = [
    [1, /these args leave every job of graph g as it is/, ['--args', '{"org": 123}']],
    [1, /job "report" of graph g cannot keep its result: start runs/, ['--args', '{"org": 1}', '--keep', 'report']],
    [2, /--keep goes with --args/, ['--from', 'report', '--keep', 'start']],
    [2, /graph g has no job "strat"/, ['--args', '{"org": 1}', '--keep', 'strat']],
    [2, /--args is JSON but not an object/, ['--args', '[1]']],
  ];
  for (const [code, said, words] of cases) {
    const refused = await sandbox.answer('fork', 'g', ...words);
    assert.is(refused.code, code, words.join(' '));
    assert.match(refused.stderr, said);
  }
});

forking.run();
