// takes: 75s
// time-limit: 600s
/** What the pages show is what the files say, does what the pages say, and prints what the pages show. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { readConfiguration } from '../../src/config/configuration.js';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';
import { blocksOf, pages, readPage, root, shownSnippet, snippetsFolder, snippetsLinkedFrom } from './pages.js';
import { hasCommandLine, normalised, type Ran, runProgram, type Walked, walkPage } from './walk.js';

const blocks = pages.flatMap(blocksOf);
const ofKind = (kind: (typeof blocks)[number]['kind']) => blocks.filter((block) => block.kind === kind);

const shown = describe('the pages');

shown.test('every snippet in a page is the text of its file', () => {
  for (const { page, name, region, text } of ofKind('snippet')) {
    assert.is(text, shownSnippet(name, region), `${name} in ${page}: run \`npm run docs\` after changing the file`);
  }
});

shown.test('every file of docs/snippets is shown in a page', () => {
  const files = readdirSync(snippetsFolder).sort();
  const named = new Set(ofKind('snippet').map(({ name }) => name));
  assert.equal(
    files.filter((file) => !named.has(file)),
    [],
  );
});

shown.test('every fence of code or commands in a page is checked, or says why not', () => {
  for (const page of pages) {
    const fences = readPage(page).matchAll(/(?<!-->\s*\n)^```(?:ts|js|yaml|console|sh|bash)\n(.*)/gm);
    const unmarked = Array.from(fences, ([, first]) => first);
    assert.equal(unmarked, [], `${page}: put a mark above these, as test/docs/pages.ts says`);
  }
});

shown.test('every file of settings in the guide is one the configuration takes', () => {
  const files = readdirSync(snippetsFolder).filter((file) => file.endsWith('.yml'));
  assert.ok(files.length > 0);
  for (const file of files) {
    const values: unknown = parse(readFileSync(join(snippetsFolder, file), 'utf8'));
    assert.ok(readConfiguration({ from: file, values }).store !== undefined, file);
  }
});

shown.test('a page that shows part of a file has a link to the whole', () => {
  for (const { page, name, region } of ofKind('snippet')) {
    if (region !== null) assert.ok(snippetsLinkedFrom(page).includes(name), `${page} has no link to snippets/${name}`);
  }
});

shown.test('no session shows that something it needs was not there', () => {
  for (const { page, name, text } of ofKind('session')) {
    assert.not.match(text, /^overseer: (there is no (file|graph)|another graph is stored)/m, `${name} in ${page}`);
  }
});

shown.run();

const walk = describe('a page done from top to bottom in a new folder', { timeoutMs: 300_000 });
const walkable = pages.filter((page) => blocksOf(page).some(({ kind }) => kind !== 'snippet'));
let walked = new Map<string, readonly Walked[]>();

walk.before(async () => {
  if (hasCommandLine) walked = await inTurns(walkable, walkPage);
});

for (const page of walkable) {
  if (!hasCommandLine) {
    walk.skip(page, 'there is no command line to run it with: dist/cli/main.js is missing');
    continue;
  }
  walk.test(`${page} prints what it shows`, () => {
    for (const { block, printed, errors, code } of walked.get(page)!) {
      const what = `${block.kind} ${block.name} of ${page}`;
      assert.is(errors, '', what);
      if (block.kind === 'output') {
        assert.is(code, 0, what);
        assert.is(printed, block.text, what);
      }
      if (block.kind === 'commands') assert.is(code, 0, `${what}:\n${printed}`);
      if (block.kind === 'session') assert.is(normalised(printed), normalised(block.text), what);
    }
  });
}

walk.run();

const atOnce = 3;

/** Does a few things at a time; returns the result of each by its name. */
async function inTurns<A>(names: readonly string[], work: (name: string) => Promise<A>): Promise<Map<string, A>> {
  const outcomes = new Map<string, A>();
  const waiting = [...names];
  const takeTurns = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) outcomes.set(name, await work(name));
  };
  await Promise.all(Array.from({ length: atOnce }, takeTurns));
  return outcomes;
}

const programs = describe('programs of the guide whose output no page shows', { timeoutMs: 180_000 });
const withOutput = new Set(ofKind('output').map(({ name }) => name));
const silent = readdirSync(snippetsFolder).filter((name) => name.endsWith('.ts') && !withOutput.has(name));
let outcomes = new Map<string, Ran>();

programs.before(async () => {
  outcomes = await inTurns(silent, (name) => runProgram(join(snippetsFolder, name), temporaryFolder()));
});

for (const name of silent) {
  programs.test(`${name} runs to its end`, () => {
    const { code, errors } = outcomes.get(name)!;
    assert.is(errors, '');
    assert.is(code, 0);
  });
}

programs.test('they compile against the types that ship', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const failure = await promisify(execFile)(process.execPath, [tsc, '-p', 'docs/tsconfig.json', '--paths', 'null'], {
    cwd: root,
  }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  assert.is(failure, '');
});

programs.run();
