// takes: 6s
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const settings = describe('where settings come from', { timeoutMs: 60_000 });

const file = `
store:
  adapter: sqlite
  config: { path: from-file.db }
namespace: from_file
concurrency: 3
heartbeat:
  sleep-time: 1000
  tolerance: 4
types:
  fetch: { concurrency: 2, retry: { maximumAttempts: 3 } }
`;

type Reported = Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;

async function inEffect(sandbox: Pick<CliSandbox, 'overseer'>, ...words: string[]): Promise<Reported> {
  const { stdout } = await sandbox.overseer('doctor', '--json', ...words);
  return JSON.parse(stdout).configuration as Reported;
}

settings.test('the file over the defaults, the environment over the file, flags over both', async () => {
  const sandbox = new CliSandbox({ 'overseer.yml': file });
  const fromFile = await inEffect(sandbox);
  assert.equal(fromFile['concurrency'], { value: 3, from: 'overseer.yml' });
  assert.equal(fromFile['heartbeat.sleep-time'], { value: 1000, from: 'overseer.yml' });
  assert.equal(fromFile['sleep-time'], { value: 10_000, from: 'default' });
  assert.equal(fromFile['types']!.value, { fetch: { concurrency: 2, retry: { maximumAttempts: 3 } } });
  assert.equal(fromFile['store']!.value, '{"adapter":"sqlite","config":{"path":"from-file.db"}}');
  const withVariables = sandbox.with({
    OVERSEER_CONCURRENCY: '5',
    OVERSEER_HEARTBEAT_TOLERANCE: '1.5',
    OVERSEER_HEARTBEAT_MONITOR_SHUTDOWN: 'false',
    OVERSEER_STORE: 'memory:',
    OVERSEER_NAMESPACE: '007',
    OVERSEER_TYPES: '{ fetch: { concurrency: 9 } }',
    OVERSEER_SLEEP_TIME: '',
  });
  const fromEnvironment = await inEffect(withVariables);
  assert.equal(fromEnvironment['concurrency'], { value: 5, from: 'the environment' });
  assert.equal(fromEnvironment['heartbeat.tolerance'], { value: 1.5, from: 'the environment' });
  assert.equal(fromEnvironment['heartbeat.monitor-shutdown'], { value: false, from: 'the environment' });
  assert.equal(fromEnvironment['heartbeat.sleep-time'], { value: 1000, from: 'overseer.yml' });
  assert.equal(fromEnvironment['store'], { value: 'memory:', from: 'the environment' });
  assert.equal(fromEnvironment['namespace'], { value: '007', from: 'the environment' });
  assert.equal(fromEnvironment['types']!.value, { fetch: { concurrency: 9 } });
  assert.equal(fromEnvironment['sleep-time'], { value: 10_000, from: 'default' });
  const fromFlags = await inEffect(withVariables, '--store', 'sqlite:own.db', '--namespace', 'mine');
  assert.equal(fromFlags['store'], { value: 'sqlite:own.db', from: 'the command line' });
  assert.equal(fromFlags['namespace'], { value: 'mine', from: 'the command line' });
  assert.equal(fromFlags['concurrency'], { value: 5, from: 'the environment' });
});

settings.test('another file than overseer.yml; one that is empty says nothing', async () => {
  const sandbox = new CliSandbox({
    'overseer.yml': file,
    'conf/other.yml': 'concurrency: 8\n',
    'empty.yml': '# nothing\n',
  });
  const other = await inEffect(sandbox, '--config', 'conf/other.yml');
  assert.equal(other['concurrency'], { value: 8, from: 'conf/other.yml' });
  assert.equal(other['namespace'], { value: 'overseer', from: 'default' });
  const empty = await inEffect(sandbox, '--config', 'empty.yml');
  assert.equal(empty['concurrency'], { value: 1, from: 'default' });
});

settings.test('the sample configuration is one that is taken', async () => {
  const sample = new URL('../../examples/config.yml', import.meta.url).pathname;
  const sandbox = new CliSandbox();
  const values = await inEffect(sandbox, '--config', sample);
  assert.equal(values['store']!.value, '{"adapter":"sqlite","config":{"path":"./overseer.db"}}');
  assert.is(values['heartbeat.sleep-time']!.value, 10_000);
  assert.is(values['heartbeat.tolerance']!.value, 3);
  assert.match(String(values['sentry.dsn']!.value), /^https:\/\/\*\*\*@/);
});

const wrongSettings: Readonly<Record<string, readonly [text: string, sentence: string | RegExp]>> = {
  'an unknown setting': ['concurency: 3', 'c.yml: there is no setting "concurency"; did you mean concurrency?'],
  'an unknown one in a section': [
    'heartbeat: { sleeptime: 3 }',
    'c.yml: there is no setting "heartbeat.sleeptime"; did you mean heartbeat.sleep-time?',
  ],
  'a value that is not possible': ['concurrency: many', 'c.yml: concurrency: expected whole number from 1, got "many"'],
  'a section that is none': ['heartbeat: 5', 'c.yml: heartbeat must be an object of settings'],
  'no settings at all': ['- 1', 'c.yml: the settings must be an object of settings'],
  'no YAML': ['a: [', /^the configuration cannot be read: c\.yml:1:5: Flow sequence/],
};
for (const [what, [text, sentence]] of Object.entries(wrongSettings)) {
  settings.test(`refused: ${what}`, async () => {
    const { code, stderr } = await new CliSandbox({ 'c.yml': text }).overseer('graphs', '--config', 'c.yml');
    assert.is(code, 2);
    const said = stderr.trimEnd().slice('overseer: '.length);
    if (typeof sentence === 'string') assert.is(said, sentence);
    else assert.match(said, sentence);
  });
}

settings.test('refused: a variable that is not possible, and one that is unknown', async () => {
  const sandbox = new CliSandbox();
  const wrong = await sandbox.with({ OVERSEER_CONCURRENCY: 'abc' }).overseer('graphs');
  assert.equal(
    [wrong.code, wrong.stderr],
    [2, 'overseer: the environment: concurrency: expected whole number from 1, got "abc"\n'],
  );
  for (const command of ['doctor', 'graphs', 'install']) {
    const unknown = await sandbox.with({ OVERSEER_CONCURENCY: '3' }).overseer(command, '--store', 'memory:');
    const said = 'the environment: "OVERSEER_CONCURENCY" is not a setting; did you mean OVERSEER_CONCURRENCY?';
    assert.equal([unknown.code, unknown.stdout, unknown.stderr], [2, '', `overseer: ${said}\n`]);
  }
});

settings.test(
  'variables that nobody mistook: one that is empty, and those Kubernetes sets beside a service',
  async () => {
    const variables = {
      OVERSEER_CONCURENCY: '',
      OVERSEER_DEBUG: '',
      OVERSEER_SERVICE_HOST: '10.0.0.7',
      OVERSEER_SERVICE_PORT_HTTP: '80',
      OVERSEER_PORT: 'tcp://10.0.0.7:80',
      OVERSEER_PORT_80_TCP_ADDR: '10.0.0.7',
      OVERSEER_WEB_SERVICE_PORT: '80',
    };
    const { code, stderr } = await new CliSandbox().with(variables).overseer('graphs', '--store', 'memory:');
    assert.equal([code, stderr], [0, 'no graphs\n']);
  },
);

settings.test("settings reach the worker: a type's retry policy, and where errors are reported", async () => {
  const sandbox = new CliSandbox({
    'overseer.yml': 'types: { flaky: { retry: { maximumAttempts: 2, initialIntervalMs: 1 } } }\nstore: "memory:"\n',
    'flaky.mjs': `export const graph = { flaky: [] };
      export const handlers = { flaky: ({ attempt }) => { if (attempt === 1) throw new Error('once'); return attempt; } };`,
  });
  const { status, jobs } = await sandbox.json('run', 'flaky.mjs');
  assert.equal([status, jobs.flaky.result], ['finished', 2]);
  const wrong = await sandbox.with({ OVERSEER_SENTRY_DSN: 'not a dsn' }).overseer('run', 'flaky.mjs');
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, /^overseer: sentry\.dsn "not a dsn" is not a DSN/m);
});

settings.test('a password in an address is not shown', async () => {
  const { stdout, stderr } = await new CliSandbox().overseer('doctor', '--store', 'nodb://anna:secret@host:2113');
  assert.not.match(stdout + stderr, /secret/);
  assert.match(stdout, /store +nodb:\/\/anna:\*\*\*@host:2113/);
});
settings.run();
