// takes: 17s
/**
 * The guards themselves. Each trap is written as a small test file into a temporary folder of the project (so that its
 * imports resolve) and run in a process of its own, since what it must do is turn that process red.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { patient } from './patience.js';
import { assert, describe, type FileResults } from './spec.js';

mkdirSync('.tmp', { recursive: true });
const folder = mkdtempSync(resolve('.tmp', 'spec-'));
let filesWritten = 0;
process.on('exit', () => {
  rmSync(folder, { recursive: true });
  // Somebody else may keep something beside it.
  if (readdirSync('.tmp').length === 0) rmdirSync('.tmp');
});

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program with its working directory in a folder of its own, and a results file there. */
function run(program: string, cwd: string, args: readonly string[] = []): Promise<Outcome> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      cwd,
      // Only a broken guard takes this long; the signal lets the runner end what it has started.
      timeout: patient(30_000),
      env: { ...process.env, TEST_PATIENCE: '1', TEST_RESULTS_FILE: join(cwd, 'results.json') },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => settle({ code, output }));
  });
}

const opening = `
  import { assert, describe } from '${resolve('test/support/spec.js')}';
  const spec = describe('it', { timeoutMs: 500 });`;
const passing = `spec.test('passes', () => assert.ok(true));`;

/** Runs a test file made of the given lines. */
function runFile(...lines: readonly string[]): Promise<Outcome & { readonly cwd: string }> {
  const cwd = join(folder, String((filesWritten += 1)));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'a.test.ts'), [opening, ...lines].join('\n'));
  return run('a.test.ts', cwd).then((outcome) => ({ ...outcome, cwd }));
}

/** Runs the runner over the given test files. */
function runRunner(files: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Outcome> {
  const cwd = join(folder, String((filesWritten += 1)));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, 'test', dirname(path)), { recursive: true });
    writeFileSync(join(cwd, 'test', path), text);
  }
  return run(resolve('test/run.ts'), cwd, args);
}

const lastLine = (output: string): string | undefined => output.trimEnd().split('\n').at(-1);

const guards = describe('spec', { timeoutMs: 60_000 });
guards.test('a good file is green, and leaves its results behind', async () => {
  const { code, output, cwd } = await runFile(
    'let opened = 0;',
    'spec.before(() => { opened += 1; });',
    'spec.beforeEach(async () => { opened += 1; });',
    'spec.afterEach(() => { opened -= 1; });',
    'spec.after(() => { opened -= 1; });',
    `spec.test('sees the hooks', () => { assert.is(opened, 2); });`,
    `spec.test('sees them again', () => { assert.is(opened, 2); });`,
    `spec.skip('is not here', 'there is no server');`,
    'spec.run();',
    `const other = describe('other');`,
    `other.test('sees the hooks', () => { assert.is(opened, 0); });`,
    `other.test('hands nothing on', () => { assert.is(process.env['TEST_RESULTS_FILE'], undefined); });`,
    'other.run();',
  );
  assert.is(code, 0, output);
  assert.match(output, /skipped: it › is not here\n +there is no server/);
  const written = JSON.parse(readFileSync(join(cwd, 'results.json'), 'utf8')) as FileResults;
  assert.is(written.file, 'a.test.ts');
  assert.equal(
    written.results.map(({ title, status, reason }) => [title, status, reason]),
    [
      ['it › sees the hooks', 'passed', undefined],
      ['it › sees them again', 'passed', undefined],
      ['it › is not here', 'skipped', 'there is no server'],
      ['other › sees the hooks', 'passed', undefined],
      ['other › hands nothing on', 'passed', undefined],
    ],
  );
});

/** Each trap: what is wrong with a test file, its lines, and what the file must say besides turning red. */
const traps: readonly (readonly [title: string, lines: readonly string[], says: RegExp])[] = [
  ['an assertion that fails', [`spec.test('t', () => assert.is(1, 2));`, 'spec.run();'], /failed: +it › t\n/],
  [
    'a before hook that throws',
    [`spec.before(() => { throw new Error('no server'); });`, passing, 'spec.run();'],
    /failed: +it › passes\n +Error: no server/,
  ],
  [
    'a before hook that throws a plain object',
    [`spec.before(() => { throw { _tag: 'Left' }; });`, passing, 'spec.run();'],
    /failed: +it › passes\n.*a before hook threw something that is not an Error: \{ _tag: 'Left' \}/,
  ],
  [
    'a beforeEach hook that throws',
    [`spec.beforeEach(() => { throw new Error('no room'); });`, passing, 'spec.run();'],
    /failed: +it › passes\n +Error: no room/,
  ],
  [
    'an afterEach hook that throws',
    [`spec.afterEach(() => { throw new Error('still open'); });`, passing, 'spec.run();'],
    /failed: +it › passes\n +Error: still open/,
  ],
  [
    'an after hook that throws',
    [`spec.after(() => { throw new Error('will not stop'); });`, passing, 'spec.run();'],
    /failed: +it › after\n +Error: will not stop/,
  ],
  [
    'a hook that never settles',
    ['spec.after(() => new Promise(() => {}));', passing, 'spec.run();'],
    /failed: +it › after\n +Error: an after hook took longer than its 500 ms/,
  ],
  [
    'a test that throws a plain object',
    [`spec.test('t', () => { assert.ok(true); throw { _tag: 'Left' }; });`, 'spec.run();'],
    /failed: +it › t\n.*not an Error: \{ _tag: 'Left' \}/,
  ],
  [
    'a test that throws undefined',
    [`spec.test('t', async () => { assert.ok(true); throw undefined; });`, 'spec.run();'],
    /failed: +it › t\n.*not an Error: undefined/,
  ],
  ['a forgotten run()', [passing], /failed: +it › passes\n.*Is run\(\) missing/],
  ['no tests in the file', [], /this file registered no test/],
  ['no tests in a suite', [passing, 'spec.run();', `describe('empty').run();`], /"empty" has no tests/],
  [
    'a test that asserts nothing',
    [passing, `spec.test('t', () => {});`, 'spec.run();'],
    /failed: +it › t\n +Error: a test that asserts nothing/,
  ],
  [
    'a test whose hooks assert in its place',
    ['spec.beforeEach(() => assert.ok(true));', `spec.test('t', () => {});`, 'spec.run();'],
    /failed: +it › t\n +Error: a test that asserts nothing/,
  ],
  [
    'a test that never settles',
    [`spec.test('t', () => { assert.ok(true); return new Promise(() => {}); });`, 'spec.run();'],
    /failed: +it › t\n +Error: the test took longer than its 500 ms/,
  ],
  [
    'two tests with the same title',
    [passing, passing, 'spec.run();'],
    /failed: +it › passes\n +Error: another test of this file has the same title/,
  ],
  ['a skip without a reason', [passing, `spec.skip('t', ' ');`, 'spec.run();'], /"t" is skipped without a reason/],
  ['a test after run()', [passing, 'spec.run();', `spec.test('t', () => {});`], /takes nothing more after its run/],
  [
    'a suite that comes when another is running',
    [
      passing,
      'spec.run();',
      'await new Promise((resolve) => setTimeout(resolve, 200));',
      `const late = describe('late');`,
      `late.test('t', () => assert.ok(true));`,
      'late.run();',
    ],
    /"late" comes too late/,
  ],
  [
    'a process that ends in the middle with a success',
    [`spec.test('t', () => { assert.ok(true); process.exit(0); });`, 'spec.run();'],
    /failed: +it › t\n.*did the process end before/,
  ],
  [
    'a handle that keeps the process alive',
    [`spec.test('t', () => { assert.ok(true); setInterval(() => {}, 1000); });`, 'spec.run();'],
    /still alive 500 ms after the last test, because of: .*Timeout/,
  ],
  [
    'a rejection that nobody handles',
    [`spec.test('t', () => { assert.ok(true); void Promise.reject(new Error('lost')); });`, 'spec.run();'],
    /Error: lost/,
  ],
  [
    'two different errors compared',
    [`spec.test('t', () => assert.equal([new Error('a')], [new Error('b')]));`, 'spec.run();'],
    /equal cannot tell one Error from another/,
  ],
  [
    'a rejection that does not come',
    [`spec.test('t', () => assert.rejects(async () => 1, /no/));`, 'spec.run();'],
    /failed: +it › t\n +Error: Expected a rejection/,
  ],
  [
    'a rejection that is another one',
    [`spec.test('t', () => assert.rejects(Promise.reject(new Error('b')), /^a$/));`, 'spec.run();'],
    /failed: +it › t\n +Error: Expected another rejection than this: b/,
  ],
];

for (const [title, lines, says] of traps) {
  guards.test(`red: ${title}`, async () => {
    const { code, output } = await runFile(...lines);
    assert.is(code, 1, output);
    assert.match(output, says);
  });
}

guards.test('a failing test does not keep the others from running', async () => {
  const { output } = await runFile(
    `spec.afterEach(() => { throw 'always'; });`,
    `spec.test('first', () => { throw 'x'; });`,
    `spec.test('second', () => { assert.ok(true); console.log('the second ran'); });`,
    'spec.run();',
  );
  assert.match(output, /the second ran/);
});

guards.test('rejects accepts what it was told to expect, and nothing that is thrown is lost', async () => {
  await assert.rejects(Promise.reject(new Error('no such job')), /such job$/);
  await assert.rejects(
    async () => {
      throw Object.assign(new Error('full'), { code: 'log-full' });
    },
    (thrown) => thrown instanceof Error && 'code' in thrown && thrown.code === 'log-full',
  );
});
guards.run();

const good = `${opening}\n${passing}\nspec.run();`;
const runner = describe('runner', { timeoutMs: 60_000 });

runner.test('ends with the counts, and is green if all passed', async () => {
  const { code, output } = await runRunner({ 'a.test.ts': good, 'deep/down/b.test.ts': good, 'c.ts': 'not a test' });
  assert.is(lastLine(output), '2 passed, 0 failed', output);
  assert.is(code, 0);
});

runner.test('names what was skipped and why, then what failed, then counts', async () => {
  const { code, output } = await runRunner({
    'a.test.ts': `${opening}\n${passing}\nspec.skip('s', 'no server');\nspec.run();`,
    'b.test.ts': `${opening}\nspec.test('f', () => assert.unreachable('not here'));\nspec.run();`,
  });
  const end = [
    'Skipped:',
    '  no server',
    '    test/a.test.ts: it › s',
    '',
    'Failed:',
    '  test/b.test.ts: it › f',
    '    Assertion: not here',
    '',
    '1 passed, 1 failed, 1 skipped',
  ];
  assert.is(output.trimEnd().split('\n').slice(-end.length).join('\n'), end.join('\n'));
  assert.is(code, 1);
});

/** Each way in which a file may fail as a whole, next to a good one that is counted all the same. */
const wrecks: readonly (readonly [title: string, text: string, says: RegExp])[] = [
  ['a file that does not compile', 'const const', /the file as a whole\n +it exited with 1/],
  ['a file that is no test', 'export {};', /the file as a whole\n +it wrote no results/],
  ['a file that is killed', `process.kill(process.pid, 'SIGKILL');`, /it was ended by SIGKILL/],
  [
    'a file that crashes when its tests have passed',
    `${good}\nprocess.on('exit', () => process.exit(7));`,
    /the file as a whole\n +it exited with 7/,
  ],
  [
    'a file that blocks',
    `// time-limit: 2s\nfor (;;);`,
    /the file as a whole\n +it took longer than its 2 s and was killed/,
  ],
];

for (const [title, text, says] of wrecks) {
  runner.test(`counts as failed: ${title}`, async () => {
    const { code, output } = await runRunner({ 'a.test.ts': text, 'b.test.ts': good });
    assert.match(lastLine(output) ?? '', /^\d passed, 1 failed$/);
    assert.match(output, says);
    assert.is(code, 1);
  });
}

runner.test('runs only the files that are asked for', async () => {
  const { output } = await runRunner({ 'lease.test.ts': good, 'sqlite.test.ts': good }, ['sqlite']);
  assert.match(output, /ok +test\/sqlite\.test\.ts: 1 passed, 0 failed/);
  assert.is(lastLine(output), '1 passed, 0 failed');
});

runner.test('is red if no test ran', async () => {
  const { code, output } = await runRunner({ 'a.test.ts': good }, ['misspelt']);
  assert.is(lastLine(output), '0 passed, 0 failed');
  assert.is(code, 1);
});

runner.test('waits for no process that a file leaves behind, but ends it', async () => {
  // The process holds on to the output of the file, which the runner would otherwise read until the limit.
  const { output } = await runRunner({
    'a.test.ts': `// time-limit: 20s
      import { spawn } from 'node:child_process';
      ${opening}
      ${passing}
      spec.run();
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();`,
  });
  assert.is(lastLine(output), '1 passed, 0 failed', output);
});
runner.run();
