// time-limit: 300s
/** `overseer projections`, as it is typed. */
import { freshNamespace, noServer, serverAddress } from '../support/eventstoredb.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from '../cli/cli-sandbox.js';

// A guard only: a server that is busy takes its time over each of a dozen calls.
const spec = describe('overseer projections', { timeoutMs: 240_000 });

const sandbox = new CliSandbox();

spec.test('a store without a server is told apart, whatever is asked of it', async () => {
  for (const action of ['status', 'plan', 'apply', 'remove']) {
    const { code, stdout, stderr } = await sandbox.overseer('projections', action, '--store', 'sqlite:./x.db');
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, /^overseer: the store sqlite:\.\/x\.db has no server that could run projections; .*\n$/);
  }
  const { code, stderr } = await sandbox.overseer('projections', 'status', '--store', 'memory:', '--json');
  assert.is(code, 2);
  assert.is((JSON.parse(stderr) as { error: { code: string } }).error.code, 'projections-unsupported');
});

spec.test('a slip is told, and what there is', async () => {
  const { code, stderr } = await sandbox.overseer('projections', 'aply');
  assert.is(code, 2);
  assert.match(stderr, /^overseer: unknown command 'aply' \(did you mean apply\?\)\n$/);
  const help = await sandbox.overseer('projections', '--help');
  assert.is(help.code, 0);
  for (const action of ['status', 'plan', 'apply', 'remove'])
    assert.match(help.stdout, new RegExp(`^  ${action} `, 'm'));
});

function onServer(title: string, body: () => Promise<void>): void {
  if (noServer === null) spec.test(title, body);
  else spec.skip(title, noServer);
}

onServer('projections are planned, put on the server, looked at and removed', async () => {
  const namespace = freshNamespace();
  const overseer = (...words: string[]) =>
    sandbox.overseer('projections', ...words, '--store', serverAddress, '--namespace', namespace);

  const plan = await overseer('plan', 'ready-jobs');
  assert.is(plan.stderr, '');
  assert.is(
    plan.stdout,
    [
      `PROJECTION${' '.repeat(namespace.length + 10)}TO DO   NOW`,
      `${namespace}-graph-progress-v4  create  not installed`,
      `${namespace}-ready-jobs-v4      create  not installed`,
      '',
    ].join('\n'),
  );

  const applied = await overseer('apply', 'ready-jobs');
  assert.is(applied.code, 0, applied.stderr);
  // A server that is busy may take longer to start one than `apply` waits for.
  const state = '(running|starting)';
  assert.match(
    applied.stdout,
    new RegExp(`-graph-progress-v4 +created +${state}\\n.*-ready-jobs-v4 +created +${state}\\n$`),
  );
  const bothRun = async () => {
    const { stdout } = await overseer('status');
    return ['graph-progress-v4', 'ready-jobs-v4'].every((name) =>
      new RegExp(`-${name} +installed +running `).test(stdout),
    );
  };
  await eventually('both run', bothRun, 120_000);
  const again = await overseer('apply', 'ready-jobs', '--json');
  const { projections } = JSON.parse(again.stdout) as { projections: readonly { action: string; state: string }[] };
  assert.equal(
    projections.map(({ action, state }) => [action, state]),
    [
      ['keep', 'running'],
      ['keep', 'running'],
    ],
  );

  const status = await overseer('status');
  assert.is(status.code, 0);
  assert.match(status.stdout, /-graph-history-v1 +not installed +- +-\n/);
  assert.match(status.stdout, /-ready-jobs-v4 +installed +running +0 events\n/);

  const needed = await overseer('remove', 'graph-progress');
  assert.match(needed.stderr, /^overseer: graph-progress-v4 is needed by ready-jobs-v4; remove these too\n$/);
  const removed = await overseer('remove');
  assert.is(removed.code, 0);
  assert.is(removed.stdout, `removed ${namespace}-ready-jobs-v4\nremoved ${namespace}-graph-progress-v4\n`);
  assert.is((await overseer('remove')).stdout, 'there was nothing to remove\n');
});

spec.run();
