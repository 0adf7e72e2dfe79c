// takes: 14s
import { existsSync } from 'node:fs';
import { assert, describe } from '../support/spec.js';
import { failingFile, pagesFile, CliSandbox } from './cli-sandbox.js';

const run = describe('overseer run', { timeoutMs: 60_000 });

run.test('submits a graph, tells what happens line by line, and exits with 0 when it has finished', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  const { code, stdout, stderr } = await sandbox.overseer('run', 'pages.ts', '--id', 'g1', '--concurrency', '2');
  assert.is(code, 0, stderr);
  assert.is(stderr, '');
  const lines = stdout.trimEnd().split('\n');
  assert.is(lines[0], 'graph g1: 4 jobs');
  assert.match(lines[1]!, /^\d\d:\d\d:\d\d\.\d{3} {2}started {3}start$/);
  assert.match(lines[2]!, /^\S+ {2}finished {2}start {3,}in \d+ ms$/);
  assert.is(lines.filter((line) => line.includes('  started ')).length, 4);
  assert.is(lines.filter((line) => line.includes('  finished ')).length, 4);
  assert.match(lines.at(-1)!, /^graph g1 finished: 4 jobs in \d/);
  const info = await sandbox.json('show', 'g1');
  assert.equal(info.jobs.report.result, ['page-1', 'page-2']);
  assert.equal(info.jobs['page-2'].result, { page: 2, org: 123 });
  assert.equal(info.labels, { team: 'billing' });
});

run.test('a graph that fails: exit 1, the reason, and what to do next', async () => {
  const sandbox = new CliSandbox({ 'failing.mjs': failingFile });
  const { code, stdout } = await sandbox.overseer('run', 'failing.mjs', '--id', 'f1', '--store', 'sqlite:./own.db');
  assert.is(code, 1);
  assert.match(stdout, /failed {4}middle {2}TypeError: no such table/);
  assert.match(stdout, /graph f1 failed: 4 jobs in .* \(2 finished, 1 blocked, 1 failed\)/);
  assert.match(stdout, /see more: {2}overseer explain f1\/middle --store sqlite:\.\/own\.db\n/);
  assert.match(
    stdout,
    /try again: overseer retry f1 --store sqlite:\.\/own\.db && overseer run failing\.mjs --id f1 --store/,
  );
  assert.ok(existsSync(sandbox.path('own.db')));
  assert.not.ok(existsSync(sandbox.path('overseer.db')));
});

run.test('the hint of a failed run works as it stands', async () => {
  const sandbox = new CliSandbox({
    'flaky.mjs': `import { existsSync } from 'node:fs';
      export const graph = { a: [], b: ['a'] };
      export const handlers = { a: () => { if (!existsSync('ready')) throw new Error('not yet'); }, b: () => 'done' };`,
  });
  assert.is((await sandbox.overseer('run', 'flaky.mjs', '--id', 'x')).code, 1);
  // Going on without a retry does nothing, and says the same again.
  assert.is((await sandbox.overseer('run', 'flaky.mjs', '--id', 'x')).code, 1);
  sandbox.write({ ready: '' });
  assert.is((await sandbox.overseer('retry', 'x')).code, 0);
  const again = await sandbox.overseer('run', 'flaky.mjs', '--id', 'x');
  assert.is(again.code, 0, again.stderr);
  assert.match(again.stdout, /graph x finished: 2 jobs/);
});

run.test('a graph whose job aborts: exit 1', async () => {
  const sandbox = new CliSandbox({
    'abort.mjs': `import { abort } from 'overseer';
      export default { graph: { a: [], b: ['a'] }, handlers: { a: () => abort('nothing to do today'), b: () => 1 } };`,
  });
  const { code, stdout } = await sandbox.overseer('run', 'abort.mjs', '--id', 'a1');
  assert.is(code, 1);
  assert.match(stdout, /aborted {3}a {2}nothing to do today \(and 1 job that depends on it\)/);
  assert.match(stdout, /graph a1 aborted: 2 jobs in .* \(2 aborted\)\n {2}a {2}nothing to do today\n/);
});

run.test('--json answers with one document, whatever handlers print', async () => {
  const sandbox = new CliSandbox({
    'loud.ts': `console.log('loading');
      export const graph = { a: [] };
      export const handlers = { a: () => { console.log('running'); return 7; } };`,
  });
  const { code, stdout, stderr } = await sandbox.overseer('run', 'loud.ts', '--json', '--store', 'memory:');
  assert.is(code, 0);
  const answer = JSON.parse(stdout);
  assert.is(answer.status, 'finished');
  assert.is(answer.stored, true);
  assert.is(answer.jobs.a.result, 7);
  assert.type(answer.durationMs, 'number');
  assert.match(stderr, /loading\nrunning\n/);
});

run.test('a graph in YAML with handlers of their own, and in further processes', async () => {
  const sandbox = new CliSandbox({
    'wide.yaml': `
labels: { kind: wide }
retry: { maximumAttempts: 2, initialIntervalMs: 1 }
jobs:
  split: { type: split }
  one: &part { type: part, after: [split] }
  two: *part
  three: { <<: *part, args: { n: 3 } }
  join: { type: join, after: [one, two, three] }
`,
    'handlers.ts': `import type { Handlers } from 'overseer';
      export const handlers: Handlers = {
        split: () => process.pid,
        part: async (job) => { await new Promise((done) => setTimeout(done, 30)); if (job.attempt === 1) throw new Error('once'); return process.pid; },
        join: (job) => Object.values(job.inputs),
      };`,
  });
  const { code, stdout, stderr } = await sandbox.overseer(
    ...['run', 'wide.yaml', '--handlers', 'handlers.ts', '--id', 'w', '--worker-processes', '1'],
  );
  assert.is(code, 0, stderr);
  assert.match(stdout, /faulted {3}one {4}attempt 1: Error: once; again at/);
  const { jobs } = await sandbox.json('show', 'w');
  assert.is(jobs.three.args.n, 3);
  assert.is(jobs.one.attempt, 2);
  assert.equal(jobs.one.retry, { maximumAttempts: 2, initialIntervalMs: 1 });
  assert.is(jobs.join.result.length, 3);
});

run.test('goes on to the end when nobody listens any more', async () => {
  const sandbox = new CliSandbox({
    'slow.mjs': `export const graph = { a: [], b: ['a'], c: ['b'] };
      const slow = () => new Promise((done) => setTimeout(done, 150));
      export const handlers = { a: slow, b: slow, c: slow };`,
  });
  const begun = sandbox.begin('run', 'slow.mjs', '--id', 's');
  await begun.says(/started {3}a/);
  begun.stopListening();
  const { code, stderr } = await begun.ended;
  assert.equal([code, stderr], [0, '']);
  assert.is((await sandbox.json('show', 's')).status, 'finished');
});

run.test('worker processes share no store in memory', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  const { code, stderr } = await sandbox.overseer('run', 'pages.ts', '--store', 'memory:', '--worker-processes', '2');
  assert.is(code, 2);
  assert.match(stderr, /^overseer: a store in memory cannot be shared/);
});

run.test('going on with an id whose graph is another one changes nothing', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile, 'failing.mjs': failingFile });
  await sandbox.overseer('submit', 'failing.mjs', '--id', 'taken');
  const { code, stderr } = await sandbox.overseer('run', 'pages.ts', '--id', 'taken');
  assert.is(code, 2);
  assert.is(stderr, 'overseer: another graph is stored under the id "taken"; nothing was changed\n');
  assert.is((await sandbox.json('show', 'taken')).counts.unstarted, 4);
});
run.run();

const submit = describe('overseer submit', { timeoutMs: 60_000 });

submit.test('prints the id and nothing else on stdout, once or twice', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': `console.log('noise');\n${pagesFile}` });
  const first = await sandbox.overseer('submit', 'pages.ts', '--id', 'night');
  assert.is(first.code, 0);
  assert.is(first.stdout, 'night\n');
  const second = await sandbox.overseer('submit', 'pages.ts', '--id', 'night');
  assert.is(second.code, 0);
  assert.is(second.stdout, 'night\n');
  assert.match(second.stderr, /this graph exists already; nothing was changed/);
  const third = await sandbox.json('submit', 'pages.ts', '--id', 'night');
  assert.equal(third, { graphId: 'night', stored: false, jobs: 4, types: ['start', 'fetch', 'report'] });
});

submit.test('takes args, labels and priority from flags, over those in the file', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  const { graphId } = await sandbox.json(
    ...[
      'submit',
      'pages.ts',
      '--args',
      '{"org":7,"extra":[1]}',
      '--label',
      'team=ops',
      '--label',
      'env=a=b',
      '--priority',
      '-3',
    ],
  );
  const info = await sandbox.json('show', graphId);
  assert.equal(info.jobs['page-1'].args, { org: 7, extra: [1], page: 1 });
  assert.equal(info.labels, { team: 'ops', env: 'a=b' });
  assert.is(info.priority, -3);
});

submit.test('--dry-run checks and stores nothing, not even a store', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  const { code, stdout } = await sandbox.overseer('submit', 'pages.ts', '--dry-run');
  assert.is(code, 0);
  assert.is(stdout, 'the graph is valid: 4 jobs of 3 types; nothing was stored in sqlite:./overseer.db\n');
  const answer = await sandbox.json('submit', 'pages.ts', '--dry-run', '--id', 'd');
  assert.equal(answer, { graphId: 'd', valid: true, stored: false, jobs: 4, types: ['start', 'fetch', 'report'] });
  assert.not.ok(existsSync(sandbox.path('overseer.db')));
});
submit.run();

const worker = describe('overseer worker', { timeoutMs: 60_000 });

worker.test('works on what is submitted, of the types it is told, and logs to stderr', async () => {
  const sandbox = new CliSandbox({ 'pages.ts': pagesFile });
  const begun = sandbox.begin(
    'worker',
    'pages.ts',
    '--types',
    'start,fetch',
    '--concurrency',
    '2',
    '--log-level',
    'debug',
  );
  await begun.says(/worker started/);
  const { graphId } = await sandbox.json('submit', 'pages.ts');
  await begun.says(/"jobId":"page-2","type":"fetch","attempt":1,"msg":"job finished"/);
  begun.signal('SIGTERM');
  const { code, stdout, stderr } = await begun.ended;
  assert.is(code, 0);
  assert.is(stdout, '');
  for (const line of stderr.trimEnd().split('\n')) assert.type(JSON.parse(line).msg, 'string');
  const { jobs } = await sandbox.json('show', graphId);
  assert.is(jobs['page-1'].status, 'finished');
  assert.is(jobs.report.derivedStatus, 'ready');
});

worker.test('--json ends with what it has done; an error nobody handled does not end it', async () => {
  const sandbox = new CliSandbox({
    'stray.mjs': `export const graph = { a: [], b: ['a'] };
      export const handlers = { a: () => { Promise.reject(new Error('stray')); return 1; }, b: () => 2 };`,
  });
  await sandbox.overseer('submit', 'stray.mjs', '--id', 's');
  const begun = sandbox.begin('worker', 'stray.mjs', '--json', '--processes', '1');
  await begun.says(/nobody handled it/);
  const follower = sandbox.begin('history', 's', '--follow');
  await follower.says(/JobFinished {5}b/);
  follower.signal('SIGINT');
  begun.signal('SIGINT');
  const { code, stdout } = await begun.ended;
  assert.is(code, 0);
  const { finished, claims } = JSON.parse(stdout);
  assert.equal({ finished, claims }, { finished: 2, claims: 2 });
});
worker.test('an exception outside of any job ends the worker, which hands back what it runs: exit 1', async () => {
  const sandbox = new CliSandbox({
    'stray.mjs': `export const graph = { a: [] };
      export const handlers = { a: () => new Promise(() => { setTimeout(() => { throw new Error('stray'); }, 1); }) };`,
    'overseer.yml': 'stop-timeout: 10\n',
  });
  await sandbox.overseer('submit', 'stray.mjs', '--id', 's');
  const { code, stderr } = await sandbox.overseer('worker', 'stray.mjs', '--processes', '1');
  assert.is(code, 1);
  assert.match(stderr, /an exception was thrown outside of any job/);
  assert.match(stderr, /\noverseer: something unexpected went wrong: stray \(OVERSEER_DEBUG=1 shows where\)\n$/);
  assert.is((await sandbox.json('show', 's')).jobs.a.failure.reason, 'system/released');
});
worker.run();
