/**
 * Puts modules that are loaded together into one file, after `tsc`: each module that Node.js loads costs about half a
 * millisecond, and one in CommonJS several, as soon as an ES module imports it. See decision 0042.
 *
 * - `dist/pure.js` has the modules of `domain` and `evidence` and what they need, fp-ts and io-ts included; `dist/kernel.js`
 *   what is left of `prelude`, `config` and `store`, and of the logs what is there before a log is opened. Each module of
 *   theirs now only names what it exports from there, so that there is one of everything, whoever imports it.
 * - `dist/cli/base.js` has what every command loads of the command line. The rest goes into a module for each command, and
 *   into parts that several of them share.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as run, type BuildOptions, type Plugin } from 'esbuild';
import { licencesOf, packagesIn } from './licences.js';

const dist = join(import.meta.dirname, '../dist');
const sources = join(import.meta.dirname, '../src');
const cli = join(dist, 'cli');
/** What `build-page.ts` bundles. */
const page = join('web', 'app');

/** What every program loads that opens a store, and nearly every command. */
const alwaysNeeded = [
  'config/configuration.js',
  'store/store.js',
  'store/graph-info.js',
  'store/listings.js',
  'log/sqlite/sqlite-log.js',
  'prelude/json-text.js',
  'prelude/local-time.js',
  'domain/pause-phrases.js',
  'domain/status-phrases.js',
];

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  logLevel: 'warning',
  mainFields: ['module', 'main'],
  metafile: true,
} satisfies BuildOptions;

/** The folders of the packages of which something was taken. */
const packagesTaken = new Set<string>();

async function build(options: BuildOptions): Promise<void> {
  const { metafile } = await run({ ...common, ...options });
  for (const folder of packagesIn(metafile!)) packagesTaken.add(folder);
}

const specifier = (from: string, to: string): string => {
  const path = relative(from, to).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
};

/** Takes only some modules and packages; of all others, the name is written as seen from where the result is. */
function taking(
  isTaken: (file: string) => boolean,
  packages: readonly string[],
  folder: string,
  elsewhere: Readonly<Record<string, string>> = {},
): Plugin {
  return {
    name: 'what belongs together',
    setup(within) {
      within.onResolve({ filter: /.*/ }, ({ path, resolveDir, kind, importer, ...rest }) => {
        if (kind === 'entry-point' || importer.includes('node_modules')) return undefined;
        if (path.startsWith('fp-ts/lib/')) {
          return within.resolve(path.replace('/lib/', '/es6/').replace(/\.js$/, ''), {
            resolveDir,
            kind,
            importer: 'node_modules',
            ...rest,
          });
        }
        if (Object.hasOwn(elsewhere, path)) return { path: elsewhere[path]!, external: true };
        if (!path.startsWith('.')) return packages.includes(path) ? undefined : { path, external: true };
        const file = resolve(resolveDir, path);
        return isTaken(file) ? undefined : { path: specifier(folder, file), external: true };
      });
    },
  };
}

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) [^;']*?from '(\.[^']*)';$/gm)].map(([, path]) =>
    resolve(dirname(file), path!),
  );

/** The modules that one loads when they are needed. */
const importedLater = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/import\('(\.[^']*)'\)/g)].map(([, path]) => resolve(dirname(file), path!));

/** Some modules, and all that they import. */
function closureOf(files: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...files];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    open.push(...importsOf(file));
  }
  return found;
}

/** The modules of a folder, by the sources: `dist` may hold files of earlier builds too. */
function modulesIn(folder: string): string[] {
  return readdirSync(join(sources, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith('.ts') && !file.startsWith(page))
    .map((file) => join(dist, file.replace(/\.ts$/, '.js')));
}

/** Under which name the file of a group exports what a module does. */
type Names = ReadonlyMap<string, string>;

async function namesIn(files: readonly string[]): Promise<ReadonlyMap<string, Names>> {
  const taken = new Set<string>();
  const all = new Map<string, Names>();
  for (const file of files) {
    const names = new Map<string, string>();
    for (const name of Object.keys((await import(pathToFileURL(file).href)) as object)) {
      const unique = taken.has(name) ? `${name}_${taken.size}` : name;
      taken.add(unique);
      names.set(name, unique);
    }
    all.set(file, names);
  }
  return all;
}

/** Puts modules into one file. What imports them imports that file; they themselves only name what it has of theirs. */
async function group(
  target: string,
  members: readonly string[],
  packages: readonly string[],
  elsewhere: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = dirname(target);
  const names = await namesIn(members);
  const renamed = (of: Names) => [...of].map(([from, to]) => (from === to ? from : `${from} as ${to}`)).join(', ');
  const contents = [...names]
    .map(([file, of]) => `export { ${renamed(of)} } from '${specifier(folder, file)}';`)
    .join('\n');
  await build({
    stdin: { contents, resolveDir: folder, sourcefile: `${basename(target, '.js')}.entry.js` },
    outfile: target,
    plugins: [taking((file) => names.has(file), packages, folder, elsewhere)],
  });
  for (const [file, of] of names) {
    const back = [...of].map(([from, to]) => (from === to ? from : `${to} as ${from}`)).join(', ');
    writeFileSync(file, `export { ${back} } from '${specifier(dirname(file), target)}';\n`);
    rmSync(`${file}.map`);
  }
  for (const file of modulesIn('.').filter((each) => !names.has(each))) importFrom(file, target, names);
}

/** Where a module imports from members of a group by names that the group's file has too, it imports them from there. */
function importFrom(file: string, target: string, names: ReadonlyMap<string, Names>): void {
  const text = readFileSync(file, 'utf8');
  const changed = text.replaceAll(
    /^((?:import|export) \{([^}]*)\} from ')(\.[^']*)';$/gm,
    (whole, beginning: string, list: string, path: string) => {
      const of = names.get(resolve(dirname(file), path));
      const asked = list
        .split(',')
        .map((each) => each.trim().split(' as ')[0]!)
        .filter((name) => name !== '');
      if (of === undefined || asked.some((name) => of.get(name) !== name)) return whole;
      return `${beginning}${specifier(dirname(file), target)}';`;
    },
  );
  if (changed !== text) writeFileSync(file, changed);
}

const needed = [...closureOf(alwaysNeeded.map((file) => join(dist, file)))].sort();
const pure = closureOf(['domain', 'evidence'].flatMap(modulesIn));
await group(
  join(dist, 'pure.js'),
  needed.filter((file) => pure.has(file)),
  ['io-ts', 'strip-ansi'],
);
await group(
  join(dist, 'kernel.js'),
  needed.filter((file) => !pure.has(file)),
  ['uuid'],
);

const libraries = join(cli, 'libraries.js');
await build({
  stdin: { contents: "export { Command, CommanderError, Option } from 'commander';", resolveDir: dist },
  outfile: libraries,
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: false,
  // Commander is in CommonJS, and requires modules of Node.js.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
});
// What every command loads, and most of them; then the commands.
const main = join(cli, 'main.js');
const base = join(cli, 'base.js');
const isOfCli = (file: string) => file.startsWith(`${cli}/`);
const basic = closureOf([main, ...['output/table.js', 'input/flag-values.js'].map((file) => join(cli, file))]);
const members = [...basic].filter((file) => isOfCli(file) && file !== main).sort();
const commands = members.flatMap(importedLater);
await group(base, members, ['picocolors'], { commander: './libraries.js' });
const parts = join(cli, 'commands/parts');
rmSync(parts, { recursive: true, force: true });
await build({
  splitting: true,
  entryPoints: [...new Set(commands)],
  outdir: cli,
  outbase: cli,
  allowOverwrite: true,
  // As deep as the commands are, so that the same path leads to what is not taken.
  chunkNames: relative(cli, join(parts, 'part-[hash]')),
  plugins: [taking((file) => isOfCli(file) && file !== libraries && file !== base, [], parts)],
});

writeFileSync(join(dist, 'licences.txt'), licencesOf(packagesTaken));
