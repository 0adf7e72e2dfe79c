// takes: 11s
/** What a command says goes where it cannot be written: a full disk, a pipe nobody reads, a terminal that was closed. */
import { existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobGraph, start, transactGraph, waitForGraph } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';
import { beginOnTerminal, hasTerminals } from './pseudo-terminal.js';
import { CliSandbox } from './cli-sandbox.js';

const file = `
import { existsSync, writeFileSync } from 'node:fs';
export const graph = { first: [], second: ['first'] };
export const handlers = {
  first: async () => {
    writeFileSync('begun', '');
    while (existsSync('hold')) { console.log('still'); console.error('still'); await new Promise((done) => setTimeout(done, 20)); }
    return 1;
  },
  second: () => 2,
};
`;
/** A device that is always full. */
const full = existsSync('/dev/full') ? openSync('/dev/full', 'w') : null;

const streams = describe('stdout and stderr that cannot be written', { timeoutMs: 60_000 });

async function jobsOf(sandbox: CliSandbox): Promise<string[]> {
  const { jobs } = await sandbox.json<{ jobs: Record<'first' | 'second', { status: string }> }>('show', 'g');
  return [jobs.first.status, jobs.second.status];
}

if (full !== null) {
  streams.test('a worker whose log is on a full disk works on, and stops when told to', async () => {
    const sandbox = new CliSandbox({ 'f.mjs': file, hold: '' });
    await sandbox.overseer('submit', 'f.mjs', '--id', 'g');
    const worker = sandbox.beginInto(full, full, 'worker', 'f.mjs', '--log-level', 'debug');
    await eventually('it has begun', () => existsSync(sandbox.path('begun')), 20_000);
    worker.signal('SIGTERM');
    // It cannot say when all its processes have heard of that.
    await sleep(patient(1000));
    rmSync(sandbox.path('hold'));
    assert.is((await worker.ended).code, 0);
    assert.equal(await jobsOf(sandbox), ['finished', 'unstarted']);
  });

  for (const words of [
    ['run', 'f.mjs', '--id', 'g'],
    ['run', 'f.mjs', '--id', 'g', '--json'],
    ['run', 'f.mjs', '--id', 'g', '--log-level', 'info', '--worker-processes', '1'],
  ]) {
    streams.test(`${words.join(' ')} on a full disk comes to its end`, async () => {
      const sandbox = new CliSandbox({ 'f.mjs': file });
      assert.is((await sandbox.beginInto(full, full, ...words).ended).code, 0);
      assert.equal(await jobsOf(sandbox), ['finished', 'finished']);
    });
  }

  streams.test('a command that only tells ends with 1 there, and says why on stderr', async () => {
    const sandbox = new CliSandbox({ 'f.mjs': file });
    await sandbox.overseer('run', 'f.mjs', '--id', 'g');
    for (const words of [
      ['show', 'g'],
      ['graphs', '--json'],
      ['export', 'g'],
      ['log'],
      ['verify'],
      ['doctor'],
      ['explain', 'g'],
      ['audit', 'prove', '@1'],
      ['timeline', 'g'],
      ['show', 'g', '--svg', '-'],
    ]) {
      const command = sandbox.beginInto(full, 'pipe', ...words);
      const { code, stderr } = await command.ended;
      assert.is(code, 1, words.join(' '));
      assert.match(stderr, 'the answer could not be written to stdout: no space is left on the device');
    }
    assert.is((await sandbox.beginInto(full, full, 'show', 'g').ended).code, 1);
    assert.is((await sandbox.beginInto(full, full, 'show', 'nope').ended).code, 2);
  });
}

streams.test('a worker on whom everybody has hung up works on, and stops when told to', async () => {
  const sandbox = new CliSandbox({ 'f.mjs': file, hold: '' });
  await sandbox.overseer('submit', 'f.mjs', '--id', 'g');
  const worker = sandbox.begin('worker', 'f.mjs', '--log-level', 'debug');
  await eventually('it has begun', () => existsSync(sandbox.path('begun')), 20_000);
  worker.stopListeningAtAll();
  rmSync(sandbox.path('hold'));
  while ((await jobsOf(sandbox))[1] !== 'finished');
  worker.signal('SIGTERM');
  assert.is((await worker.ended).code, 0);
});

if (hasTerminals) {
  for (const words of ['worker f.mjs', 'run f.mjs --id g', 'run f.mjs --id g --worker-processes 1']) {
    streams.test(`${words}: a terminal that is closed stops it, and leaves nothing started`, async () => {
      const sandbox = new CliSandbox({ 'f.mjs': file, hold: '' });
      await sandbox.overseer('submit', 'f.mjs', '--id', 'g');
      const terminal = beginOnTerminal(sandbox, words);
      await eventually('it has begun', () => existsSync(sandbox.path('begun')), 20_000);
      terminal.close();
      rmSync(sandbox.path('hold'));
      await eventually('it has ended', () => existsSync(sandbox.path('code')), 20_000);
      const [first, second] = await jobsOf(sandbox);
      assert.is(first, 'finished');
      assert.is.not(second, 'started');
      const code = Number(readFileSync(sandbox.path('code'), 'utf8'));
      assert.is(code, words.startsWith('run') && second !== 'finished' ? 1 : 0);
    });
  }
}

streams.test('a logger that throws does not keep a worker from its work', async () => {
  const fail = () => {
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const db = await freshStore('memory');
  const worker = await start({ logger: { debug: fail, info: fail, warn: fail, error: fail } }, db, { a: () => 1 });
  const { graphId } = await transactGraph(db, jobGraph({ jobs: { a: { type: 'a' } } }));
  await waitForGraph(db, graphId);
  await worker.stop();
  await db.close();
  assert.is(worker.statistics.finished, 1);
});

streams.run();
