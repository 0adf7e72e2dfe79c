/** The page of guarantees names tests, known bugs and faults. Each of them is there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { faultKinds as chaosKinds } from '../chaos/faults/all.js';
import { catalogue } from '../mutations/catalogue.js';
import { faultKinds } from '../simulation/fault-kinds.js';
import { assert, describe } from '../support/spec.js';
import { readPage, root } from './pages.js';

const spec = describe('the page of guarantees');
const page = readPage('docs/reference/guarantees.md');

/** What the lines that begin so name. */
function named(beginning: string): readonly string[] {
  const lines = page.split('\n').filter((line) => line.startsWith(`- ${beginning}: `));
  assert.ok(lines.length > 3, `there are lines of ${beginning}`);
  return lines.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

spec.test('every test that it names is there', () => {
  assert.equal(
    named('tests').filter((file) => !existsSync(join(root, file))),
    [],
  );
});

spec.test('every file that it names has a known bug that is found', () => {
  const files = new Set(catalogue.map(({ file }) => `src/${file}`));
  assert.equal(
    named('known bugs in').filter((file) => !files.has(file)),
    [],
  );
});

spec.test('every fault that it names is one', () => {
  assert.equal(
    named('simulation').filter((kind) => !(kind in faultKinds)),
    [],
  );
  assert.equal(
    named('chaos').filter((kind) => !(kind in chaosKinds)),
    [],
  );
});

spec.test('every promise names what holds it', () => {
  const promises = page.slice(page.indexOf('## Promises'), page.indexOf('## How soon')).split('\n### ').slice(1);
  assert.ok(promises.length > 5);
  for (const promise of promises) assert.match(promise, /\n- tests: .*\n- known bugs in: /);
});

spec.run();
