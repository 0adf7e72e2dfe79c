import { install, jobGraph, store, transactGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { failingFile, CliSandbox } from './cli-sandbox.js';

const chain = 'a: []\nb: [a]\nc: [b]\n';

const operate = describe('overseer abort and retry', { timeoutMs: 60_000 });

operate.test('a job, with all that depend on it, and back', async () => {
  const sandbox = new CliSandbox({ 'chain.yaml': chain });
  await sandbox.overseer('submit', 'chain.yaml', '--id', 'g');
  const aborted = await sandbox.answer('abort', 'g/b', '--reason', 'wrong data', '--by', 'anna');
  assert.is(aborted.code, 0);
  assert.is(aborted.stdout, '2 jobs aborted: b, c\ngraph g is running (1 unstarted, 2 aborted)\n');
  const { jobs } = await sandbox.jsonAnswer('show', 'g');
  assert.equal(jobs.b.abort, { by: 'anna', message: 'wrong data', silent: true });
  const again = await sandbox.jsonAnswer('abort', 'g/b');
  assert.equal([again.changed, again.action], [[], 'abort']);
  const other = await sandbox.answer('retry', 'g/c');
  assert.is(other.code, 1);
  assert.is(other.stderr, 'overseer: job "c" of graph g is aborted only through job "b"; retry that one\n');
  const retried = await sandbox.jsonAnswer('retry', 'g/b', '--reason', 'data is right again');
  assert.equal(retried, {
    graphId: 'g',
    jobId: 'b',
    action: 'retry',
    changed: ['b', 'c'],
    status: 'running',
    counts: { unstarted: 3, started: 0, finished: 0, failed: 0, aborted: 0, skipped: 0 },
  });
});

operate.test('a graph, and back; who did it is in the history', async () => {
  const sandbox = new CliSandbox({ 'chain.yaml': chain });
  await sandbox.overseer('submit', 'chain.yaml', '--id', 'g');
  assert.match(
    (await sandbox.answer('abort', 'g')).stdout,
    /^3 jobs aborted: a, b, c\ngraph g is aborted \(3 aborted\)\n/,
  );
  assert.match((await sandbox.answer('abort', 'g')).stdout, /^nothing had to change\n/);
  assert.match(
    (await sandbox.answer('explain', 'g/c')).stdout,
    /the graph was aborted by \S+@\S+: .*\nto open it again: overseer retry g\n/,
  );
  assert.match((await sandbox.answer('retry', 'g')).stdout, /^3 jobs reopened: a, b, c\ngraph g is running/);
  const refused = await sandbox.answer('retry', 'g');
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /nothing in graph g has failed or was aborted; it is running/);
});
operate.run();

const verify = describe('overseer verify', { timeoutMs: 60_000 });

verify.test('a sound log', async () => {
  const sandbox = new CliSandbox({ 'failing.mjs': failingFile });
  await sandbox.overseer('run', 'failing.mjs', '--id', 'f');
  await sandbox.answer('retry', 'f');
  await sandbox.answer('abort', 'f');
  const { code, stdout } = await sandbox.answer('verify');
  assert.is(code, 0);
  assert.match(stdout, /^the log is sound: 9 events of 1 graph with 4 jobs in \d/);
  const answer = await sandbox.jsonAnswer('verify');
  assert.equal([answer.events, answer.graphs, answer.jobs, answer.problems], [9, 1, 4, []]);
});

verify.test('a log somebody has tampered with: exit 1, and where', async () => {
  const sandbox = new CliSandbox({ 'failing.mjs': failingFile });
  await sandbox.overseer('run', 'failing.mjs', '--id', 'f');
  const { default: Sqlite } = await import('better-sqlite3');
  const file = new Sqlite(sandbox.path('overseer.db'));
  file.exec('drop trigger events_are_never_updated; update events set revision = 7 where position = 3;');
  file.exec(`update events set data = '{"attempt":"one"}' where position = 2`);
  file.close();
  const { code, stdout } = await sandbox.answer('verify');
  assert.is(code, 1);
  assert.match(stdout, /^the storage is damaged: the trigger events_are_never_updated is missing\n/);
  assert.match(stdout, /\n@2 f\/(first|aside): attempt: expected whole number from 1, got "one"; .*\n/);
  assert.match(stdout, /\n@3 f\/\w+: it has revision 7 in its stream, where \d was expected\n/);
  assert.match(stdout, /\nthe log has \d+ problems: \d+ events of 1 graph/);
  const answer = await sandbox.jsonAnswer('verify');
  assert.is(answer.problemCount, answer.problems.length);
  assert.is(answer.problems[1].position, '2');
});
verify.run();

const prepare = describe('overseer install and doctor', { timeoutMs: 60_000 });

prepare.test('install makes a store, once or twice', async () => {
  const sandbox = new CliSandbox();
  const first = await sandbox.overseer('install');
  assert.equal([first.code, first.stdout], [0, 'sqlite:./overseer.db is ready\n']);
  assert.equal(await sandbox.json('install', '--namespace', 'b'), {
    address: 'sqlite:./overseer.db',
    namespace: 'b',
    installed: true,
  });
});

prepare.test('doctor looks at the store and at the settings', async () => {
  const sandbox = new CliSandbox();
  const opened = await store(sandbox.store);
  await install(opened);
  await transactGraph(opened, jobGraph({ a: [] }));
  await opened.close();
  const { code, stdout } = await sandbox.answer('doctor');
  assert.is(code, 0);
  assert.match(stdout, /^store +sqlite:\.\/overseer\.db\nusable +yes\nfile +\S+overseer\.db \(\d+ KiB\)\n/);
  assert.match(stdout, /\nformat +3 \(this release knows formats up to 3\)\nwritable +yes\n/);
  assert.match(
    stdout,
    /\ndurability +journal wal, synchronous FULL\nholds +1 event, 1 graph in this namespace, 1 namespace\n/,
  );
  assert.match(stdout, /\nstorage +sound \(checked in \d+ ms\)\n/);
  assert.match(stdout, /\nconcurrency +1 +default\n/);
  assert.match(stdout, /\noverseer \d+\.\d+\.\d+, node v\d+/);
  const answer = await sandbox.jsonAnswer('doctor', '--store', 'sqlite:./overseer.db?synchronous=NORMAL');
  assert.is(answer.isSound, true);
  assert.is(answer.store.facts.synchronous, 'NORMAL');
  assert.equal(answer.configuration.store, {
    value: 'sqlite:./overseer.db?synchronous=NORMAL',
    from: 'the command line',
  });
});

prepare.test('doctor finds damaged pages: exit 1', async () => {
  const sandbox = new CliSandbox();
  const opened = await store(sandbox.store);
  await install(opened);
  const jobs = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`job-${n}`, []]));
  await transactGraph(opened, jobGraph(jobs));
  await opened.close();
  const { openSync, writeSync, closeSync, statSync } = await import('node:fs');
  const file = openSync(sandbox.path('overseer.db'), 'r+');
  const pages = statSync(sandbox.path('overseer.db')).size / 4096;
  writeSync(file, Buffer.alloc(64, 0x5a), 0, 64, (pages - 2) * 4096);
  closeSync(file);
  const { code, stdout, stderr } = await sandbox.answer('doctor');
  assert.is(code, 1, stderr);
  assert.match(stdout, /\nusable +no: it is damaged\ndamage +\S/);
  const verified = await sandbox.answer('verify');
  assert.is(verified.code, 1, verified.stderr);
  assert.match(verified.stdout, /^the storage is damaged: /);
});
prepare.run();
