// takes: 60s
// time-limit: 400s
/** Pipelines as users write them: with every compiler, in an editor, and with the schemas of several libraries. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as typescript from 'typescript';
import { assert, describe } from '../support/spec.js';
import { aliasOf, compilers } from './compilers.js';
import { above, mistakes } from './pipeline-mistakes.js';
import { packOverseer, root, UsersProject } from './users-project.js';

const spec = describe('pipelines in a project of users', { timeoutMs: 240_000 });

const project = new UsersProject();
const options = {
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2022'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

/** What a compiler says of files of the project; nothing, if all is well. */
function complaints(
  compiler: (typeof compilers)[number],
  files: readonly string[],
  more: object = { noEmit: true },
): string {
  const config = `tsconfig.${compiler}.json`;
  project.write(config, JSON.stringify({ compilerOptions: { ...options, ...more }, files }));
  return project.ending(process.execPath, [`node_modules/${aliasOf(compiler)}/bin/tsc`, '-p', config]).stdout;
}

const schemas = `
import { pipeline } from 'overseer';
import { z } from 'zod';
import * as v from 'valibot';
import { type } from 'arktype';
import * as t from 'io-ts';

const jobs = { a: { args: { own: true } } } as const;
const zod = z.object({ shop: z.string(), days: z.number().default(7), since: z.coerce.date().optional() });
const pipelines = {
  zod: pipeline({ args: zod })(jobs).handle('a', ({ args }): [string, number, string | null, true] => [args.shop, args.days, args.since ?? null, args.own]),
  valibot: pipeline({ args: v.object({ shop: v.string(), days: v.optional(v.number(), 7) }) })(jobs).handle('a', ({ args }): [string, number] => [args.shop, args.days]),
  arktype: pipeline({ args: type({ shop: 'string', 'days?': 'number' }) })(jobs).handle('a', ({ args }): [string, number | null] => [args.shop, args.days ?? null]),
  'io-ts': pipeline({ args: t.intersection([t.type({ shop: t.string }), t.partial({ days: t.number })]) })(jobs).handle('a', ({ args }): [string, number | null] => [args.shop, args.days ?? null]),
};
for (const [name, each] of Object.entries(pipelines)) {
  // @ts-expect-error a shop is a text
  const wrong = () => each.graph({ shop: 3 });
  let message = '';
  try { wrong(); } catch (error) { message = (error as Error).message; }
  console.log(name, JSON.stringify(each.graph({ shop: 'Oslo' }).jobs['a']!.args), message);
}
`;

/** A pipeline of many jobs, each with a handler that uses what two others return. */
function large(count: number): string {
  const parentsOf = (job: number) => (job === 0 ? [] : [...new Set([job - 1, Math.floor(job / 2)])]);
  const indexes = Array.from({ length: count }, (_, job) => job);
  const map = indexes.map(
    (job) =>
      `job${job}: [${parentsOf(job)
        .map((parent) => `'job${parent}'`)
        .join()}]`,
  );
  const handler = (job: number) =>
    job === 0
      ? `.handle('job0', async ({ args }) => [{ shop: args.shop, at: new Date(), n: 1 }])`
      : `.handle('job${job}', async ({ inputs, args }) => [{ shop: args.shop, at: new Date(inputs.job${job - 1}[0]!.at), n: inputs.job${Math.floor(job / 2)}[0]!.n + 1 }])`;
  const last = `jobs.job${count - 1}`;
  return `
    import { pipeline, start, waitForGraph, type Store } from 'overseer';
    declare const db: Store;
    export const large = pipeline<{ shop: string }>()({ ${map.join(',\n')} })
      ${indexes.map(handler).join('\n')};
    await start({}, db, large.handlers);
    const { jobs } = await waitForGraph(db, 'x', large);
    if (${last}.status === 'finished') ${last}.result[0]!.at satisfies string;
    // @ts-expect-error it is a text
    if (${last}.status === 'finished') ${last}.result[0]!.at satisfies number;
  `;
}

spec.before(() => {
  const aliases = compilers.map((compiler) => `${aliasOf(compiler)}@npm:typescript@${compiler}`);
  project.install(packOverseer(), ...aliases, 'zod@4', 'valibot@1', 'arktype@2', 'io-ts@2', 'fp-ts@2');
  const types = readFileSync(join(root, 'test/api/pipeline-types.ts'), 'utf8');
  project.write('types.ts', types.replace('../../src/index.js', 'overseer'));
  project.write('schemas.ts', schemas);
  for (const count of [50, 200]) project.write(`large-${count}.ts`, large(count));
  mistakes.forEach(({ code }, index) => project.write(`mistake-${index}.ts`, `${above}${code};\n`));
});

for (const compiler of compilers) {
  spec.test(
    `given TypeScript ${compiler}, then what the types promise holds, of schemas too, and modules have declarations`,
    () => {
      const emitted = { declaration: true, emitDeclarationOnly: true, outDir: 'declared' };
      assert.is(complaints(compiler, ['types.ts', 'schemas.ts', 'large-50.ts'], emitted), '');
    },
  );
}

spec.test('given optional properties that may be undefined, then what the types promise holds', () => {
  assert.is(complaints('5.9', ['types.ts'], { noEmit: true, exactOptionalPropertyTypes: false }), '');
});

spec.test('given a pipeline of 200 jobs, then it compiles', () => {
  assert.is(complaints('5.9', ['large-200.ts']), '');
});

spec.test('given schemas of each library, then args are checked by them, and defaults are stored', () => {
  assert.is(complaints('5.9', ['schemas.ts'], { outDir: 'out' }), '');
  const refused = 'the args do not fit the schema of the pipeline: args.shop:';
  assert.equal(project.node('out/schemas.js').trim().split('\n'), [
    `zod {"shop":"Oslo","days":7,"own":true} ${refused} Invalid input: expected string, received number`,
    `valibot {"shop":"Oslo","days":7,"own":true} ${refused} Invalid type: Expected string but received 3`,
    `arktype {"shop":"Oslo","own":true} ${refused} shop must be a string (was a number)`,
    `io-ts {"shop":"Oslo","own":true} the args do not fit the schema of the pipeline: args.shop: expected string, got 3`,
  ]);
});

spec.test('given a mistake, then the compiler says what the guide shows', () => {
  const shown = readFileSync(join(root, 'docs/guide/typed-pipelines.md'), 'utf8').toLowerCase();
  const said = complaints(
    '5.9',
    mistakes.map((_, index) => `mistake-${index}.ts`),
  ).split('\n');
  mistakes.forEach(({ title, code, says }, index) => {
    const from = said.findIndex((line) => line.startsWith(`mistake-${index}.ts(`));
    const next = said.findIndex((line, at) => at > from && line.startsWith('mistake-'));
    const ofIt = from < 0 ? [] : said.slice(from, next < 0 ? said.length : next);
    assert.ok(
      ofIt.some((line) => inOneOrder(line).endsWith(inOneOrder(says))),
      `${title}:\n${ofIt.join('\n')}`,
    );
    for (const text of [title, code, says])
      assert.ok(shown.includes(text.toLowerCase()), `the guide does not show: ${text}`);
  });
});

/** In which order the compiler names several texts depends on what it has seen before. */
function inOneOrder(text: string): string {
  return text.replace(/"[^"]+"(?: \| "[^"]+")+/g, (union) => union.split(' | ').sort().join(' | '));
}

/** The names that an editor offers at the mark `|` in a program. */
function offered(ts: typeof typescript, marked: string): readonly string[] {
  const file = join(project.folder, 'edited.ts');
  const at = marked.indexOf('|');
  const text = marked.replace('|', '');
  const host: typescript.LanguageServiceHost = {
    getCompilationSettings: () => ({
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      skipLibCheck: true,
      types: ['node'],
    }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const content = path === file ? text : ts.sys.readFile(path);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => project.folder,
    getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: (path) => (path === file ? text : ts.sys.readFile(path)),
    directoryExists: (path) => ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
  };
  const found = ts.createLanguageService(host).getCompletionsAtPosition(file, at, {});
  return (found?.entries ?? []).map(({ name }) => name).sort();
}

const edits: readonly (readonly [what: string, code: string, names: readonly string[]])[] = [
  ['parents', "shop({ fetch: [], count: ['|'] })", ['count', 'count/*', 'fetch', 'fetch/*']],
  [
    'parents in the full form',
    "shop({ fetch: [], count: { after: ['|'] } })",
    ['count', 'count/*', 'fetch', 'fetch/*'],
  ],
  [
    'rules',
    "shop({ fetch: [], count: { when: '|' } })",
    ['all-ended', 'all-finished', 'any-failed', 'any-finished', 'none-failed'],
  ],
  ['jobs that have no handler yet', "fetched.handle('|', () => 1)", ['count', 'report']],
  ['inputs', "fetched.handle('count', ({ inputs }) => inputs.|)", ['fetch']],
  ['args', "fetched.handle('count', ({ args }) => args.|)", ['shop']],
  ['args of a graph', 'jobs.graph({ | })', ['shop']],
  ['types that are spawned', "listed.handle('list', ({ spawn }) => spawn({ a: { type: '|' } }))", ['page']],
];

for (const compiler of ['5.9', '6.0'] as const) {
  spec.test(`given an editor with TypeScript ${compiler}, then it completes jobs, parents, inputs and args`, () => {
    const ts = createRequire(join(project.folder, 'x.js'))(aliasOf(compiler)) as typeof typescript;
    for (const [what, code, names] of edits) assert.equal(offered(ts, `${above}${code};\n`), names, what);
    const options = offered(ts, `${above}shop({ fetch: [], count: { after: ['fetch'], | } });\n`);
    for (const name of ['when', 'retry', 'timeoutMs', 'memoize', 'external', 'args', 'spawns'])
      assert.ok(options.includes(name), name);
  });
}

spec.run();
