import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readHandlers, readWorkFile } from '../../src/cli/input/work-file.js';
import type { GraphOverrides } from '../../src/cli/input/graph-form.js';
import { jobGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';
import { CliSandbox } from './cli-sandbox.js';

async function graphOf(name: string, text: string, overrides: GraphOverrides = {}) {
  const sandbox = new CliSandbox({ [name]: text });
  return await (await readWorkFile(sandbox.path(name), overrides.args)).graph(overrides);
}

/** Ids of the jobs, each with its parents. */
async function edgesOf(name: string, text: string): Promise<Record<string, readonly string[]>> {
  const { jobs } = await graphOf(name, text);
  return Object.fromEntries(Object.values(jobs).map((job) => [job.id, job.parents]));
}

const edges = { a: [], b: ['a'] };

const forms = describe('forms of a graph in a file', { timeoutMs: 20_000 });

const programs: Readonly<Record<string, readonly [name: string, text: string]>> = {
  'a named export': ['g.ts', `export const graph: Record<string, string[]> = { a: [], b: ['a'] };`],
  'what jobGraph returned': [
    'g.ts',
    `import { jobGraph } from 'overseer'; export const graph = jobGraph({ a: [], b: ['a'] });`,
  ],
  'the default export': ['g.mjs', `export default { a: null, b: new Set(['a']) };`],
  'an object of exports by default': ['g.js', `export default { graph: { a: [], b: ['a'] }, handlers: {} };`],
  'jobs in full by default, with handlers': [
    'g.mjs',
    `export default { jobs: { a: { type: 'x' }, b: { type: 'x', after: ['a'] } }, handlers: {} };`,
  ],
  'a function by default': ['g.ts', `export default async () => ({ graph: { a: [], b: ['a'] } });`],
  'a function called graph': ['g.mts', `export function graph() { return { a: [], b: ['a'] }; }`],
  CommonJS: ['g.cjs', `module.exports = { graph: { a: [], b: ['a'] } };`],
  'a bare map in YAML': ['g.yaml', 'a:\nb: [a]\n'],
  'a map with options in YAML': ['g.yml', 'graph: { a: [], b: [a] }\nlabels: { x: y }\n'],
  'jobs in full in YAML': ['g.yaml', 'jobs:\n  a: { type: x }\n  b: { type: x, after: [a] }\n'],
  'a bare map in JSON': ['g.json', '{"a": [], "b": ["a"]}'],
  'what jobGraph returned, in JSON': ['g.json', JSON.stringify(jobGraph({ a: [], b: ['a'] }))],
};
for (const [what, [name, text]] of Object.entries(programs)) {
  forms.test(`${what} (${name})`, async () => assert.equal(await edgesOf(name, text), edges));
}

forms.test('types may have the names of exports and options', async () => {
  const text = 'graph: []\nhandlers: [graph]\njobs: [handlers]\nargs: [jobs]\n';
  assert.equal(await edgesOf('g.yaml', text), { graph: [], handlers: ['graph'], jobs: ['handlers'], args: ['jobs'] });
});

forms.test('a file may import others beside it', async () => {
  const sandbox = new CliSandbox({
    'lib/names.ts': `export enum Name { A = 'a' }`,
    'g.ts': `import { Name } from './lib/names.ts'; export const graph = { [Name.A]: [], b: [Name.A] };`,
  });
  const { jobs } = await (await readWorkFile(sandbox.path('g.ts'))).graph({});
  assert.equal(Object.keys(jobs), ['a', 'b']);
});

forms.test('options stand in the file; flags are put over them', async () => {
  const text = `
graph: { a: [], b: [a] }
id: from-file
priority: 4
args: { org: 1, deep: { x: 1 } }
labels: { team: a, env: b }
retry: { maximumAttempts: 3 }
`;
  const asWritten = await graphOf('g.yaml', text);
  assert.is(asWritten.id, 'from-file');
  assert.is(asWritten.priority, 4);
  assert.equal(asWritten.jobs['b']!.args, { org: 1, deep: { x: 1 } });
  assert.equal(asWritten.jobs['b']!.retry, { maximumAttempts: 3 });
  const over = { id: 'own', priority: 0, args: { org: 2 }, labels: { team: 'c' } };
  const overridden = await graphOf('g.yaml', text, over);
  assert.is(overridden.id, 'own');
  assert.is(overridden.priority, 0);
  assert.equal(overridden.jobs['a']!.args, { org: 2, deep: { x: 1 } });
  assert.equal(overridden.labels, { team: 'c', env: 'b' });
});

forms.test("a job's own args and retry policy win over the graph's", async () => {
  const text = `{ "jobs": { "a": { "type": "x", "args": { "org": 9 }, "retry": { "jitter": 0 } }, "b": { "type": "x" } },
    "args": { "org": 1 }, "retry": { "jitter": 1 } }`;
  const { jobs } = await graphOf('g.json', text, { args: { org: 2 } });
  assert.equal([jobs['a']!.args, jobs['b']!.args], [{ org: 9 }, { org: 2 }]);
  assert.equal([jobs['a']!.retry, jobs['b']!.retry], [{ jitter: 0 }, { jitter: 1 }]);
});

forms.test('a function is given the args and decides what becomes of them', async () => {
  const text = `export const graph = ({ pages = 1 }) => ({
    jobs: Object.fromEntries(Array.from({ length: pages }, (_, n) => ['page-' + n, { type: 'page', args: { n } }])) });`;
  const { jobs } = await graphOf('g.mjs', text, { args: { pages: 2 } });
  assert.equal([jobs['page-0']!.args, jobs['page-1']!.args], [{ n: 0 }, { n: 1 }]);
});

forms.test('args go into the jobs of a graph that is built already', async () => {
  const text = `import { jobGraph } from 'overseer'; export const graph = jobGraph({ a: [] }, { x: 1, y: 1 });`;
  const { jobs } = await graphOf('g.ts', text, { args: { y: 2 } });
  assert.equal(jobs['a']!.args, { x: 1, y: 2 });
});
forms.run();

const handlers = describe('handlers in a file', { timeoutMs: 20_000 });

async function handlersOf(name: string, text: string): Promise<readonly string[]> {
  const sandbox = new CliSandbox({ [name]: text });
  return Object.keys((await readHandlers(sandbox.path(name))).held);
}

handlers.test('by name, beside a graph, or alone by default', async () => {
  assert.equal(await handlersOf('h.ts', `export const handlers = { a: () => 1 };`), ['a']);
  assert.equal(await handlersOf('h.mjs', `export default { graph: { a: [] }, handlers: { a: { process() {} } } };`), [
    'a',
  ]);
  assert.equal(await handlersOf('h.mjs', `export default { a: () => 1, b: { process: () => 2 } };`), ['a', 'b']);
  assert.equal(await handlersOf('h.cjs', `exports.handlers = { a() {} };`), ['a']);
});
handlers.run();

const wrong = describe('files that are wrong', { timeoutMs: 20_000 });

/** Name and text of a file, and the expected sentence, in which FILE is its name as shown. */
const wrongFiles: readonly (readonly [name: string, text: string, sentence: RegExp])[] = [
  ['flow.yaml', 'jobs:\n  a: { type: x\n  b: [\n', /^FILE:3:3: Flow map/],
  ['twice.yaml', 'a: []\na: []\n', /^FILE:2:1: the key "a" is given twice in one mapping$/],
  ['tabs.yml', 'jobs:\n\ta: x\n', /^FILE:2:1: Tabs are not allowed/],
  ['many.yaml', 'a: []\n---\nb: []\n', /^FILE:2:1: it holds several documents; give one$/],
  ['alias.yaml', 'a: *nobody\n', /^FILE:1:4: Unresolved alias/],
  ['comma.json', '{\n  "a": [],\n}', /^FILE:3:1: "\}" cannot stand here; a name in double quotes is expected$/],
  ['bare.json', '{"a": [x]}', /^FILE:1:8: "x" cannot stand here; a value is expected$/],
  ['list.json', '[1,]', /^FILE:1:4: "\]" cannot stand here; a value is expected$/],
  ['short.json', '{\n  "a": [],\n  "b": ["a"', /^FILE:3:12: it ends too early$/],
  ['empty.json', '', /^FILE:1:1: it ends too early$/],
  ['empty.yaml', '', /^FILE: it holds no graph/],
  ['text.yaml', 'just text', /^FILE: it holds no graph/],
  ['cycle.yaml', 'a: [b]\nb: [c]\nc: [a]\n', /^FILE: the jobs depend on each other in a cycle: "a" → "b" → "c" → "a"$/],
  ['parent.yaml', 'a: [b]\n', /^FILE: job "a" depends on "b", which is not a job of this graph$/],
  ['string.yaml', 'a:\nb: a\n', /^FILE: the parents of type "b" must be a list/],
  ['field.yaml', 'jobs: { a: { type: x, aftr: [] } }', /^FILE: job "a" has no field "aftr"; did you mean after\?/],
  [
    'option.yaml',
    'jobs: { a: { type: x } }\nlables: {}\n',
    /^FILE: a graph has no option "lables"; did you mean labels\? There are args, /,
  ],
  ['type.yaml', 'jobs: { a: { after: [] } }', /^FILE: job "a": type: expected string, got nothing$/],
  ['label.yaml', 'graph: { a: [] }\nlabels: { version: 3 }\n', /^FILE: label "version" is a number, not a string$/],
  ['args.yaml', 'graph: { a: [] }\nargs: [1]\n', /^FILE: args must be an object, not a list$/],
  ['priority.yaml', 'graph: { a: [] }\npriority: high\n', /^FILE: priority high is not a whole number$/],
  [
    'retry.yaml',
    'graph: { a: [] }\nretry: { maximumAttempts: 0 }\n',
    /^FILE: job "a": retry\.maximumAttempts: expected/,
  ],
  ['none.ts', 'export const other = 1;', /^FILE exports no graph; export it as `graph` or by default$/],
  ['handlers-only.ts', 'export default { handlers: { a: () => 1 } };', /^FILE exports no graph/],
  ['number.ts', 'export const graph = 5;', /^FILE: it holds no graph/],
  ['syntax.ts', 'const a: number = 1;\nconst b = ;\n', /^FILE:2:11: Unexpected token$/],
  ['syntax.mjs', 'const a = 1;\nconst b = ;\n', /^FILE:2:11: Unexpected token ';'$/],
  [
    'throws.ts',
    'type A = 1;\nthrow new TypeError("no luck");',
    /^FILE could not be loaded: TypeError: no luck \(at FILE:2\)$/,
  ],
  ['throws.mjs', '\n\nthrow new Error("no luck");', /^FILE could not be loaded: no luck \(at FILE:3\)$/],
  ['throws.cjs', 'throw 42', /^FILE could not be loaded: 42$/],
  [
    'import.ts',
    'import x from "no-such-package";\nexport const graph = { a: [x] };',
    /^FILE could not be loaded: Cannot find module 'no-such-package'/,
  ],
  [
    'import.mjs',
    'import x from "no-such-package";',
    /^FILE could not be loaded: Cannot find package 'no-such-package'/,
  ],
  [
    'function.ts',
    'export default () => {\n  throw new Error("no luck");\n};',
    /^FILE: its export default threw when called: no luck \(at FILE:2\)$/,
  ],
  ['graph.txt', 'a: []', /^FILE cannot be read: its name must end in one of \.ts .* \.json$/],
];
for (const [name, text, sentence] of wrongFiles) {
  wrong.test(name, async () => {
    const sandbox = new CliSandbox({ [name]: text });
    const expected = new RegExp(sentence.source.replaceAll('FILE', sandbox.path(name)));
    await assert.rejects(async () => (await readWorkFile(sandbox.path(name))).graph({}), expected);
  });
}

wrong.test('a file that is not there, or is a folder', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'graph.ts'));
  await assert.rejects(readWorkFile(join(folder, 'nope.yaml')), /^there is no file .*nope\.yaml$/);
  await assert.rejects(readWorkFile(join(folder, 'nope.ts')), /^there is no file .*nope\.ts$/);
  await assert.rejects(readWorkFile(join(folder, 'graph.ts')), /graph\.ts is not a file$/);
});

wrong.test('handlers of the wrong shape', async () => {
  const of = (text: string) => readHandlers(new CliSandbox({ 'h.mjs': text }).path('h.mjs'));
  await assert.rejects(
    of('export const handlers = { a: 7 };'),
    /h\.mjs: the handler of type "a" is a number; a handler is/,
  );
  await assert.rejects(
    of('export const handlers = [];'),
    /h\.mjs: its handlers must be an object of handlers by job type$/,
  );
  await assert.rejects(of('export const handlers = { a: { process() {}, proces() {} } };'), /unknown stage "proces"/);
  await assert.rejects(of('export const handlers = { a: { preProcess() {} } };'), /has no process stage/);
  await assert.rejects(
    of('export const graph = { a: [] };'),
    /h\.mjs exports no handlers; export an object of handlers/,
  );
  await assert.rejects(of('export const handlers = {};'), /h\.mjs exports no handlers/);
});
wrong.run();
