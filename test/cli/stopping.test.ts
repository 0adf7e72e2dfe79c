// takes: 22s
import { spawn, type SpawnOptions, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { assert, describe } from '../support/spec.js';
import { eventually } from '../support/eventually.js';
import { CliSandbox } from './cli-sandbox.js';

/** A chain of two jobs that each take a while; they say when they begin. */
const slowFile = `
export const graph = { first: [], second: ['first'] };
const slow = async (job) => {
  console.error('begun ' + job.id + ' in ' + process.pid);
  await new Promise((done) => setTimeout(done, Number(process.env.SLOW_MS ?? 400)));
  return job.id;
};
export const handlers = { first: slow, second: slow };
`;

const stopping = describe('stopping', { timeoutMs: 60_000 });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  stopping.test(`a worker told by ${signal} ends what it runs, takes on nothing new, and exits with 0`, async () => {
    const sandbox = new CliSandbox({ 'slow.mjs': slowFile });
    await sandbox.overseer('submit', 'slow.mjs', '--id', 's');
    const worker = sandbox.begin('worker', 'slow.mjs');
    await worker.says(/begun first/);
    worker.signal(signal);
    const { code } = await worker.ended;
    assert.is(code, 0);
    const { jobs } = await sandbox.json('show', 's');
    assert.equal([jobs.first.status, jobs.first.attempt], ['finished', 1]);
    assert.equal([jobs.second.status, jobs.second.attempt], ['unstarted', 0]);
  });
}

stopping.test('what does not end in time is handed back', async () => {
  const sandbox = new CliSandbox({ 'slow.mjs': slowFile, 'overseer.yml': 'stop-timeout: 50\n' }, { SLOW_MS: '60000' });
  await sandbox.overseer('submit', 'slow.mjs', '--id', 's');
  const worker = sandbox.begin('worker', 'slow.mjs');
  await worker.says(/begun first/);
  worker.signal('SIGTERM');
  assert.is((await worker.ended).code, 0);
  const { jobs } = await sandbox.json('show', 's');
  assert.equal([jobs.first.derivedStatus, jobs.first.failure.reason], ['ready', 'system/released']);
});

stopping.test('a signal that comes twice within a second is one, and a later one ends a worker at once', async () => {
  const sandbox = new CliSandbox({ 'slow.mjs': slowFile }, { SLOW_MS: '60000' });
  await sandbox.overseer('submit', 'slow.mjs', '--id', 's');
  const worker = sandbox.begin('worker', 'slow.mjs');
  await worker.says(/begun first/);
  const begunAt = performance.now();
  worker.signal('SIGTERM');
  await worker.says(/worker is stopping/);
  const again = setInterval(() => worker.signal('SIGTERM'), 20);
  assert.is((await worker.ended).code, 143);
  clearInterval(again);
  assert.ok(performance.now() - begunAt >= 1000);
  const { jobs } = await sandbox.json('show', 's');
  assert.is(jobs.first.status, 'started');
});

stopping.test('a run that is interrupted says how to go on, and going on finishes the graph', async () => {
  const sandbox = new CliSandbox({ 'slow.mjs': slowFile });
  const begun = sandbox.begin('run', 'slow.mjs', '--id', 's');
  await begun.says(/begun first/);
  begun.signal('SIGINT');
  const { code, stdout, stderr } = await begun.ended;
  assert.is(code, 1);
  assert.match(stderr, /overseer: stopping when the running jobs have ended; interrupt again to exit at once\n/);
  assert.match(
    stdout,
    /graph s has not ended: 2 jobs in .* \(1 finished, 1 ready\)\ngo on with: overseer run slow\.mjs --id s\n$/,
  );
  const again = await sandbox.overseer('run', 'slow.mjs', '--id', 's');
  assert.is(again.code, 0);
  assert.match(again.stdout, /^graph s: 2 jobs, 1 of them finished already\n/);
});

stopping.test('a run takes its worker processes with it, even when it is killed', async () => {
  const sandbox = new CliSandbox({ 'slow.mjs': slowFile }, { SLOW_MS: '60000' });
  await sandbox.overseer('submit', 'slow.mjs', '--id', 's');
  const begun = sandbox.begin('run', 'slow.mjs', '--id', 's', '--processes', '3', '--log-level', 'info');
  const started = () =>
    new Set([...begun.stderr.matchAll(/"pid":(\d+).*"msg":"worker started"/g)].map(([, pid]) => Number(pid)));
  await eventually('three workers have started', () => started().size === 3, 20_000);
  const others = [...started()].filter((pid) => pid !== begun.pid);
  assert.is(others.length, 2);
  begun.signal('SIGKILL');
  await begun.ended;
  // One of the three may hold the job, and has half a minute for it: a second signal ends that at once.
  await eventually('the idle one is gone', () => others.some((pid) => !isAlive(pid)), 20_000);
  for (const pid of others) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await eventually('both are gone', () => !others.some(isAlive), 5000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
stopping.run();

const supervised = describe('under a supervisor', { timeoutMs: 60_000 });
const recipe = (name: string, page: string) => {
  const text = readFileSync(new URL(`../../docs/guide/${page}`, import.meta.url), 'utf8');
  return new RegExp(`<!-- recipe: ${name} -->\\n\\n\`\`\`\\w+\\n([^\`]+)`).exec(text)![1]!;
};

/** The folder of the guide: the package is installed there, and handlers are. */
async function guidesFolder(): Promise<CliSandbox> {
  const sandbox = new CliSandbox({ 'handlers.js': slowFile, 'package.json': '{"type":"module"}' });
  mkdirSync(sandbox.path('node_modules'));
  symlinkSync(resolve(import.meta.dirname, '../..'), sandbox.path('node_modules/overseer'));
  await sandbox.overseer('submit', 'handlers.js', '--id', 's');
  return sandbox;
}

/** A command of the guide, in that folder. */
function inFolder(command: readonly string[], sandbox: CliSandbox): string[] {
  return command.map((word) =>
    word.replace(/^(\/usr\/bin\/)?node$/, process.execPath).replace(/sqlite:.*/, sandbox.store),
  );
}

function beginProgram(program: string, words: readonly string[], sandbox: CliSandbox, options: SpawnOptions = {}) {
  const child = spawn(program, words, { cwd: sandbox.folder, stdio: ['ignore', 'ignore', 'pipe'], ...options });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    pid: child.pid!,
    says: (pattern: RegExp) => eventually(`it says ${pattern.source}`, () => pattern.test(said), 20_000),
    ended: new Promise<number | null>((done) => child.once('close', done)),
  };
}

supervised.test(
  "the guide's service does not use npx, and stops well when all its processes are signalled, twice",
  async () => {
    const sandbox = await guidesFolder();
    const unit = recipe('systemd', 'starting-a-worker.md');
    assert.not.match(unit, 'npx');
    const command = /^ExecStart=(.+)$/m.exec(unit)![1]!.split(' ');
    const [program, ...words] = inFolder(command, sandbox);
    const worker = beginProgram(program!, words, sandbox, { detached: true });
    await worker.says(/begun first/);
    process.kill(-worker.pid, 'SIGTERM');
    await worker.says(/worker is stopping/);
    process.kill(-worker.pid, 'SIGTERM');
    assert.is(await worker.ended, 0);
    const { jobs } = await sandbox.json('show', 's');
    assert.equal([jobs.first.status, jobs.second.status], ['finished', 'unstarted']);
  },
);

supervised.test('signals of different kinds are one as well, also while the event loop is busy', async () => {
  const sandbox = new CliSandbox({
    'busy.mjs': `export const graph = { a: [] }; export const handlers = { a: async () => { console.error('begun a');
      await new Promise((done) => process.once('SIGTERM', done)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500); return 1; } };`,
  });
  await sandbox.overseer('submit', 'busy.mjs', '--id', 's');
  const worker = sandbox.begin('worker', 'busy.mjs', '--processes', '1');
  await worker.says(/begun a/);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGTERM'] as const) worker.signal(signal);
  assert.is((await worker.ended).code, 0);
  const { jobs } = await sandbox.json('show', 's');
  assert.is(jobs.a.status, 'finished');
});

supervised.test('a signal before any job was taken ends a worker, and a run, at once', async () => {
  const sandbox = new CliSandbox({
    'slow.mjs': `console.error('loading'); await new Promise(() => setTimeout(() => {}, 60_000));`,
  });
  for (const words of [
    ['worker', 'slow.mjs'],
    ['run', 'slow.mjs'],
  ]) {
    const command = sandbox.begin(...words);
    await command.says(/loading/);
    command.signal('SIGTERM');
    const { code, signal } = await command.ended;
    assert.ok(code === 143 || signal === 'SIGTERM', `${words.join(' ')}: ${code} ${signal}`);
  }
});

if (spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    supervised.test(`the guide's container, as process 1, stops well by ${signal}`, async () => {
      const sandbox = await guidesFolder();
      const command = JSON.parse(/^CMD (.+)$/m.exec(recipe('container', 'containers.md'))![1]!) as string[];
      const container = beginProgram('unshare', ['--pid', '--fork', ...inFolder(command, sandbox)], sandbox);
      await container.says(/begun first in 1\n/);
      process.kill(childOf(container.pid), signal);
      assert.is(await container.ended, 0);
      const { jobs } = await sandbox.json('show', 's');
      assert.equal([jobs.first.status, jobs.second.status], ['finished', 'unstarted']);
    });
  }

  supervised.test('as process 1, a command that only tells ends by a signal too', async () => {
    const sandbox = await guidesFolder();
    const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGQUIT', 131],
    ] as const) {
      const words = ['--pid', '--fork', process.execPath, main, 'log', '--follow'];
      const container = beginProgram('unshare', words, sandbox, { stdio: ['ignore', 'pipe', 'pipe'] });
      await eventually('it listens', () => listensTo(childOf(container.pid)), 20_000);
      process.kill(childOf(container.pid), signal);
      assert.is(await container.ended, code);
    }
  });
} else supervised.skip('as process 1', 'processes cannot be numbered anew here');

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** Whether a process has a handler for SIGQUIT. */
function listensTo(pid: number): boolean {
  if (pid === 0) return false;
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  return (BigInt(`0x${caught}`) & 4n) !== 0n;
}
supervised.run();
