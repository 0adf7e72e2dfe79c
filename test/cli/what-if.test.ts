import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const spec = describe('what-if on the command line', { timeoutMs: 60_000 });

const file = `
import { fault } from 'overseer';
const retry = { maximumAttempts: 3, initialIntervalMs: 1 };
export const graph = { jobs: { a: { type: 'a', retry }, b: { type: 'b', after: ['a'] } } };
export const handlers = {
  a: ({ attempt }) => (attempt < 3 ? fault('not yet') : 1),
  b: () => { throw new RangeError('too far'); },
};
`;
const projections = `
export const projection = { name: 'all', initial: { faults: 0 }, evolve: (s, e) => (e.type === 'JobFaulted' ? { faults: s.faults + 1 } : s) };
export const instead = { ...projection, evolve: (s, e) => (e.type === 'JobFaulted' && e.data.cause === 'fault' ? { faults: s.faults + 1 } : s) };
`;

let sandbox: CliSandbox;

spec.before(async () => {
  sandbox = new CliSandbox({
    'graph.ts': file,
    'projections.ts': projections,
    'both.ts': `${projections}\nexport const retry = ({ type }) => (type === 'a' ? { maximumAttempts: 2 } : undefined);`,
    'half.ts': `export const projection = { name: 'x', initial: 0, evolve: (s) => s };`,
    'wrong.ts': `export const retry = 5;`,
  });
  assert.is((await sandbox.overseer('run', 'graph.ts', '--id', 'g')).code, 1);
});

spec.test('another policy: how it was, how it would have been, and why', async () => {
  const { code, stdout } = await sandbox.answer('what-if', 'g', '--retry', '{"maximumAttempts": 2}');
  assert.is(code, 0);
  assert.is(
    stdout,
    [
      'graph g',
      '          STATUS  JOBS                  ATTEMPTS',
      'recorded  failed  1 finished, 1 failed  4',
      'supposed  failed  1 blocked, 1 failed   2',
      '',
      'JOB  RECORDED  SUPPOSED  BECAUSE',
      'a    finished  failed    attempt 2 (fault: not yet) would have been the last; 1 attempt not made',
      'b    failed    blocked   it depends on a; 1 attempt not made',
      '',
    ].join('\n'),
  );
  const more = await sandbox.answer('what-if', 'g', '--retry', '{"maximumAttempts": 5}');
  assert.match(more.stdout, /^supposed +unknown +1 finished, 1 unknown +4$/m);
  assert.match(more.stdout, /^b +failed +unknown +attempt 1 \(RangeError: too far\) would have been tried again$/m);
  const same = await sandbox.answer('what-if', 'g', '--retry', '{"maximumAttempts": 3}', '--at', '#7');
  assert.match(same.stdout, /\nnothing would have been different\n$/);
});

spec.test('another projection, and both from a module', async () => {
  const { stdout } = await sandbox.answer('what-if', 'g', '--module', 'projections.ts');
  assert.is(stdout, 'the projections give different states:\n  /faults: 3 → 2\n');
  const told = await sandbox.jsonAnswer('what-if', 'g', '--module', 'both.ts');
  assert.equal([told.graphId, told.retry.supposed.attempts, told.projection.differences.length], ['g', 2, 1]);
});

spec.test('what is wrong is told in one sentence', async () => {
  const wrong: readonly (readonly [words: string[], sentence: RegExp])[] = [
    [['g'], /^overseer: say what to suppose: --retry '\{"maximumAttempts": 5\}' or --module FILE$/],
    [['g', '--retry', 'x'], /^overseer: --retry is not JSON: .*; give a JSON object, such as --retry /],
    [['g', '--retry', '[]'], /^overseer: --retry is JSON but not an object; give a JSON object/],
    [
      ['g', '--retry', '{"tries":1}'],
      /^overseer: this is not a retry policy: retry policy has no field "tries"; there are maximumAtt/,
    ],
    [['h', '--retry', '{}'], /^overseer: there is no graph "h"$/],
    [
      ['g/a', '--retry', '{}'],
      /^overseer: g\/a names a job; give its graph, since what happens to a job affects those that depend on it$/,
    ],
    [
      ['g', '--module', 'half.ts'],
      /^overseer: half.ts exports nothing to suppose; export `retry`, or `projection` and `instead`, or all three$/,
    ],
    [['g', '--module', 'wrong.ts'], /^overseer: wrong.ts: its `retry` is neither a policy nor a function$/],
    [['g', '--module', 'nope.ts'], /^overseer: there is no file nope.ts$/],
  ];
  for (const [words, sentence] of wrong) {
    const ended = await sandbox.answer('what-if', ...words);
    assert.match(ended.stderr.trimEnd(), sentence);
    assert.equal([ended.code, ended.stdout], [2, '']);
  }
});

spec.run();
