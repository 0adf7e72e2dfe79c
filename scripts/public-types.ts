/**
 * Makes the types ready for users, after `tsc`.
 *
 * It deletes the declarations that nothing exported by package.json leads to: they would only be unpacked, everywhere.
 *
 * And it writes the types that a CommonJS file sees: beside each `index.d.ts` that package.json exports, an `index.d.cts`.
 * Node.js gives a CommonJS file that requires Overseer the ES module itself. TypeScript with `module: node16` refuses that
 * (TS1479) unless the types say that they are CommonJS. So each name is declared once more, as what it is in the ES
 * module. Classes stay the same classes: a store that a `.cts` file opens fits what a `.mts` file takes.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

interface Entry {
  readonly import: { readonly types: string };
  readonly require: { readonly types: string };
}

const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, unknown> };
const isEntry = (target: unknown): target is Entry =>
  typeof target === 'object' && target !== null && 'import' in target && 'require' in target;
const entries = Object.values(manifest.exports).filter(isEntry);
const sources = entries.map((entry) => join(root, entry.import.types));
const program = ts.createProgram(sources, { module: ts.ModuleKind.NodeNext, skipLibCheck: true, types: [] });
const checker = program.getTypeChecker();

const reached = new Set(program.getSourceFiles().map(({ fileName }) => join(fileName)));
for (const file of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
  const path = join(root, 'dist', file);
  if (path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
}

entries.forEach((entry, index) => {
  const source = program.getSourceFile(sources[index]!)!;
  const module = `'./${basename(entry.import.types).replace(/\.d\.ts$/, '.js')}' with { 'resolution-mode': 'import' }`;
  const names = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
  const types = names.filter((name) => !isValue(name)).map(({ name }) => name);
  const lines = [
    `// The types of ${basename(entry.import.types)} as a CommonJS file sees them; written by the build.`,
    `import type * as module from ${module};`,
    `export type { ${types.join(', ')} } from ${module};`,
    ...names.filter(isValue).flatMap(declared),
  ];
  writeFileSync(join(root, entry.require.types), `${lines.join('\n')}\n`);
});

/** A name that stands for something at run time; if that is a class, it names a type as well. */
function declared(symbol: ts.Symbol): readonly string[] {
  const { name } = symbol;
  const { flags, declarations = [] } = original(symbol);
  const value = [
    ...docs([...symbol.declarations!, ...declarations]),
    `export declare const ${name}: typeof module.${name};`,
  ];
  if ((flags & ts.SymbolFlags.Type) === 0) return value;
  if (declarations.some((each) => ts.isClassDeclaration(each) && each.typeParameters !== undefined))
    throw new Error(`${name} is a class with type parameters, which this script cannot declare again yet`);
  return [...value, `export type ${name} = module.${name};`];
}

/** Whether a name stands for something at run time. */
function isValue(symbol: ts.Symbol): boolean {
  const isTypeOnly = symbol.declarations?.some((each) => ts.isTypeOnlyExportDeclaration(each)) ?? false;
  return !isTypeOnly && (original(symbol).flags & ts.SymbolFlags.Value) !== 0;
}

function original(symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** The first comment of some declarations: editors do not look for it behind `typeof`. */
function docs(declarations: readonly ts.Declaration[]): readonly string[] {
  const comments = declarations.flatMap((declaration) => {
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
  });
  return comments.slice(0, 1).map((comment) => comment.getText());
}
