// takes: 5s
/** What a supervisor does when processes end, with programs that are no workers. */
import { PassThrough } from 'node:stream';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterWith, type Report } from '../../src/supervisor/messages.js';
import { endedSoon, restartDelayMs } from '../../src/supervisor/restart-delay.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import type { ProcessEnd } from '../../src/supervisor/worker-process.js';
import { passOnLines } from '../../src/supervisor/whole-lines.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';

const delays = describe('when another is started', {});

delays.test('a second later, then twice as long, up to half a minute, spread by a fifth to both sides', () => {
  const least = Array.from({ length: 8 }, (_, before) => restartDelayMs(before, 0));
  assert.equal(least, [800, 1600, 3200, 6400, 12_800, 24_000, 24_000, 24_000]);
  assert.is(restartDelayMs(0, 1), 1200);
  assert.is(restartDelayMs(1_000_000, 1), 36_000);
});

delays.test('as at first, when the one before has lived a minute', () => {
  assert.is(endedSoon(3, 59_999), 4);
  assert.is(endedSoon(3, 60_000), 0);
});

delays.run();

const spec = describe('supervisor', { timeoutMs: 60_000 });

const say = (report: Report) => `process.send(${JSON.stringify(letterWith(report))});`;
const started = say({ tells: 'started', workerId: 'w' });
const untilTold = `process.on('message', () => process.exit(0)); process.on('disconnect', () => process.exit(0));`;

/** Supervises a program; a place is filled again at once. */
function supervised(count: number, text: string) {
  const folder = temporaryFolder();
  const file = join(folder, 'program.cjs');
  writeFileSync(file, text);
  const ends: { readonly end: ProcessEnd; readonly restartMs: number | null }[] = [];
  const listener = { ended: (end: ProcessEnd, restartMs: number | null) => void ends.push({ end, restartMs }) };
  const asked: number[] = [];
  const supervisor = new Supervisor(count, { file, words: [folder] }, listener, (before) => asked.push(before));
  return { supervisor, ends, asked, folder };
}

spec.test('given one that ends again and again, then each time another is started, later and later', async () => {
  const { supervisor, ends, asked } = supervised(1, `${started} process.exit(7);`);
  await eventually('five have ended', () => ends.length >= 5, 20_000);
  await supervisor.stop().catch(() => {});
  assert.equal(asked.slice(0, 5), [0, 1, 2, 3, 4]);
  assert.ok(ends.slice(0, 5).every(({ end }) => end.exitCode === 7 && end.hasWorked));
});

spec.test(
  'given one that cannot start any more, then it is given up after five, and the others are stopped',
  async () => {
    const { supervisor, ends, folder } = supervised(
      2,
      `if (require('node:fs').existsSync(process.argv[2] + '/broken')) process.kill(process.pid, 'SIGKILL');
     ${started} ${untilTold}`,
    );
    await supervisor.started;
    const [first] = supervisor.workers;
    writeFileSync(join(folder, 'broken'), '');
    process.kill(first!.pid, 'SIGKILL');
    const error = await supervisor.stopped.catch((reason: Error) => reason);
    assert.ok(error instanceof Error);
    assert.match(error.message, /^worker process \d+ ended, by SIGKILL, before its worker had started$/);
    assert.is(ends.filter(({ end }) => !end.hasWorked).length, 4);
    assert.equal(supervisor.workers, []);
  },
);

spec.test('given an error at the start that may pass, then it is final only while none has worked', async () => {
  const failed = (isFinal: boolean) => say({ tells: 'failed', code: 'store-unavailable', message: 'gone', isFinal });
  const alone = supervised(1, `${failed(false)} process.disconnect(); process.exitCode = 3;`);
  const error = await alone.supervisor.stopped.catch((reason: unknown) => reason);
  assert.is((error as { code: string }).code, 'store-unavailable');
  assert.is((error as { exitCode: number }).exitCode, 3);

  const { supervisor, ends, folder } = supervised(
    2,
    `const { existsSync } = require('node:fs'); const at = (name) => existsSync(process.argv[2] + '/' + name);
     if (at('final')) { ${failed(true)} process.disconnect(); }
     else if (at('passing')) { ${failed(false)} process.disconnect(); }
     else { ${started} ${untilTold} }`,
  );
  await supervisor.started;
  writeFileSync(join(folder, 'passing'), '');
  process.kill(supervisor.workers[0]!.pid, 'SIGKILL');
  await eventually('it was tried ten times', () => ends.length >= 10, 20_000);
  assert.is(supervisor.workers.length, 1);
  writeFileSync(join(folder, 'final'), '');
  const final = await supervisor.stopped.catch((reason: Error) => reason);
  assert.is((final as Error).message, 'gone');
});

spec.test('given one that does not end well when it is told to, then that is said', async () => {
  const { supervisor, ends } = supervised(2, `${started} process.on('message', () => process.exit(1));`);
  await supervisor.started;
  const error = await supervisor.stop().catch((reason: Error) => reason);
  assert.match((error as Error).message, /^worker process \d+ ended, by exit code 1$/);
  assert.equal(
    ends.map(({ restartMs }) => restartMs),
    [null, null],
  );
});

spec.test('given statistics of several, also of those that have died, then they are summed', async () => {
  const done = {
    claims: 3,
    claimsLost: 1,
    finished: 2,
    skipped: 0,
    deferred: 0,
    failed: 0,
    faulted: 0,
    aborted: 0,
    leasesLost: 0,
  };
  const { supervisor, ends } = supervised(2, `${started} ${say({ tells: 'progress', statistics: done })} ${untilTold}`);
  await eventually('both have told', () => supervisor.statistics.finished === 4, 20_000);
  process.kill(supervisor.workers[0]!.pid, 'SIGKILL');
  await eventually(
    'one has died, and a third has told',
    () => ends.length === 1 && supervisor.statistics.finished === 6,
  );
  await supervisor.stop();
  assert.equal(supervisor.statistics, { ...done, claims: 9, claimsLost: 3, finished: 6 });
});

spec.test('lines are passed on whole, what is without an end too late or too long', async () => {
  const from = new PassThrough();
  const passed: string[] = [];
  const over = passOnLines(from, (lines) => void passed.push(Buffer.from(lines).toString()));
  const write = (bytes: Buffer | string) =>
    new Promise<void>((done) => void from.write(bytes, () => setImmediate(done)));
  const umlaut = Buffer.from('ü\n');
  await write('one\ntw');
  await write('o\n');
  await write(umlaut.subarray(0, 1));
  await write(umlaut.subarray(1));
  assert.equal(passed, ['one\n', 'two\n', 'ü\n']);
  await write('x'.repeat(70_000));
  assert.is(passed[3]!.length, 70_000);
  await write('rest');
  from.end();
  from.destroy();
  await over;
  assert.is(passed.at(-1), 'rest\n');
});

spec.run();
