// takes: 16s
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { store, install } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { failingFile, pagesFile, CliSandbox } from './cli-sandbox.js';

const usage = describe('wrong usage', { timeoutMs: 60_000 });

const wrongCalls: readonly (readonly [words: string, sentence: string | RegExp])[] = [
  ['frobnicate', "unknown command 'frobnicate'"],
  ['grahps', "unknown command 'grahps' (did you mean graphs?)"],
  ['graphs --staus failed', "unknown option '--staus' (did you mean --status?)"],
  ['graphs --status finish', '--status: no status of a graph is called "finish"; did you mean finished?'],
  ['graphs --limit 0', '--limit "0" is not possible; give a whole number from 1'],
  ['graphs --label x', '--label "x" is not a label; give --label KEY=VALUE'],
  ['graphs one-too-many', /^too many arguments for 'graphs'/],
  ['show', "missing required argument 'graph[/job]'"],
  ['show --at', "option '--at <moment>' argument missing"],
  ['run', "missing required argument 'file'"],
  ['run nope.yaml', 'there is no file nope.yaml'],
  ['run pages.ts --concurrency 0', 'the command line: concurrency: expected whole number from 1, got 0'],
  ['run pages.ts --priority 1.5', '--priority "1.5" is not possible; give a whole number'],
  ['run pages.ts --worker-processes -1', /^--worker-processes "-1" is not possible/],
  [
    'run pages.ts --worker-processes 1 --processes 2',
    /^--worker-processes N is the same as --processes N\+1; give one/,
  ],
  ['run pages.ts --processes many', /processes: expected whole number from 1, or auto, got "many"$/],
  ['worker pages.ts --processes 0', /processes: expected whole number from 1, or auto, got 0$/],
  ['run pages.ts --handlers failing.mjs', 'failing.mjs: there is no handler for "start", "fetch", "report"'],
  [
    'run bare.yaml',
    /^bare\.yaml holds no handlers; export them from it as `handlers`, or name a file .* with --handlers FILE$/,
  ],
  ['run wrong-handlers.mjs', /^wrong-handlers\.mjs: the handler of type "a" is a number; a handler is/],
  ['submit pages.ts --args {', /^--args is not JSON: .*; give a JSON object, such as --args '\{"org": 123\}'$/],
  ['submit pages.ts --args [1]', /^--args is JSON but not an object/],
  ['submit pages.ts --id a/b', /^pages\.ts: graph id "a\/b" has a slash/],
  [
    'submit pages.ts --deadline 5x',
    '--deadline "5x": give a time, such as 2026-03-01T12:30:00Z, or a length, such as 2h',
  ],
  [
    'submit pages.ts --deadline 2020-01-01',
    '--deadline 2020-01-01 has passed already: the graph would be aborted at once',
  ],
  ['submit pages.ts --start-after @5', /^--start-after "@5": give a time/],
  ['submit pages.ts --start-after 9999-01-01T00:00:00Z', /^pages\.ts: startAfter of the graph is 9999-.*up to 2199$/],
  ['submit cycle.yaml', 'cycle.yaml: the jobs depend on each other in a cycle: "a" → "b" → "a"'],
  [
    'worker failing.mjs --types midle',
    '--types: there is no handler for "midle"; did you mean middle? There are first, middle, last, aside',
  ],
  ['worker bare.yaml', /^bare\.yaml exports no handlers/],
  ['log --type JobStart', /^--type: no event is called "JobStart"; did you mean JobStarted\?$/],
  ['log --from yesterday', /^"yesterday" is no moment; give a time such as/],
  ['log --from #3', '--from #3: events are numbered within one graph; give @POSITION or a time'],
  ['graphs --namespace a/b', /^namespace "a\/b" is not possible/],
  ['graphs --config nope.yml', 'the configuration cannot be read: there is no file nope.yml'],
];
for (const [words, sentence] of wrongCalls) {
  usage.test(words, async () => {
    const sandbox = new CliSandbox({
      'pages.ts': pagesFile,
      'failing.mjs': failingFile,
      'bare.yaml': 'a: []\n',
      'cycle.yaml': 'a: [b]\nb: [a]\n',
      'wrong-handlers.mjs': 'export const graph = { a: [] }; export const handlers = { a: 7 };',
    });
    const before = readdirSync(sandbox.folder);
    const { code, stdout, stderr } = await sandbox.overseer(...words.split(' '));
    assert.is(code, 2, stderr);
    assert.is(stdout, '');
    assert.match(stderr, /^overseer: .*\n$/);
    const said = stderr.slice('overseer: '.length, -1);
    if (typeof sentence === 'string') assert.is(said, sentence);
    else assert.match(said, sentence);
    assert.equal(readdirSync(sandbox.folder), before);
  });
}

usage.test('with --json errors are JSON too, on stderr', async () => {
  const sandbox = new CliSandbox({ 'cycle.yaml': 'a: [a]\n' });
  interface Told {
    readonly error: { readonly code: string; readonly message: string };
  }
  const told = async (...words: string[]) => JSON.parse((await sandbox.overseer(...words, '--json')).stderr) as Told;
  assert.equal(await told('submit', 'cycle.yaml'), {
    error: { code: 'graph-invalid', message: 'cycle.yaml: job "a" depends on itself' },
  });
  assert.is((await told('graphs', '--nope')).error.code, 'usage');
  assert.is((await told('graphs')).error.code, 'store-not-installed');
});

usage.test('OVERSEER_DEBUG=1 shows the stack', async () => {
  const sandbox = new CliSandbox().with({ OVERSEER_DEBUG: '1' });
  const { stderr } = await sandbox.overseer('run', 'nope.yaml');
  assert.match(stderr, /^overseer: there is no file nope\.yaml\nUsageError: .*\n\s+at /);
});

usage.test('without a command: the help, on stderr', async () => {
  const { code, stdout, stderr } = await new CliSandbox().overseer();
  assert.is(code, 2);
  assert.is(stdout, '');
  assert.match(stderr, /^Usage: overseer/);
});

const commands =
  'run submit worker graphs show history explain abort retry log verify export import install doctor'.split(' ');

usage.test('every command has help with an example', async () => {
  const sandbox = new CliSandbox();
  const main = await sandbox.overseer('--help');
  assert.is(main.code, 0);
  await Promise.all(
    commands.map(async (command) => {
      assert.match(main.stdout, new RegExp(`^ {2}${command} `, 'm'));
      const { code, stdout } = await sandbox.overseer(command, '--help');
      assert.is(code, 0);
      assert.match(stdout, new RegExp(`Usage: overseer ${command} `));
      for (const flag of ['--store', '--namespace', '--config', '--json']) assert.match(stdout, `  ${flag} `);
      assert.match(stdout, new RegExp(`Example:\\n {2}\\$ overseer ${command}`));
    }),
  );
});

usage.test('--version prints that of the package', async () => {
  const { code, stdout } = await new CliSandbox().overseer('--version');
  assert.is(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});
usage.run();

const stores = describe('stores that cannot be opened', { timeoutMs: 60_000 });

stores.test('commands that read make no store, and say that there is none', async () => {
  const sandbox = new CliSandbox();
  const calls = ['graphs', 'show g', 'history g', 'explain g', 'abort g', 'retry g', 'log', 'verify', 'doctor'];
  await Promise.all(
    calls.map(async (words) => {
      const { code, stderr } = await sandbox.overseer(...words.split(' '));
      assert.is(code, 3, words);
      assert.match(stderr, /^overseer: .*overseer\.db is not set up as a store yet; run `overseer install`/);
    }),
  );
  assert.equal(readdirSync(sandbox.folder), []);
});

stores.test('what is wrong with the address or the file', async () => {
  const sandbox = new CliSandbox({ 'notes.txt': 'not a database, but long enough to be taken for one'.repeat(20) });
  mkdirSync(sandbox.path('folder'));
  writeFileSync(sandbox.path('empty.db'), '');
  const newer = await store(`sqlite:${sandbox.path('newer.db')}`);
  await install(newer);
  await newer.close();
  const { default: Sqlite } = await import('better-sqlite3');
  const file = new Sqlite(sandbox.path('newer.db'));
  file.pragma('user_version = 99');
  file.close();
  const foreign = new Sqlite(sandbox.path('foreign.db'));
  foreign.exec('create table t (a)');
  foreign.close();
  const cases: readonly (readonly [address: string, sentence: RegExp])[] = [
    ['sqlite:folder', /folder is a folder; name a file in it/],
    ['sqlite:nope/x.db', /nope does not exist; create the folder/],
    ['sqlite:notes.txt', /notes\.txt is not an SQLite database/],
    ['sqlite:newer.db', /newer\.db has format 99, written by a newer release/],
    ['sqlite:foreign.db', /foreign\.db is a database of another program/],
    ['sqlite:empty.db', /empty\.db is not set up as a store yet/],
    ['redis://localhost', /"redis:\/\/localhost" is not a store address/],
    ['overseer.db', /"overseer\.db" is not a store address/],
  ];
  await Promise.all(
    cases.map(async ([address, sentence]) => {
      const { code, stderr } = await sandbox.overseer('graphs', '--store', address);
      assert.is(code, 3, address);
      assert.match(stderr, sentence);
    }),
  );
  const doctor = await sandbox.overseer('doctor', '--store', 'sqlite:newer.db');
  assert.is(doctor.code, 3);
  assert.match(doctor.stdout, /usable {2}no: .*format 99/);
  assert.match(doctor.stdout, /store +sqlite:newer\.db +the command line/);
});
stores.run();
