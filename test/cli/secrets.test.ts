// takes: 10s
/** Passwords and keys that commands are given: no output repeats them. */
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const secret = 'hunter2';
const key = '0123456789abcdef';
const secrets = describe('secrets', { timeoutMs: 60_000 });

const graph = `export const graph = { a: [] }; export const handlers = { a: () => 1 };`;
/** Nobody listens at port 9, and no host has a name that ends like this. */
const addresses = [
  `esdb://admin:${secret}@127.0.0.1:9?tls=false&maxDiscoverAttempts=1`,
  `esdb://admin:x@${secret}@nowhere.invalid`,
  `esdb://admin:x/${secret}@nowhere.invalid`,
  `esdb://admin:${secret}`,
  `eventstoredb://admin:${secret}@127.0.0.1`,
  `postgres://admin:${secret}@127.0.0.1/x`,
  `esdb://127.0.0.1:9?token=${secret}`,
];

for (const address of addresses) {
  secrets.test(`of ${address.replace(secret, 'SECRET')} are in no answer and in no error`, async () => {
    const sandbox = new CliSandbox({
      'g.mjs': graph,
      'overseer.yml': `store: { adapter: eventstoredb, config: { address: ${JSON.stringify(address)} } }`,
    });
    const debugging = sandbox.with({ OVERSEER_STORE: address, OVERSEER_DEBUG: '1' });
    const ended = await Promise.all([
      sandbox.overseer('doctor'),
      debugging.overseer('doctor', '--json'),
      sandbox.overseer('submit', 'g.mjs', '--dry-run', '--store', address),
      sandbox.overseer('install', '--store', address),
    ]);
    for (const { stdout, stderr } of ended) {
      assert.ok(stdout + stderr !== '');
      assert.not.match(stdout + stderr, secret);
    }
  });
}

secrets.test('of a DSN are in no list of settings, and in no error', async () => {
  const sandbox = new CliSandbox({ 'g.mjs': graph });
  for (const dsn of [
    `https://${key}@o1.example.invalid/42`,
    `https://public:${key}@sentry.example.invalid/1`,
    `https://${key}@/`,
    `${key}`,
  ]) {
    const keeping = sandbox.with({ OVERSEER_SENTRY_DSN: dsn, OVERSEER_DEBUG: '1' });
    const isDsn = dsn.includes('@');
    const { stdout } = await keeping.overseer('doctor');
    if (isDsn) assert.not.match(stdout, key);
    if (!isDsn || dsn.endsWith('@/')) {
      const { code, stderr } = await keeping.overseer('run', 'g.mjs');
      assert.is(code, 2);
      assert.match(stderr, /is not a DSN; copy it from the project's settings/);
      if (isDsn) assert.not.match(stderr, key);
    }
  }
});

secrets.test('are not repeated by what is to be typed next', async () => {
  const sandbox = new CliSandbox();
  const { stdout, stderr } = await sandbox.overseer('graphs', '--store', `sqlite:./a.db?password=${secret}`);
  assert.not.match(stdout + stderr, secret);
});

secrets.run();
