// takes: 17s
import { assert, describe } from '../support/spec.js';
import { CliSandbox } from './cli-sandbox.js';

const odd = describe('job types that are names of JavaScript', { timeoutMs: 60_000 });

const types = [
  'first',
  'then',
  'catch',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'prototype',
  'default',
];
const graph = `{ first: [], ${types
  .slice(1)
  .map((type, index) => `${type}: ['${types[index]}']`)
  .join(', ')} }`;
const handlers = `{ first: () => 1, ${types
  .slice(1)
  .map((type, index) => `${type}: ({ inputs }) => inputs.${types[index]} + 1`)
  .join(', ')} }`;

/** Every form in which a file may give its handlers, with the same graph. */
const files: Readonly<Record<string, string>> = {
  'named.mjs': `export const graph = ${graph}; export const handlers = ${handlers};`,
  'named.ts': `export const graph = ${graph}; export const handlers: Record<string, any> = ${handlers.replaceAll('({ inputs })', '({ inputs }: any)')};`,
  'default.mjs': `export default { graph: ${graph}, handlers: ${handlers} };`,
  'called.mjs': `export default () => ({ graph: ${graph}, handlers: ${handlers} });`,
  'promised.mjs': `export default Promise.resolve({ graph: ${graph}, handlers: ${handlers} });`,
  'called-graph.mjs': `export const graph = () => (${graph}); export const handlers = ${handlers};`,
  'named.cjs': `module.exports = { graph: ${graph}, handlers: ${handlers} };`,
};
for (const [file, text] of Object.entries(files)) {
  odd.test(`given ${file}, when run, then every job is run by its own handler`, async () => {
    const sandbox = new CliSandbox({ [file]: text });
    const { code, stdout, stderr } = await sandbox.overseer('run', file, '--id', 'g', '--json');
    assert.is(code, 0, stderr);
    const { jobs } = JSON.parse(stdout) as { jobs: Record<string, { result: unknown }> };
    types.forEach((type, index) => assert.is(jobs[type]!.result, index + 1, type));
    assert.equal((await sandbox.overseer('replay', 'g/then', file)).stderr, '');
  });
}

/** Files whose export is the handlers themselves. */
const handlerFiles: Readonly<Record<string, string>> = {
  'handlers.mjs': `export default ${handlers};`,
  'handlers.ts': `export default ${handlers.replaceAll('({ inputs })', '({ inputs }: any)')} as Record<string, unknown>;`,
  'handlers.cjs': `module.exports = ${handlers};`,
  'called.mjs': `export default () => (${handlers});`,
  'requiring.cjs': `require('overseer'); module.exports = { first: () => 1, then: ({ inputs }) => inputs.first + 1 };`,
  'listed.cjs': `const first = () => 1; const then = ({ inputs }) => inputs.first + 1; module.exports = { first, then };`,
};
for (const [file, text] of Object.entries(handlerFiles)) {
  odd.test(`given handlers alone in ${file}, then they are taken from there`, async () => {
    const sandbox = new CliSandbox({ [file]: text, 'graph.yaml': '{ first: [], then: [first] }\n' });
    const { code, stdout, stderr } = await sandbox.overseer(
      'run',
      'graph.yaml',
      '--handlers',
      file,
      '--id',
      'g',
      '--json',
    );
    assert.is(code, 0, stderr);
    assert.is(JSON.parse(stdout).jobs.then.result, 2);
    const replayed = await sandbox.json('replay', 'g/then', file);
    assert.is(replayed.verdict, 'same');
  });
}

odd.test(
  'given a job named like something that every object inherits, when it is not there, then it is not found',
  async () => {
    const sandbox = new CliSandbox({
      'a.mjs': 'export const graph = { a: [] }; export const handlers = { a: () => 1 };',
    });
    await sandbox.overseer('run', 'a.mjs', '--id', 'g');
    for (const jobId of ['constructor', 'toString', '__proto__', 'then']) {
      const calls = [
        ['show', `g/${jobId}`],
        ['explain', `g/${jobId}`],
        ['replay', `g/${jobId}`, 'a.mjs'],
        ['fork', 'g', '--from', jobId],
      ];
      for (const words of calls) {
        const { code, stderr } = await sandbox.overseer(...words);
        assert.equal([code, stderr], [2, `overseer: graph g has no job "${jobId}"\n`], words.join(' '));
      }
    }
    const missing = await sandbox.reading('w constructor\nq\n', 'step', 'g');
    assert.match(missing.stdout, /graph g has no job "constructor"/);
    for (const graphId of ['constructor', '__proto__']) {
      assert.match((await sandbox.overseer('show', graphId)).stderr, /^overseer: there is no graph /);
    }
  },
);

odd.test('given a type named like something inherited, when it has no handler, then that is said', async () => {
  const sandbox = new CliSandbox({
    'a.mjs': 'export const graph = { toString: [] }; export const handlers = { a: () => 1 };',
  });
  const { code, stderr } = await sandbox.overseer('run', 'a.mjs');
  assert.equal([code, stderr], [2, 'overseer: a.mjs: there is no handler for "toString"\n']);
});
odd.run();
