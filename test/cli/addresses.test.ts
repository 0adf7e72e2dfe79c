// takes: 19s
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';
import { LogError, store } from '../../src/index.js';
import { CliSandbox } from './cli-sandbox.js';

const addresses = describe('addresses are text', { timeoutMs: 60_000 });

const filesIn = (folder: string) => readdirSync(folder).filter((name) => !/-(wal|shm)$|\.yml$/.test(name));

const names: Readonly<Record<string, string>> = {
  'sqlite:./my #1 jobs.db': 'my #1 jobs.db',
  'sqlite:#.db': '#.db',
  'sqlite:a: b.db': 'a: b.db',
  "sqlite:it's.db": "it's.db",
  'sqlite:./a%20b.db': 'a%20b.db',
  'sqlite:./ärger 🎉.db': 'ärger 🎉.db',
  'sqlite://two-slashes.db': 'two-slashes.db',
  'sqlite://./two-slashes.db': 'two-slashes.db',
  'sqlite:./fast.db?synchronous=NORMAL&busyTimeoutMs=100': 'fast.db',
};
for (const [address, name] of Object.entries(names)) {
  addresses.test(`given ${address}, from wherever it comes, then the store is the file ${name}`, async () => {
    const calls: readonly ((
      sandbox: CliSandbox,
    ) => Promise<{ readonly code: number | null; readonly stderr: string }>)[] = [
      (sandbox) => sandbox.overseer('install', '--store', address),
      (sandbox) => sandbox.with({ OVERSEER_STORE: address }).overseer('install'),
      (sandbox) => sandbox.with({ OVERSEER_STORE: `${address}\n` }).overseer('install'),
      (sandbox) => {
        sandbox.write({ 'overseer.yml': `store: ${JSON.stringify(address)}\n` });
        return sandbox.overseer('install');
      },
    ];
    for (const call of calls) {
      const sandbox = new CliSandbox();
      const { code, stderr } = await call(sandbox);
      assert.equal([code, stderr], [0, '']);
      assert.equal(filesIn(sandbox.folder), [name]);
    }
  });
}

addresses.test('given a path after three slashes, then it is absolute', async () => {
  const sandbox = new CliSandbox();
  const elsewhere = temporaryFolder();
  assert.is((await sandbox.overseer('install', '--store', `sqlite://${join(elsewhere, 'x.db')}`)).code, 0);
  assert.equal([filesIn(sandbox.folder), filesIn(elsewhere)], [[], ['x.db']]);
});

addresses.test('given an adapter and its config, in a flag or in the environment, then they are read', async () => {
  const text = '{ adapter: sqlite, config: { path: "what? #1.db" } }';
  const sandbox = new CliSandbox();
  assert.is((await sandbox.overseer('install', '--store', text)).code, 0);
  assert.is((await sandbox.with({ OVERSEER_STORE: text }).overseer('graphs')).code, 0);
  assert.equal(filesIn(sandbox.folder), ['what? #1.db']);
});

const refused: Readonly<Record<string, RegExp>> = {
  '': /^the store's address is empty; give sqlite:PATH, esdb:\/\/HOST:PORT or memory:, or an exported FILE\.jsonl$/,
  'sqllite:x.db': /^"sqllite:x\.db" is not a store address; did you mean sqlite:x\.db\?$/,
  'SQLite:x.db': /did you mean sqlite:x\.db\?$/,
  'file:x.db': /did you mean sqlite:x\.db\?$/,
  'overseer.db': /did you mean sqlite:overseer\.db\?$/,
  'esbd://anna:secret@host': /^"esbd:\/\/anna:\*\*\*@host" is not a store address; did you mean esdb:\/\/HOST:PORT\?$/,
  'postgres://anna:secret@host/db': /^"postgres:\/\/anna:\*\*\*@host\/db" is not a store address; give sqlite:PATH/,
  ':memory:': /did you mean memory:\?$/,
  'sqlite::memory:': /for a store in memory give memory:$/,
  'sqlite:file:x.db?mode=memory': /has no setting "mode"/,
  'sqlite:file:x.db': /"file:x\.db" is an address, where the name of a file should be; give sqlite:x\.db$/,
  'sqlite:x.db?syncronous=NORMAL': /has no setting "syncronous"; did you mean synchronous\?/,
  'sqlite:./what?.db': /has no setting "\.db"; .*A file with \? in its name is given as \{ adapter: sqlite, /,
  'sqlite:x.db?synchronous=FULL&synchronous=NORMAL': /gives a setting twice$/,
  'sqlite:x.db?synchronous=NORMAL?x': /^synchronous is "NORMAL\?x"; it is FULL or NORMAL$/,
  'sqlite:x.db ': /begins or ends with a space/,
  'sqlite:x\ny.db': /has a line break/,
  '"sqlite:x.db"': /leave the quotes out$/,
  'memory:jobs': /a store in memory has neither a name nor settings$/,
  'esdb://host?tsl=false': /has no setting "tsl"; did you mean tls\?/,
  'sqlite://': /names no file/,
};
for (const [address, sentence] of Object.entries(refused)) {
  addresses.test(`refused: ${JSON.stringify(address)}`, async () => {
    const thrown = await store(address).catch((error: unknown) => error);
    assert.ok(thrown instanceof LogError && thrown.code === 'store-address', String(thrown));
    assert.match(thrown.message, sentence);
    const sandbox = new CliSandbox();
    const { code, stderr } = await sandbox.overseer('install', '--store', address);
    assert.is(code, 3);
    assert.match(stderr.slice('overseer: '.length, -1), sentence);
    assert.equal(readdirSync(sandbox.folder), []);
  });
}

const refusedConfigs: readonly (readonly [address: unknown, sentence: RegExp])[] = [
  [{ adapter: 'sqllite', config: { path: 'x' } }, /no store adapter "sqllite"; did you mean sqlite\?/],
  [{ adapter: 'sqlite', config: { pth: 'x' } }, /^the adapter sqlite has no setting "pth"; did you mean path\?/],
  [{ adapter: 'sqlite', conifg: { path: 'x' } }, /^store has no setting "conifg"; did you mean config\?/],
  [{ adapter: 'sqlite', config: { path: ':memory:' } }, /for a store in memory give memory:$/],
  [{ adapter: 'memory', config: { path: 'x' } }, /^the adapter memory has no settings/],
  [undefined, /^the store has no address/],
];
for (const [address, sentence] of refusedConfigs) {
  addresses.test(`refused: ${JSON.stringify(address) ?? 'nothing'}`, async () => {
    const thrown = await store(address as string).catch((error: unknown) => error);
    assert.ok(thrown instanceof LogError && thrown.code === 'store-address', String(thrown));
    assert.match(thrown.message, sentence);
  });
}

const torn: Readonly<Record<string, RegExp>> = {
  'store: sqlite:./my #1 jobs.db\n':
    /c\.yml:1: a # after a space begins a comment in YAML: .*; put the address in quotes$/,
  'store:\n  adapter: sqlite\n  config:\n    path: ./my #1 jobs.db\n': /c\.yml:4: a # after a space begins a comment/,
  'store: memory:\n': /c\.yml:1: a colon at the end makes a key in YAML: store: memory:; put the address in quotes$/,
  'store: { adaptor: sqlite }\n': /^c\.yml: store: store has no field "adaptor"; did you mean adapter\?/,
};
for (const [text, sentence] of Object.entries(torn)) {
  addresses.test(`refused in a file: ${JSON.stringify(text)}`, async () => {
    const sandbox = new CliSandbox({ 'c.yml': text });
    const { code, stderr } = await sandbox.overseer('install', '--config', 'c.yml');
    assert.is(code, 2);
    assert.match(stderr.slice('overseer: '.length, -1), sentence);
    assert.equal(filesIn(sandbox.folder), []);
  });
}

addresses.test('given a comment beside an address in a file, then it is a comment', async () => {
  const sandbox = new CliSandbox({ 'overseer.yml': 'store: sqlite:./main.db # the one that counts\n' });
  assert.is((await sandbox.overseer('install')).code, 0);
  assert.equal(filesIn(sandbox.folder), ['main.db']);
});

addresses.test('given other texts that YAML reads as something else, then they are text too', async () => {
  const sandbox = new CliSandbox();
  for (const namespace of ['1', 'true', 'null', '1e3']) {
    const flag = await sandbox.json('doctor', '--store', 'memory:', '--namespace', namespace);
    const variable = await sandbox
      .with({ OVERSEER_NAMESPACE: namespace })
      .overseer('doctor', '--store=memory:', '--json');
    for (const { configuration } of [flag, JSON.parse(variable.stdout)]) {
      assert.is(configuration.namespace.value, namespace);
    }
  }
  const { stderr } = await sandbox.overseer('graphs', '--store', 'memory:', '--namespace', '#x');
  assert.match(stderr, /^overseer: namespace "#x" is not possible/);
  const exported = await sandbox.overseer('graphs', '--store', 'a #1.jsonl');
  assert.match(exported.stderr, /^overseer: the export a #1\.jsonl cannot be read/);
});

addresses.test(
  'given a store in memory by any address, when a run wants more processes, then it is refused',
  async () => {
    const sandbox = new CliSandbox({
      'a.mjs': 'export const graph = { a: [] }; export const handlers = { a: () => 1 };',
    });
    for (const address of ['memory:', 'memory://', '{ adapter: memory }']) {
      const { code, stderr } = await sandbox.overseer('run', 'a.mjs', '--worker-processes', '1', '--store', address);
      assert.equal([code, /a store in memory cannot be shared/.test(stderr)], [2, true], stderr);
    }
  },
);
addresses.run();
