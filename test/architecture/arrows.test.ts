// takes: 8s
/** The rules on who may import whom, each shown to catch an import that breaks it. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, describe } from '../support/spec.js';
import { temporaryFolder } from '../support/stores.js';

const root = join(import.meta.dirname, '../..');
const spec = describe('the rules on imports', { timeoutMs: 60_000 });

/** What each rule must catch: an import added to a file, which is created if it does not exist. */
const wrongImports: readonly (readonly [what: string, rule: string, file: string, imported: string])[] = [
  ['what is pure reaches Node', 'pure-stays-pure', 'src/prelude/absurd.ts', 'node:fs'],
  ['the pure half of history knows the store', 'pure-stays-pure', 'src/history/fork/plan.ts', '../../store/store.js'],
  ['the worker knows history', 'arrows-of-worker', 'src/worker/slots.ts', '../history/fork/fork.js'],
  ['history knows the worker', 'arrows-of-history', 'src/history/fork/fork.ts', '../../worker/slots.js'],
  ['evidence knows the log', 'arrows-of-evidence', 'src/evidence/redaction.ts', '../log/event-log.js'],
  ['one engine knows another', 'engines-keep-apart', 'src/log/sqlite/reader.ts', '../memory/memory-log.js'],
  ['the store knows an engine', 'engines-behind-the-port', 'src/store/store.ts', '../log/memory/memory-log.js'],
  [
    'the server of the web UI knows the worker',
    'arrows-of-web/server',
    'src/web/server/turns.ts',
    '../../worker/slots.js',
  ],
  ['a room has no arrows', 'rooms-are-known', 'src/attic/box.ts', '../prelude/absurd.js'],
  ['two files import each other', 'no-circles', 'src/config/one.ts', './two.js'],
  [
    'a file of history neither reads nor is pure',
    'history-reads-or-is-pure',
    'src/history/fork/idle.ts',
    '../../prelude/absurd.js',
  ],
  ['a package is known outside its home', 'home-of-better-sqlite3', 'src/store/environment.ts', 'better-sqlite3'],
  ['the library knows the command line', 'index-without-cli', 'src/index.ts', './cli/main.js'],
  ['the command line knows the tools for tests', 'nothing-needs-testing', 'src/cli/main.ts', '../testing/index.js'],
  ['the tools for tests know a test runner', 'testing-knows-no-runner', 'src/testing/story.ts', 'node:test'],
  ['nothing imports a file, and it imports nothing', 'no-orphans', 'src/config/alone.ts', ''],
];

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
  readonly via?: readonly { readonly name: string }[];
}

/** A copy of the sources, with the given imports added. */
function copyWith(imports: readonly (readonly [file: string, imported: string])[]): string {
  const folder = temporaryFolder();
  for (const name of [
    'src',
    '.dependency-cruiser.cjs',
    'pure-modules.cjs',
    'package.json',
    'tsconfig.json',
    'tsconfig.check.json',
  ]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, imported] of imports) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    appendFileSync(join(folder, file), imported === '' ? 'export {};\n' : `\nimport '${imported}';\n`);
  }
  return folder;
}

function violationsIn(folder: string): readonly Violation[] {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [cruiser, 'src', '--output-type', 'json'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  assert.is(stderr, '');
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

/** Whether the rule was broken by an import in the file, however many files further on it shows. */
function isCaught(violations: readonly Violation[], rule: string, file: string): boolean {
  return violations.some(
    ({ from, rule: broken, via = [] }) => broken.name === rule && [from, ...via.map(({ name }) => name)].includes(file),
  );
}

const names = (violations: readonly Violation[]) =>
  violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);

let violations: readonly Violation[] = [];

spec.before(() => {
  violations = violationsIn(
    copyWith([
      ...wrongImports.map(([, , file, imported]) => [file, imported] as const),
      ['src/config/two.ts', './one.js'],
    ]),
  );
});

spec.test('given the sources as they are, then no rule is broken', () => {
  assert.equal(names(violationsIn(copyWith([]))), []);
});

for (const [what, rule, file] of wrongImports) {
  spec.test(`given that ${what}, then ${rule} is broken`, () => {
    assert.ok(isCaught(violations, rule, file), `${file} is not among:\n${names(violations).join('\n')}`);
  });
}

spec.run();
