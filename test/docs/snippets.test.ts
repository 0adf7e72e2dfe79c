// time-limit: 600s
/** What the pages show is what the files say, does what the pages say, and prints what the pages show. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { readConfiguration } from '../../src/config/configuration.js';
import { assert, describe } from '../support/spec.js';
import { blocksOf, pages, readPage, root, shownSnippet, snippetsFolder } from './pages.js';
import { hasCommandLine, normalised, programs, type Ran, runProgram, runSession } from './programs.js';

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

shown.test('every fence of code in a page is one that is checked', () => {
  for (const page of pages) {
    const fences = /^```(?:ts|js|yaml|console)\n/gm;
    const checked = blocksOf(page).filter(({ kind }) => kind !== 'output').length;
    assert.is(readPage(page).match(fences)?.length ?? 0, checked, `${page} shows code without a mark above it`);
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

shown.run();

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

const run = describe('programs of the guide', { timeoutMs: 180_000 });
let outcomes = new Map<string, Ran>();

run.before(async () => {
  outcomes = await inTurns(programs, runProgram);
});

for (const name of programs) {
  run.test(`${name} runs to its end, and prints what its page says`, () => {
    const { code, errors, printed } = outcomes.get(name)!;
    assert.is(errors, '');
    assert.is(code, 0);
    for (const { page, text } of ofKind('output').filter((block) => block.name === name)) {
      assert.is(text, printed, `${name} in ${page}`);
    }
  });
}

run.test('they compile against the types that ship', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const failure = await promisify(execFile)(process.execPath, [tsc, '-p', 'docs/tsconfig.json', '--paths', 'null'], {
    cwd: root,
  }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  assert.is(failure, '');
});

run.run();

const sessions = describe('sessions of the guide', { timeoutMs: 300_000 });
const shownSessions = new Map(ofKind('session').map((block) => [`${block.name} in ${block.page}`, block.text]));
let printed = new Map<string, string>();

sessions.before(async () => {
  printed = await inTurns([...shownSessions.keys()], (name) => runSession(shownSessions.get(name)!));
});

for (const [name, text] of shownSessions) {
  const title = `${name} goes as it is shown`;
  if (!hasCommandLine) {
    sessions.skip(title, 'there is no command line to run it with: dist/cli/main.js is missing');
    continue;
  }
  sessions.test(title, () => {
    assert.is(normalised(printed.get(name)!), normalised(text));
  });
}

sessions.run();
