import { assert, describe } from '../support/spec.js';
import { jsonLines, pagesFile, CliSandbox } from './cli-sandbox.js';

const spec = describe('projections on the command line', { timeoutMs: 60_000 });

const finishedFile = `
import { defineProjection } from 'overseer';
console.log('loading');
export default defineProjection({
  name: 'finished',
  initial: { jobs: [] as string[] },
  recipe: (draft, event) => {
    if (event.type === 'JobFinished') draft.jobs.push(event.jobId!);
  },
});
`;

let sandbox: CliSandbox;

spec.before(async () => {
  sandbox = new CliSandbox({
    'pages.ts': pagesFile,
    'finished.ts': finishedFile,
    'plain.mjs': `export const projection = { name: 'plain', initial: 'none', evolve: (_, event) => event.type };`,
    'none.ts': 'export const x = 1;',
    'wrong.ts': `export default { name: 'wrong', initial: 0 };`,
    'throws.ts': `export default { name: 'throws', initial: 0, evolve: () => { throw new RangeError('too far'); } };`,
    'data.json': '{}',
  });
  assert.is((await sandbox.overseer('run', 'pages.ts', '--id', 'g')).code, 0);
});

spec.test('the state now, and as of a moment', async () => {
  const now = await sandbox.jsonAnswer('project', 'finished.ts');
  assert.equal([now.name, now.version, now.state.jobs.length], ['finished', 1, 4]);
  const events = jsonLines<{ type: string; position: string }>((await sandbox.answer('log', '--json')).stdout);
  const first = events.find(({ type }) => type === 'JobFinished')!;
  assert.equal((await sandbox.jsonAnswer('project', 'finished.ts', '--at', `@${first.position}`)).state, {
    jobs: ['start'],
  });
  assert.equal((await sandbox.jsonAnswer('project', 'finished.ts')).position, events.at(-1)!.position);
  const text = await sandbox.answer('project', 'plain.mjs', '--rebuild');
  assert.equal([text.code, text.stdout], [0, 'JobFinished\n']);
  assert.match(text.stderr, /^projection plain as of @\d+\n$/);
});

spec.test('it follows what happens until it is interrupted', async () => {
  const following = sandbox.begin('project', 'finished.ts', '--follow', '--json');
  await following.says(/"report"/);
  assert.is((await sandbox.overseer('run', 'pages.ts', '--id', 'h')).code, 0);
  await following.says(/"report".*"report"/);
  following.signal('SIGINT');
  const { code, stdout } = await following.ended;
  assert.is(code, 0);
  const states = jsonLines<{ state: { jobs: string[] } }>(stdout).map(({ state }) => state.jobs.length);
  assert.equal([states[0], states.at(-1)], [4, 8]);
});

spec.test('what is wrong is told in one sentence', async () => {
  const wrong: readonly (readonly [words: string[], sentence: RegExp])[] = [
    [['nope.ts'], /^overseer: there is no file nope.ts$/],
    [['data.json'], /^overseer: data.json is not a program; a projection is exported by one of \.ts /],
    [
      ['none.ts'],
      /^overseer: none.ts exports no projection; export what defineProjection\(…\) returned by default, or as/,
    ],
    [
      ['wrong.ts'],
      /^overseer: projection "wrong" has no function; give recipe\(draft, event\) or evolve\(state, event\)$/,
    ],
    [
      ['throws.ts'],
      /^overseer: projection "throws" threw on the GraphSubmitted at @1 \(graph g\): RangeError: too far$/,
    ],
    [['plain.mjs', '--at', '#1'], /^overseer: #1 names an event of one graph/],
    [['plain.mjs', '--at', '@1', '--rebuild'], /^overseer: --at shows a past state; leave --rebuild out$/],
  ];
  for (const [words, sentence] of wrong) {
    const ended = await sandbox.answer('project', ...words);
    assert.match(ended.stderr.trimEnd(), sentence);
    assert.equal([ended.code, ended.stdout], [2, '']);
  }
});

spec.run();
