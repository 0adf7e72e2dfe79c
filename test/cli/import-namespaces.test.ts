// takes: 10s
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const imports = describe('where an import comes from and goes to', { timeoutMs: 60_000 });

const files = { 'a.mjs': 'export const graph = { a: [] }; export const handlers = { a: () => 1 };' };

/** A store with a graph in each of some namespaces, and an empty one. */
async function stores(...namespaces: readonly string[]): Promise<CliSandbox> {
  const sandbox = new CliSandbox(files);
  await sandbox.overseer('install', '--store', 'sqlite:source.db');
  await sandbox.overseer('install', '--store', 'sqlite:target.db');
  for (const namespace of namespaces) {
    await sandbox.overseer(
      'run',
      'a.mjs',
      '--id',
      `g-${namespace}`,
      '--store',
      'sqlite:source.db',
      '--namespace',
      namespace,
    );
  }
  return sandbox;
}

const into = (sandbox: CliSandbox, source: string, ...words: readonly string[]) =>
  sandbox.overseer('import', source, '--store', 'sqlite:target.db', ...words);

async function graphsOf(sandbox: CliSandbox, namespace: string): Promise<readonly string[]> {
  const words = ['graphs', '--store', 'sqlite:target.db', '--namespace', namespace];
  const { items } = await sandbox.json<{ items: readonly { id: string }[] }>(...words);
  return items.map(({ id }) => id);
}

imports.test('given a store of one namespace, when it is imported into another, then its events go there', async () => {
  const sandbox = await stores('red');
  const { code, stdout } = await into(sandbox, 'sqlite:source.db', '--namespace', 'blue');
  assert.equal(
    [code, stdout],
    [0, 'imported 3 events of 1 graph from sqlite:source.db, namespace red, into namespace blue\n'],
  );
  assert.equal([await graphsOf(sandbox, 'blue'), await graphsOf(sandbox, 'red')], [['g-red'], []]);
});

imports.test('given an export, when it is imported with a namespace, then its events go there', async () => {
  const sandbox = await stores('red');
  await sandbox.overseer('export', '--all', '-o', 'red.jsonl', '--store', 'sqlite:source.db', '--namespace', 'red');
  const { stdout } = await into(sandbox, 'red.jsonl', '--namespace', 'blue');
  assert.is(stdout, 'imported 3 events of 1 graph from red.jsonl, namespace red, into namespace blue\n');
  assert.equal(await graphsOf(sandbox, 'blue'), ['g-red']);
  const wrong = await into(sandbox, 'red.jsonl', '--from-namespace', 'rde');
  assert.equal([wrong.code, wrong.stdout], [2, '']);
  assert.match(
    wrong.stderr,
    /^overseer: red\.jsonl holds nothing of namespace "rde"; did you mean red\? There is red; name /,
  );
});

imports.test('given several namespaces, then the one of the same name is taken, or the one that is named', async () => {
  const sandbox = await stores('red', 'green');
  assert.match(
    (await into(sandbox, 'sqlite:source.db', '--namespace', 'red')).stdout,
    /^imported 3 events .*source\.db\n$/,
  );
  assert.equal(await graphsOf(sandbox, 'red'), ['g-red']);
  const named = await into(sandbox, 'sqlite:source.db', '--namespace', 'blue', '--from-namespace', 'green');
  assert.match(named.stdout, /, namespace green, into namespace blue\n$/);
  assert.equal(await graphsOf(sandbox, 'blue'), ['g-green']);
});

imports.test(
  'given a choice, or nothing, then it is an error that says what there is, and nothing is imported',
  async () => {
    const sandbox = await stores('red', 'green');
    const cases: readonly (readonly [words: readonly string[], sentence: RegExp])[] = [
      [
        [],
        /sqlite:source\.db holds nothing of namespace "overseer"; there are green, red; name the one to import with --from-namespace/,
      ],
      [['--from-namespace', 'gren'], /holds nothing of namespace "gren"; did you mean green\? There are green, red/],
    ];
    for (const [words, sentence] of cases) {
      const { code, stdout, stderr } = await into(sandbox, 'sqlite:source.db', ...words);
      assert.equal([code, stdout], [2, '']);
      assert.match(stderr, sentence);
    }
    const empty = await into(await stores(), 'sqlite:source.db');
    assert.equal([empty.code, empty.stdout], [2, '']);
    assert.match(empty.stderr, /holds nothing of namespace "overseer"; name the one/);
    assert.equal(await graphsOf(sandbox, 'overseer'), []);
  },
);

imports.test('given an export without events, then it is said that nothing was imported', async () => {
  const sandbox = await stores();
  await sandbox.overseer('export', '--all', '-o', 'none.jsonl', '--store', 'sqlite:source.db');
  const { code, stdout } = await into(sandbox, 'none.jsonl');
  assert.equal([code, stdout], [0, 'none.jsonl holds no events; nothing was imported\n']);
});
imports.run();
