/** The page on writing an engine names what the port has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { logErrorCodes } from '../../src/prelude/error-codes.js';
import { assert, describe } from '../support/spec.js';
import { readPage, root } from './pages.js';

const spec = describe('the page on writing an engine');
const page = readPage('docs/reference/writing-an-engine.md');

/** The first column of the table whose first heading this is. */
function firstColumn(heading: string): readonly string[] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`| ${heading} `)) + 2;
  const rows = lines.slice(from, lines.indexOf('', from));
  return rows.map((row) => /^\| `([\w-]+)`/.exec(row)![1]!);
}

spec.test('its methods are the members of the port, in the order of the code', () => {
  const path = join(root, 'src/log/event-log.ts');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const port = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === 'EventLog')!;
  assert.equal(
    firstColumn('method'),
    port.members.map((member) => member.name!.getText()),
  );
});

spec.test('its codes are codes of the log’s errors', () => {
  const codes = firstColumn('code');
  assert.ok(codes.length > 3);
  assert.equal(
    codes.filter((code) => !(code in logErrorCodes)),
    [],
  );
});

spec.run();
