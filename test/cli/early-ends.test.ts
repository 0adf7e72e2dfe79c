// takes: 22s
/** Handlers and files that end the process, or let errors slip that nobody handles. */
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const ends = describe('a process that is ended by what it runs', { timeoutMs: 60_000 });

/** The file of a graph of one job. */
const graphWith = (body: string) => `export const graph = { a: [], b: ['a'] };
export const handlers = { a: async (job) => { ${body} }, b: () => 2 };`;

const exits: Readonly<Record<string, string>> = {
  'process.exit(0)': 'process.exit(0);',
  'process.exit without a code': 'process.exit();',
  'process.exit(7)': 'process.exit(7);',
  'process.exit after an await': 'await null; await new Promise((done) => setTimeout(done, 20)); process.exit(0);',
  'process.exit in a callback': 'await new Promise(() => setTimeout(() => process.exit(0), 20));',
  'an exit code that was set first': 'process.exitCode = 0; process.exit();',
  'exit handlers of its own': "process.on('exit', () => {}); process.exit(0);",
  'another exit code that was set first': 'process.exitCode = 3; process.exit(0);',
};

for (const [what, body] of Object.entries(exits)) {
  ends.test(`a run ends with 1 and says what ran: ${what}`, async () => {
    const sandbox = new CliSandbox({ 'p.mjs': graphWith(`\n${body}`) });
    const { code, stderr } = await sandbox.overseer('run', 'p.mjs', '--id', 'g');
    assert.is(code, 1);
    assert.match(
      stderr,
      /^overseer: process\.exit was called while g\/a ran \(at p\.mjs:3\); what was running stays started/,
    );
    assert.match(stderr, 'go on with: overseer run p.mjs --id g\n');
  });
}

ends.test('in JSON for machines', async () => {
  const sandbox = new CliSandbox({ 'p.mjs': graphWith('process.exit(0);') });
  const { code, stdout, stderr } = await sandbox.overseer('run', 'p.mjs', '--json');
  assert.equal([code, stdout], [1, '']);
  assert.is(JSON.parse(stderr).error.code, 'process-ended');
});

ends.test('a worker ends with 1, so that a supervisor starts it again', async () => {
  const sandbox = new CliSandbox({ 'p.mjs': graphWith('process.exit(0);') });
  await sandbox.overseer('submit', 'p.mjs', '--id', 'g');
  const { code, stderr } = await sandbox.overseer('worker', 'p.mjs', '--log-level', 'silent', '--processes', '1');
  assert.is(code, 1);
  assert.match(stderr, /^overseer: process\.exit was called while g\/a ran \(at p\.mjs:2\)/);
});

ends.test('a file that ends the process while it is loaded', async () => {
  const sandbox = new CliSandbox({
    'p.mjs': '\nprocess.exit(0);',
    'f.mjs': 'export const graph = () => {\n  process.exit(0); };',
    'm.mjs': 'export const where = () => process.exit(0);',
    'h.mjs': graphWith(''),
  });
  await sandbox.overseer('run', 'h.mjs', '--id', 'g');
  for (const words of [
    ['run', 'p.mjs'],
    ['submit', 'p.mjs'],
    ['worker', 'p.mjs'],
    ['run', 'f.mjs'],
    ['project', 'p.mjs'],
    ['bisect', 'g', '--module', 'm.mjs'],
    ['what-if', 'g', '--module', 'p.mjs'],
    ['replay', 'g/a', 'p.mjs'],
  ]) {
    const { code, stderr } = await sandbox.overseer(...words);
    assert.is(code, 1, words.join(' '));
    assert.match(stderr, /^overseer: process\.exit was called before the command had ended \(at [pfm]\.mjs:[12]\)/);
  }
});

ends.test('a promise that never settles, with nothing else to wait for', async () => {
  const sandbox = new CliSandbox({ 'p.mjs': 'await new Promise(() => {});' });
  const { code, stderr } = await sandbox.overseer('submit', 'p.mjs');
  assert.is(code, 1);
  assert.match(stderr, /^overseer: nothing was left to wait for before the command had ended: a promise never settles/);
});

ends.test('an exit code that is set by a handler is not that of the command', async () => {
  const sandbox = new CliSandbox({
    'p.mjs': graphWith('process.exitCode = 5;'),
    'q.mjs': graphWith("process.exitCode = 0; throw new Error('x');"),
  });
  assert.is((await sandbox.overseer('run', 'p.mjs')).code, 0);
  assert.is((await sandbox.overseer('run', 'q.mjs')).code, 1);
});

ends.run();

const stray = describe('errors that nobody handles', { timeoutMs: 60_000 });
const pause = 'await new Promise((done) => setTimeout(done, 60)); return 1;';

const rejections: Readonly<Record<string, readonly [body: string, told: RegExp]>> = {
  'an error': ["Promise.reject(new Error('lost row'));", /Error: lost row \(at p\.mjs:2\)/],
  'a type error': ['(async () => null.x)();', /TypeError: Cannot read properties of null .*\(at p\.mjs:2\)/],
  'a text': ["Promise.reject('lost row');", /string "lost row"/],
  nothing: ['Promise.reject();', /undefined undefined/],
  null: ['Promise.reject(null);', /object null/],
  'an object': ['Promise.reject({ lost: 1 });', /object \{"lost":1\}/],
  'a circle': ['const x = {}; x.x = x; Promise.reject(x);', /object that cannot be shown/],
  'two of them': ["Promise.reject(new Error('one')); Promise.reject(new Error('two'));", /one[^]*two/],
  'a message of several lines': ["Promise.reject(new Error('one\\nline'));", /Error: one\\nline/],
  later: ["setTimeout(() => Promise.reject(new Error('late')), 10);", /Error: late/],
};

for (const [what, [body, told]] of Object.entries(rejections)) {
  stray.test(`a run tells of a rejected promise and ends with 1: ${what}`, async () => {
    const sandbox = new CliSandbox({ 'p.mjs': graphWith(`${body} ${pause}`) });
    const { code, stdout, stderr } = await sandbox.overseer('run', 'p.mjs', '--id', 'g');
    assert.is(code, 1);
    assert.match(stdout, /graph g finished: 2 jobs/);
    assert.match(stderr, /^overseer: a promise was rejected and nobody handled it, most likely in a handler: /);
    assert.match(stderr, told);
    assert.match(stderr, /overseer: graph g finished, but something went wrong outside its jobs, see above\n$/);
  });
}

stray.test('for machines, the answer and the error both are JSON', async () => {
  const sandbox = new CliSandbox({ 'p.mjs': graphWith(`Promise.reject(new Error('lost row')); ${pause}`) });
  const { code, stdout, stderr } = await sandbox.overseer('run', 'p.mjs', '--json');
  assert.is(code, 1);
  assert.is(JSON.parse(stdout).status, 'finished');
  const { error } = JSON.parse(stderr);
  assert.is(error.code, 'run-troubled');
  assert.match(error.message, 'lost row');
});

stray.test('in a further worker process too', async () => {
  const sandbox = new CliSandbox({
    'p.mjs': `export const graph = { jobs: Object.fromEntries([1, 2, 3, 4].map((n) => [n, { type: 'a' }])) };
      export const handlers = { a: async () => { if (process.argv.includes('--of-run')) Promise.reject(new Error('lost in ' + process.pid));
        await new Promise((done) => setTimeout(done, 1500)); } };`,
  });
  const { code, stderr } = await sandbox.overseer('run', 'p.mjs', '--processes', '3');
  assert.is(code, 1);
  assert.match(stderr, /nobody handled it.*lost in \d+/);
  assert.match(stderr, /overseer: worker process \d+ ended, by exit code 1\n/);
});

for (const [what, thrown] of Object.entries({
  'an error': "new Error('from a timer')",
  'a text': "'from a timer'",
  nothing: 'undefined',
  null: 'null',
})) {
  stray.test(`an exception outside of any job ends a run with 1: ${what}`, async () => {
    const sandbox = new CliSandbox({ 'p.mjs': graphWith(`setTimeout(() => { throw ${thrown}; }, 5); ${pause}`) });
    const { code, stderr } = await sandbox.overseer('run', 'p.mjs', '--id', 'g');
    assert.is(code, 1);
    assert.match(stderr, /^overseer: something unexpected went wrong: /);
    const { jobs } = await sandbox.json('show', 'g');
    assert.is.not(jobs.a.status, 'started');
  });
}

stray.run();
