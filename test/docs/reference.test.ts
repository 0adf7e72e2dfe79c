/** The reference says what the code says: some of it is written from the code, the rest is compared with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { generateReference } from '../../scripts/generate-reference.js';
import { commandLine } from '../../src/cli/program.js';
import { Terminal } from '../../src/cli/output/terminal.js';
import * as api from '../../src/index.js';
import {
  classCodes,
  commandLineCodes,
  logErrorCodes,
  otherCodes,
  rejectionCodes,
  webCodes,
} from '../../src/prelude/error-codes.js';
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
/** The code in the first column of a table. */
const firstColumn = new Set([...errorsPage.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!));

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

errors.test('every code in the table is one that the source uses', () => {
  const tables = join(root, 'src/prelude/error-codes.ts');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, 'src', file));
  const source = files.filter((file) => file !== tables).map((file) => readFileSync(file, 'utf8'));
  const groups = [logErrorCodes, rejectionCodes, classCodes, otherCodes, commandLineCodes, webCodes];
  const codes = groups.flatMap((group) => Object.keys(group));
  assert.ok(codes.length > 80);
  assert.equal(new Set(codes).size, codes.length, 'no code is in two tables');
  assert.equal(
    codes.filter((code) => !source.some((text) => text.includes(`'${code}'`))),
    [],
  );
});

errors.run();

const readme = describe("the README's table of commands");
const commandRows = [...readPage('README.md').matchAll(/^\| `overseer (.*?) \|(.*)\|$/gm)];
const { commands } = commandLine(new Terminal(true, {}), () => {});

readme.test('it has every command of the command line, and no other', () => {
  const listed = commandRows.flatMap(([, names]) => Array.from(names!.matchAll(/(?<=^|`)[a-z-]+/g), ([name]) => name));
  // A command of a group may have the name of one that stands alone.
  const alone = new Set(commands.map((command) => command.name()));
  const ofGroups = commands.flatMap((command) => command.commands.map((each) => each.name()));
  const grouped = new Set(ofGroups.filter((name) => !alone.has(name)));
  assert.equal(
    [...new Set(listed)].filter((name) => !grouped.has(name)).sort(),
    commands
      .map((command) => command.name())
      .filter((name) => name !== 'help')
      .sort(),
  );
});

readme.test('every flag in it is one of the commands in its row', () => {
  const flagsOf = (command: Command): string[] => [
    ...command.options.map(({ long }) => long ?? ''),
    ...command.commands.flatMap(flagsOf),
  ];
  for (const [, names, means] of commandRows) {
    const ofRow = commands.filter((command) => new RegExp(`(^|\`)${command.name()}\\b`).test(names!));
    const known = new Set([...ofRow.flatMap(flagsOf), '--store', '--json']);
    for (const [flag] of means!.matchAll(/--[\w-]+/g)) assert.ok(known.has(flag), `${names}: ${flag}`);
  }
});

readme.run();
