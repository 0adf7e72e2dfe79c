import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describe } from '../support/spec.js';
import { casesIn, casesInNotes, casesOf, ranges, readCoverage } from './coverage.js';

const spec = describe('coverage of the cases of Overseer');

spec.test('each case is either tested or left out for a reason', () => {
  const { covered, leftOut, problems } = readCoverage();
  assert.equal(problems, []);
  assert.is(covered.length + leftOut.length, 228);
});

spec.test('cases are read from a page by number, mark and sentence', () => {
  assert.equal(
    casesOf('# A page\n\n1. MATCH: one.\n2. MATCH, BEAT: two\n   lines.\n3. LEFT OUT: it.\n4. OTHER: no.\n5. BEAT:\n'),
    [
      { number: 1, mark: 'MATCH', sentence: 'one.' },
      { number: 2, mark: 'MATCH, BEAT', sentence: 'two lines.' },
      { number: 3, mark: 'LEFT OUT', sentence: 'it.' },
    ],
  );
});

const notes = casesInNotes();
const titleOfNotes = 'the page has the numbers and marks of the notes it was written from';
if (notes === null) spec.skip(titleOfNotes, 'the notes on Overseer, shared/overseer/cases.md, are not at hand');
else {
  spec.test(titleOfNotes, () => {
    const onPage = casesOf(readFileSync(join(import.meta.dirname, 'cases.md'), 'utf8'));
    // What is left out would have to be matched.
    const marks = onPage.map(({ number, mark }) => `${number} ${mark === 'LEFT OUT' ? 'MATCH' : mark}`);
    assert.equal(marks, notes);
  });
}

spec.test(
  'numbers are read from the titles of tests, not from other words, and not from tests that are skipped',
  () => {
    const source = `
    // case 1: only a comment
    spec.test('case 2: given this', () => {});
    onEveryStore(spec, "case 3: given that", async () => {});
    for (const [title] of [[\`case 4: one\`], ['cases 5, 6: both']]) test(title, () => {});
    spec.test('in case 7: nothing', () => {});
    spec.test('case 8:', () => {});
    spec.skip('case 9: given this', 'not here');
  `;
    assert.equal(casesIn(source), [2, 3, 4, 5, 6]);
  },
);

spec.test('numbers are shown as ranges', () => {
  assert.is(ranges([1, 2, 3, 5, 7, 8]), '1–3, 5, 7–8');
  assert.is(ranges([]), '');
});

spec.test('the script says the same', () => {
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/case-coverage.ts'], {
    encoding: 'utf8',
  });
  assert.is(status, 0);
  assert.match(stdout, /^228 cases: \d+ tested, \d+ left out$/m);
});

spec.run();
