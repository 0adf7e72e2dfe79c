/**
 * Installs the packed package as its users do, and prints a table of what it did and how that went: Node.js from the oldest
 * promised to the newest, package managers, sizes, compilers, test runners and bundlers. It takes many minutes and fetches
 * some hundred megabytes, so it is run by hand, before a release; the tests in test/api do the part that fits into them.
 *
 *     npm run build && npm run matrix           all of it
 *     npm run matrix -- node npm                the rows whose first column contains one of the words
 *
 * Scripts of packages are not run. The compiled part of better-sqlite3 is this repository's own, so with releases of Node.js
 * that it was not compiled for, graphs run in memory.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { tableLines } from '../src/cli/output/table.js';
import { aliasOf, compilers, complaints, modes, writePrograms } from '../test/api/compilers.js';
import { allWell, tools, writeToolPrograms } from '../test/api/tools.js';
import { packOverseer, putNativePart, readManifest, sizeOf, UsersProject } from '../test/api/users-project.js';

interface Row {
  readonly what: string;
  readonly how: string;
  /** What came of it, in a few words; null if it was as it should be. */
  readonly trouble: string | null;
  readonly notes: string;
}

const words = process.argv.slice(2);
const rows: Row[] = [];
const isAsked = (what: string) => words.length === 0 || words.some((word) => what.toLowerCase().includes(word));

/** Does one thing, and writes down how it went. It returns notes, and throws if it went wrong. */
function attempt(what: string, how: string, work: () => string): void {
  if (!isAsked(what)) return;
  process.stderr.write(`${what}: ${how} …\n`);
  try {
    rows.push({ what, how, trouble: null, notes: work() });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    rows.push({ what, how, trouble: message.split('\n')[0]!, notes: '' });
  }
}

function expect(actual: string, expected: string): void {
  if (actual.trim() !== expected) throw new Error(`it said: ${actual.trim()}`);
}

const tarball = packOverseer();

/** The folder of a release of Node.js. Fetched as a package, since a package manager is at hand. */
function nodeRelease(range: string): string {
  const project = new UsersProject();
  const name = `node-${process.platform}-${process.arch}`;
  project.run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${range}`);
  return join(project.folder, 'node_modules', name, 'bin');
}

const nodes = ['20.19', '22.12', '24', '26'];
const isCompiledFor = (release: string) => release.startsWith(`v${process.versions.node.split('.')[0]}.`);

function tryNodes(): void {
  if (!isAsked('Node.js')) return;
  const project = new UsersProject();
  project.install(tarball);
  writeToolPrograms(project);
  for (const range of nodes) {
    const node = join(nodeRelease(range), 'node');
    const release = project.run(node, '--version').trim();
    const address = isCompiledFor(release) ? `sqlite:./node-${range}.db` : 'memory:';
    for (const program of ['program.mjs', 'program.cjs']) {
      attempt(`Node.js ${range}`, program.endsWith('.mjs') ? 'import' : 'require', () => {
        expect(project.run(node, program, address), allWell);
        return `${release}, ${address.split(':')[0]}`;
      });
    }
  }
}

interface Manager {
  readonly name: string;
  readonly package: string;
  readonly script: string;
  /** The release of Node.js it needs, if that is not this one. */
  readonly node?: string;
  readonly add: readonly string[];
  readonly small: string;
  /** The vitest it can install, if that is not the newest. */
  readonly vitest?: string;
}

const npm = { script: 'npm/bin/npm-cli.js', small: '--omit=optional' };
const npmAdd = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
const pnpm = { script: 'pnpm/bin/pnpm.mjs', small: '--no-optional', add: ['add', '--ignore-scripts'] };

const managers: readonly Manager[] = [
  // It fails to install vitest 4.1 and later in an empty project, too.
  { ...npm, name: 'npm 10', package: 'npm@10', vitest: 'vitest@4.0', add: npmAdd },
  { ...npm, name: 'npm 11', package: 'npm@11', add: npmAdd },
  { ...npm, name: 'npm 12', package: 'npm@12', node: '26', add: npmAdd },
  { ...pnpm, name: 'pnpm 10', package: 'pnpm@10', script: 'pnpm/bin/pnpm.cjs' },
  { ...pnpm, name: 'pnpm 12', package: 'pnpm@12', node: '26' },
];

/** A project that a package manager has filled, and a way to have it do more. */
function filledBy(manager: Manager, ...packages: readonly string[]) {
  const home = new UsersProject();
  home.run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', manager.package);
  const path =
    manager.node === undefined ? process.env['PATH']! : `${nodeRelease(manager.node)}:${process.env['PATH']}`;
  const project = new UsersProject();
  const script = join(home.folder, 'node_modules', manager.script);
  const add = (...more: readonly string[]) => {
    const { exitCode, stdout, stderr } = project.ending('node', [script, ...manager.add, ...more], { PATH: path });
    if (exitCode !== 0) throw new Error(/ERESOLVE|ERR_\w+/.exec(`${stdout}${stderr}`)?.[0] ?? `${stdout}${stderr}`);
  };
  add(...packages);
  for (const folder of betterSqliteIn(project)) putNativePart(folder);
  writeToolPrograms(project);
  return { project, add };
}

function betterSqliteIn({ folder }: UsersProject): readonly string[] {
  const modules = join(folder, 'node_modules');
  const store = join(modules, '.pnpm');
  const isPnpm = readdirSync(modules).includes('.pnpm');
  if (!isPnpm) return [join(modules, 'better-sqlite3')];
  const kept = readdirSync(store).filter((name) => name.startsWith('better-sqlite3@'));
  return kept.map((name) => join(store, name, 'node_modules/better-sqlite3'));
}

function sizeIn({ folder }: UsersProject): string {
  const { packages, megabytes, onDisk } = sizeOf(join(folder, 'node_modules'));
  return `${packages} packages, ${megabytes.toFixed(1)} MB, ${onDisk.toFixed(1)} MiB on disk`;
}

const missing = `import('overseer').then(({ store }) => store('esdb://localhost')).catch((error) => console.log(error.code))`;

function tryManager(manager: Manager): void {
  const { name, small } = manager;
  attempt(name, 'plain', () => {
    const { project } = filledBy(manager, tarball);
    expect(project.node('program.mjs', 'sqlite:./plain.db'), allWell);
    return sizeIn(project);
  });
  attempt(name, 'small', () => {
    const { project } = filledBy(manager, small, tarball);
    expect(project.node('program.mjs', 'sqlite:./small.db'), allWell);
    expect(project.node('-e', missing), 'store-client-missing');
    return sizeIn(project);
  });
  attempt(name, 'then vitest', () => {
    const { project, add } = filledBy(manager, tarball);
    add('-D', manager.vitest ?? 'vitest');
    expect(tools['vitest']!(project), allWell);
    return `vitest ${project.versionOf('vitest')}, ${typesFor(project)}`;
  });
  attempt(name, 'own types for Node.js, lib es2022', () => {
    const aliases = compilers.map((compiler) => `${aliasOf(compiler)}@npm:typescript@${compiler}`);
    const { project } = filledBy(manager, '@types/node@22', tarball, ...aliases);
    writePrograms(project);
    for (const compiler of compilers) expect(complaints(project, compiler, 'nodenext'), '');
    return typesFor(project);
  });
}

function typesFor({ folder }: UsersProject): string {
  const place = join(folder, 'node_modules/@types/node');
  try {
    return `@types/node ${readManifest(place).version}`;
  } catch {
    return 'no @types/node in reach';
  }
}

function tryCompilers(): void {
  if (!isAsked('TypeScript')) return;
  const project = new UsersProject({});
  project.install(tarball, ...compilers.map((compiler) => `${aliasOf(compiler)}@npm:typescript@${compiler}`));
  writePrograms(project);
  for (const compiler of compilers)
    for (const mode of Object.keys(modes))
      attempt(`TypeScript ${compiler}`, mode, () => {
        expect(complaints(project, compiler, mode), '');
        return project.versionOf(aliasOf(compiler));
      });
}

function tryTools(): void {
  if (!isAsked('tool')) return;
  const project = new UsersProject();
  project.install(tarball);
  project.install('--save-dev', 'vitest', 'jest', 'vite', 'vite-node', 'esbuild');
  writeToolPrograms(project);
  for (const [name, use] of Object.entries(tools))
    attempt('tool', name, () => {
      expect(use(project), allWell);
      return project.versionOf(name.split(',')[0]!);
    });
}

tryNodes();
for (const manager of managers) if (isAsked(manager.name)) tryManager(manager);
tryCompilers();
tryTools();

const cells = rows.map(({ what, how, trouble, notes }) => [what, how, trouble ?? 'works', notes]);
console.log(tableLines(['with', 'how', 'result', 'notes'], cells, picocolors.createColors(false)).join('\n'));
console.log(`Node.js ${process.version}, ${process.platform} ${process.arch}, overseer ${readManifest('.').version}`);
if (rows.length === 0 || rows.some(({ trouble }) => trouble !== null)) process.exitCode = 1;
