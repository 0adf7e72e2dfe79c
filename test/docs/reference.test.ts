/** The reference says what the code says: some of it is written from the code, the rest is compared with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { generateReference } from '../../scripts/generate-reference.js';
import * as api from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { readPage, root } from './pages.js';

const generated = describe('the generated pages', { timeoutMs: 30_000 });

generated.test('what is checked in is what the code makes', async () => {
  for (const [page, text] of await generateReference()) {
    assert.is(readPage(page), text, `${page} is out of date: run \`npm run docs\``);
  }
});

generated.run();

const errors = describe('the page of errors');
const errorsPage = readPage('docs/reference/errors.md');
/** What stands, as code, in the first column of a table. */
const firstColumn = new Set([...errorsPage.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!));
const withoutCode = new Set(['Fault', 'Abort']);

errors.test('every class of error that is exported is listed', () => {
  const classes = Object.values<unknown>(api).filter(
    (value): value is new () => Error => typeof value === 'function' && value.prototype instanceof Error,
  );
  assert.ok(classes.length > 5);
  assert.equal(
    classes.map(({ name }) => name).filter((name) => !firstColumn.has(name)),
    [],
  );
});

errors.test('every code in the types of the log’s errors and of the rules is listed', () => {
  const codes = [
    ...literalsIn('src/log/log-error.ts', 'LogErrorCode'),
    ...literalsIn('src/domain/job-decisions.ts', 'Rejection'),
  ];
  assert.ok(codes.length > 20);
  assert.equal(
    codes.filter((code) => !firstColumn.has(code)),
    [],
  );
});

errors.test('every code in the source is listed, and every code that is listed is in the source', () => {
  const inSource = codesInSource();
  const codeOfClass = [...errorsPage.matchAll(/^\| `[A-Z]\w+` +\| `([\w-]+)`/gm)].map(([, code]) => code!);
  const listed = new Set([...[...firstColumn].filter((name) => /^[a-z]/.test(name)), ...codeOfClass]);
  assert.equal([...inSource].filter((code) => !listed.has(code)).sort(), []);
  assert.equal([...listed].filter((code) => !inSource.has(code)).sort(), []);
});

/** The string literals within the type of a name. */
function literalsIn(path: string, typeName: string): readonly string[] {
  const found: string[] = [];
  const source = parse(path);
  const collect = (node: ts.Node): void => {
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) found.push(node.literal.text);
    ts.forEachChild(node, collect);
  };
  for (const statement of source.statements) {
    const isType = ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement);
    if (isType && statement.name.text === typeName) collect(statement);
  }
  return found;
}

/** Codes are the first argument of errors' constructors, or of `super` in their classes, or the value of a `code`. */
function codesInSource(): ReadonlySet<string> {
  const codes = new Set([
    ...literalsIn('src/log/log-error.ts', 'LogErrorCode'),
    ...literalsIn('src/domain/job-decisions.ts', 'Rejection'),
  ]);
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  for (const file of files) {
    const visit = (node: ts.Node, className: string): void => {
      const within = ts.isClassDeclaration(node) ? (node.name?.text ?? '') : className;
      const [first] = ts.isNewExpression(node) || ts.isCallExpression(node) ? (node.arguments ?? []) : [];
      const isError =
        (ts.isNewExpression(node) && node.expression.getText().endsWith('Error')) ||
        (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword && within.endsWith('Error'));
      if (isError && first !== undefined && ts.isStringLiteral(first) && !first.text.includes(' ')) {
        codes.add(first.text);
      }
      const isCode = ts.isPropertyAssignment(node) && node.name.getText() === 'code';
      if (isCode && ts.isStringLiteral(node.initializer)) codes.add(node.initializer.text);
      ts.forEachChild(node, (child) => visit(child, within));
    };
    visit(parse(join('src', file)), '');
  }
  for (const name of withoutCode) codes.delete(name);
  return codes;
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
}

errors.run();
