import { assert, describe } from '../support/spec.js';
import { failingFile, CliSandbox } from './cli-sandbox.js';

const spec = describe('forking from the command line', { timeoutMs: 60_000 });

let sandbox: CliSandbox;

spec.before(async () => {
  sandbox = new CliSandbox({ 'graph.ts': failingFile });
  assert.is((await sandbox.overseer('run', 'graph.ts', '--id', 'g', '--label', 'team=x')).code, 1);
});

spec.test('a dry run shows what would run and why, and stores nothing', async () => {
  const shown = await sandbox.overseer('fork', 'g', '--failed', '--dry-run');
  assert.is(shown.stderr, '');
  assert.is(
    shown.stdout,
    [
      'JOB     TYPE    IN THE FORK   BECAUSE',
      'middle  middle  runs          it failed',
      'last    last    runs          a job it depends on failed',
      'first   first   carried over  attempt 1 finished it',
      'aside   aside   carried over  attempt 1 finished it',
      '',
      'a fork of g as of @7 would run 2 jobs and carry over 2; nothing was stored',
      '',
    ].join('\n'),
  );
  const told = await sandbox.json<{ graphId: null; stored: boolean; runs: object[]; carried: { result: unknown }[] }>(
    ...['fork', 'g', '--from', 'first', '--dry-run'],
  );
  assert.equal([told.graphId, told.stored], [null, false]);
  assert.equal(told.runs, [
    { id: 'first', type: 'first', reason: 'chosen', below: null },
    { id: 'middle', type: 'middle', reason: 'below-chosen', below: 'first' },
    { id: 'last', type: 'last', reason: 'below-chosen', below: 'first' },
  ]);
  assert.equal(
    told.carried.map(({ result }) => result),
    [3],
  );
  assert.is((await sandbox.json<{ items: unknown[] }>('graphs')).items.length, 1);
});

spec.test('a fork is stored once under an id of its own, and shown with where it comes from', async () => {
  const fork = ['fork', 'g', '--from', 'aside', 'middle', '--id', 'g2', '--label', 'run=2', '--priority', '7'];
  const first = await sandbox.overseer(...fork);
  assert.equal([first.code, first.stdout, first.stderr], [0, 'g2\n', '3 jobs will run, 1 carried over\n']);
  const second = await sandbox.overseer(...fork);
  assert.equal([second.code, second.stderr], [0, 'this fork exists already; nothing was changed\n']);
  const shown = await sandbox.overseer('show', 'g2');
  assert.match(shown.stdout, /^fork of +g @7$/m);
  assert.match(shown.stdout, /^labels +team=x run=2$/m);
  assert.match(shown.stdout, /^first +first +finished +- +- +from g: 1$/m);
  assert.match(
    (await sandbox.overseer('show', 'g2/first')).stdout,
    /^carried over +from g, where attempt 1 finished it at /m,
  );
  assert.match(
    (await sandbox.overseer('explain', 'g2/first')).stdout,
    /its result was carried over from graph g, where attempt 1 finished it at .*; there is nothing to wait for/,
  );
  assert.match(
    (await sandbox.overseer('history', 'g2')).stdout,
    /GraphSubmitted +4 jobs, fork of g, 1 carried over, prio/,
  );
  assert.match((await sandbox.overseer('verify')).stdout, /^the log is sound/);
});

spec.test('what is wrong is told in one sentence, and nothing is stored', async () => {
  const before = (await sandbox.json<{ items: unknown[] }>('graphs')).items.length;
  const wrong: readonly (readonly [words: string[], code: number, sentence: RegExp])[] = [
    [['g'], 2, /^overseer: say what to run again: --from JOB, --failed, or other --args$/],
    [['g', '--from', 'nope'], 2, /^overseer: graph g has no job "nope"$/],
    [['g/first', '--failed'], 2, /^overseer: a graph is forked, not a job: overseer fork g --from first$/],
    [['h', '--failed'], 2, /^overseer: there is no graph "h"$/],
    [
      ['g', '--from', 'last', '--id', 'g'],
      2,
      /^overseer: another graph is stored under the id "g"; nothing was changed$/,
    ],
    [['g', '--failed', '--at', '#2'], 1, /^overseer: nothing in graph g has failed or was aborted \(it is running\)/],
    [['g', '--failed', '--priority', 'x'], 2, /^overseer: --priority "x" is not possible; give a whole number$/],
    [['g', '--from'], 2, /^overseer: option '--from <job...>' argument missing$/],
  ];
  for (const [words, code, sentence] of wrong) {
    const ended = await sandbox.overseer('fork', ...words);
    assert.match(ended.stderr.trimEnd(), sentence);
    assert.equal([ended.code, ended.stdout], [code, '']);
  }
  assert.is((await sandbox.json<{ items: unknown[] }>('graphs')).items.length, before);
});

spec.run();
