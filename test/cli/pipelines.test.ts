/** Files that export a pipeline: for `submit`, `run` and `worker` they are what exports a graph and handlers. */
import { readHandlers, readWorkFile } from '../../src/cli/input/work-file.js';
import { UsageError } from '../../src/cli/failure.js';
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('files that export a pipeline', { timeoutMs: 60_000 });

/** A schema without a library: args have a shop. */
const nightly = `
import { pipeline } from 'overseer';
const shop = {
  validate: (value) => (typeof value.shop === 'string' ? { value } : { issues: [{ message: 'expected a text', path: ['shop'] }] }),
};
const nightly = pipeline({ args: { '~standard': { version: 1, vendor: 'x', ...shop } } })({ fetch: [], report: ['fetch'] })
  .handle('fetch', () => [1, 2, 3])
  .handle('report', ({ args, inputs }) => args.shop + ': ' + inputs.fetch.length);
`;

const forms: Readonly<Record<string, string>> = {
  'by default': 'export default nightly;',
  'as graph and handlers': 'export const { graph, handlers } = nightly;',
};

async function refused(ask: () => Promise<unknown>): Promise<readonly [code: string, message: string]> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof UsageError) return [error.code, error.message];
    throw error;
  }
  throw new Error('expected a refusal');
}

for (const [form, exported] of Object.entries(forms)) {
  spec.test(`given one ${form}, then there are its graph, whose args are checked, and its handlers`, async () => {
    const sandbox = new CliSandbox({ 'nightly.ts': nightly + exported });
    const file = sandbox.path('nightly.ts');
    const args = { shop: 'Oslo' };
    const graph = await (await readWorkFile(file, args)).graph({ args, id: 'monday', labels: { team: 'x' } });
    assert.equal([graph.id, graph.labels, Object.keys(graph.jobs)], ['monday', { team: 'x' }, ['fetch', 'report']]);
    assert.equal(graph.jobs['report']!.args, args);
    assert.equal(Object.keys((await readHandlers(file)).held), ['fetch', 'report']);
    const wrong = { shop: 3 };
    const [code, message] = await refused(async () => (await readWorkFile(file, wrong)).graph({ args: wrong }));
    assert.is(code, 'graph-invalid');
    assert.match(message, /nightly\.ts: the args do not fit the schema of the pipeline: args\.shop: expected a text$/);
  });
}

spec.test('given one without all handlers, then its graph can be submitted, and no worker started', async () => {
  const text = `import { pipeline } from 'overseer'; export default pipeline()({ fetch: [], report: ['fetch'] }).handle('fetch', () => 1);`;
  const sandbox = new CliSandbox({ 'nightly.ts': text });
  const graph = await (await readWorkFile(sandbox.path('nightly.ts'))).graph({});
  assert.equal(Object.keys(graph.jobs), ['fetch', 'report']);
  const [code, message] = await refused(() => readHandlers(sandbox.path('nightly.ts')));
  assert.is(code, 'handlers-missing');
  assert.match(message, /nightly\.ts: there is no handler for "report"$/);
});

spec.test('given one under a name of its own, then the sentence says how to export it', async () => {
  const sandbox = new CliSandbox({ 'nightly.ts': nightly.replace('const nightly', 'export const nightly') });
  const [code, message] = await refused(async () => (await readWorkFile(sandbox.path('nightly.ts'))).graph({}));
  assert.is(code, 'graph-missing');
  assert.match(message, /; its export nightly is a pipeline: export it by default$/);
  assert.match(
    (await refused(() => readHandlers(sandbox.path('nightly.ts'))))[1],
    /is a pipeline: export it by default$/,
  );
});

spec.test(
  'given one by default, when it is run from the command line, then it runs, and wrong args store nothing',
  async () => {
    const sandbox = new CliSandbox({ 'nightly.ts': nightly + forms['by default'] });
    const wrong = await sandbox.answer('submit', 'nightly.ts', '--args', '{"shop": 3}');
    assert.is(wrong.code, 2);
    assert.match(wrong.stderr, /args\.shop: expected a text/);
    const ran = await sandbox.answer('run', 'nightly.ts', '--args', '{"shop": "Oslo"}', '--id', 'monday');
    assert.is(ran.code, 0, ran.stderr);
    const { jobs } = await sandbox.jsonAnswer<{ jobs: Record<string, { result: unknown }> }>('show', 'monday');
    assert.is(jobs['report']!.result, 'Oslo: 3');
    const { items } = await sandbox.json<{ items: unknown[] }>('graphs');
    assert.is(items.length, 1);
  },
);

spec.run();
