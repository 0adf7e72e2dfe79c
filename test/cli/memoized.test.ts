/** Memoised jobs as they are seen on the command line. */
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('memoised jobs on the command line', { timeoutMs: 60_000 });

const file = `
let n = 0;
export const graph = {
  jobs: {
    fetch: { type: 'fetch', memoize: { key: 'prices v1', maxAgeMs: 3600000 } },
    use: { type: 'use', after: ['fetch'] },
  },
};
export const handlers = { fetch: () => process.pid, use: ({ inputs }) => inputs.fetch };
`;

spec.test('what is remembered is given, and every command says where it comes from', async () => {
  const box = new CliSandbox({ 'work.ts': file });
  const first = await box.overseer('run', 'work.ts', '--id', 'monday');
  assert.is(first.code, 0, first.stderr);
  const second = await box.overseer('run', 'work.ts', '--id', 'tuesday');
  assert.match(second.stdout, /finished {2}fetch {2}remembered from monday\/fetch, which finished at \d{4}-.*\n/);
  const show = await box.overseer('show', 'tuesday');
  assert.match(show.stdout, /fetch +fetch +finished +1 +\d+ ms +remembered from monday\/fetch, which finished at /);
  const job = await box.overseer('show', 'tuesday/fetch');
  assert.match(job.stdout, /^memoized +under prices v1, for 1 h$/m);
  assert.match(job.stdout, /^remembered +from monday\/fetch, where attempt 1 finished it at \d{4}-/m);
  assert.match((await box.overseer('show', 'monday/fetch')).stdout, /^memoized +under prices v1, for 1 h$/m);
  const explained = await box.overseer('explain', 'tuesday/fetch');
  assert.match(
    explained.stdout,
    /its result was remembered from monday\/fetch, .* so no handler ran; there is nothing/,
  );
  const history = await box.overseer('history', 'tuesday');
  assert.match(history.stdout, /JobFinished .* attempt 1, remembered from monday\/fetch, which finished at .*: \d+$/m);
  const log = await box.overseer('log', '--type', 'ResultMemoized');
  assert.match(log.stdout, /ResultMemoized {2}memo\/prices v1 {2}the result of monday\/fetch, attempt 1$/m);
  assert.match((await box.overseer('timeline', 'tuesday')).stdout, /fetch .* remembered$/m);
  const info = await box.json<{ jobs: Record<string, { memoizedFrom: object }> }>('show', 'tuesday');
  assert.equal(Object.keys(info.jobs['fetch']!.memoizedFrom).sort(), [
    'attempt',
    'eventId',
    'finishedAt',
    'graphId',
    'jobId',
  ]);
  const replay = await box.overseer('replay', 'tuesday/fetch', 'work.ts');
  assert.is(replay.code, 2);
  assert.match(
    replay.stderr,
    /attempt 1 of job "fetch" of graph tuesday ran no handler: .* of monday\/fetch; name that/,
  );
  assert.is((await box.overseer('verify')).code, 0);
});

spec.test('a key may stand in YAML, and what is wrong with it is said', async () => {
  const yaml = (memoize: string) => `jobs:\n  a: { type: fetch, memoize: ${memoize} }\n`;
  const box = new CliSandbox({
    'good.yaml': yaml('{ key: k, maxAgeMs: 1000 }'),
    'bad.yaml': yaml('{ key: k, maxAgems: 1000 }'),
    'empty.yaml': yaml('{ key: "" }'),
  });
  assert.is((await box.overseer('submit', 'good.yaml', '--id', 'g')).code, 0);
  const shown = await box.json<{ memoize: object }>('show', 'g/a');
  assert.equal(shown.memoize, { key: 'k', maxAgeMs: 1000 });
  const bad = await box.overseer('submit', 'bad.yaml');
  assert.is(bad.code, 2);
  assert.match(bad.stderr, /bad\.yaml: job "a": memoize: memoize has no field "maxAgems"; did you mean maxAgeMs\?/);
  assert.match((await box.overseer('submit', 'empty.yaml')).stderr, /memoize\.key of job "a" is empty/);
  assert.equal((await box.json<{ items: unknown[] }>('graphs')).items.length, 1);
});

spec.run();
