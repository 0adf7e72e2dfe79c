import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { cleanJson, cleanText } from '../../src/prelude/clean-text.js';
import { cleanLine, paintOf, terminalLine } from '../../src/cli/output/paint.js';
import { graphDot } from '../../src/cli/output/drawings/graph-dot.js';
import { escaped } from '../../src/cli/output/drawings/svg.js';
import { rowLines } from '../../src/cli/output/table.js';
import { inShort, shellWord } from '../../src/prelude/phrases.js';
import { assert, describe } from '../support/spec.js';

const cleaning = describe('text for a terminal');

/** What no output may contain. */
const forbidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e0fff}]|\p{Cs}/u;

/** Which form of an ideograph or emoji is meant. There a selector is no smuggler, and is kept. */
const variants = /(?<=[\p{Emoji}\p{Ideographic}])\p{Variation_Selector}/gu;

const cases: readonly (readonly [what: string, text: string, clean: string])[] = [
  ['a colour', 'a\u001b[31mb', 'a\\u001b[31mb'],
  ['a title', '\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
  ['a link', '\u001b]8;;http://x\u001b\\y', '\\u001b]8;;http://x\\u001b\\y'],
  ['C1 in place of an escape', '\u009b2J', '\\u009b2J'],
  ['a next line of C1', 'a\u0085b', 'a\\u0085b'],
  ['a line feed', 'a\nb', 'a\\nb'],
  ['a carriage return and a tab', 'a\rb\tc', 'a\\rb\\tc'],
  ['a backspace and a delete', 'a\bb\u007f', 'a\\u0008b\\u007f'],
  ['nothing', '\u0000', '\\u0000'],
  ['line separators', '\u2028\u2029', '\\u2028\\u2029'],
  ['writing turned round', 'a\u202eb\u2066c\u2069', 'a\\u202eb\\u2066c\\u2069'],
  ['marks of direction', '\u200e\u200f\u061c', '\\u200e\\u200f\\u061c'],
  ['what has no width', 'a\u200bb\u2060c\ufeffd\u00ade', 'a\\u200bb\\u2060c\\ufeffd\\u00ade'],
  ['joiners in Latin', 'ad\u200dmin a\u200cb', 'ad\\u200dmin a\\u200cb'],
  ['tags', 'x\u{e0041}\u{e007f}', 'x\\udb40\\udc41\\udb40\\udc7f'],
  ['halves of a character', 'a\ud83db\udc00', 'a\\ud83db\\udc00'],
  ['what is no character', '\ufffe\uffff\u{1ffff}', '\\ufffe\\uffff\\ud83f\\udfff'],
  ['letters nobody sees', '\u3164\u115f\uffa0', '\\u3164\\u115f\\uffa0'],
  ['notes between the lines', '\ufff9a\ufffab\ufffb', '\\ufff9a\\ufffab\\ufffb'],
  ['a smuggled variant', 'a\u{e0100}\ufe00b', 'a\\udb40\\udd00\\ufe00b'],
];

for (const [what, text, clean] of cases) {
  cleaning.test(what, () => {
    assert.is(cleanText(text), clean);
    assert.is(terminalLine(text), clean);
    assert.not.match(escaped(text), forbidden);
    assert.not.match(inShort(text, 80), forbidden);
    for (const line of rowLines([[text, 'x']])) assert.not.match(line, forbidden);
    const json = JSON.stringify({ [text]: [text] });
    assert.not.match(cleanJson(json), forbidden);
    assert.equal(JSON.parse(cleanJson(json)), JSON.parse(json));
  });
}

cleaning.test('what people write is left alone', () => {
  for (const text of [
    'page-1',
    'Größe, naïve, 東京, עברית, عربي, हिन्दी',
    '👍🏽 ❤️ 👨‍👩‍👧 🏳️‍🌈 1️⃣ 🇨🇭',
    'می‌خواهم',
    'क्‍ष',
    '葛\u{e0100}',
    '\u00a0 non-breaking, and … – “quotes”',
  ])
    assert.is(cleanText(text), text);
});

cleaning.test('any text at all comes out harmless, and any JSON the same', () => {
  const anyText = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(anyText, fc.json({ stringUnit: 'binary' }), (text, json) => {
      assert.not.match(terminalLine(text).replaceAll(variants, ''), forbidden);
      assert.equal(JSON.parse(cleanJson(json)), JSON.parse(json));
    }),
    { numRuns: 500, examples: [['㐀\u{e0100}', '[]']] },
  );
});

cleaning.run();

const colours = describe('colours');
const paint = paintOf(true);

colours.test('ours arrive, also around each other and around what is foreign', () => {
  assert.is(terminalLine(`a ${paint.green('b')} c`), 'a \u001b[32mb\u001b[39m c');
  assert.is(terminalLine(paint.bold(paint.red('b'))), '\u001b[1m\u001b[31mb\u001b[39m\u001b[22m');
  assert.is(terminalLine(paint.dim('a\u001b[31mb')), '\u001b[2ma\\u001b[31mb\u001b[22m');
  assert.is(terminalLine(paint.red(paint.green('a') + 'b')), '\u001b[31m\u001b[32ma\u001b[31mb\u001b[39m');
  assert.is(terminalLine(paintOf(false).red('a')), 'a');
});

colours.test('a mark that was guessed is none', () => {
  for (const guess of ['1;1;1;1;32', '1000;1000;1000;1000;32', '32;9999', '32', '32;'])
    assert.is(terminalLine(`\u001b[${guess}m`), `\\u001b[${guess}m`);
});

colours.test('a table measures what is seen', () => {
  const lines = rowLines([
    [paint.green('abc'), 'x'],
    ['\u001b[2J', 'y'],
  ]).map((line) => cleanLine(line));
  assert.equal(lines.map(terminalLine), ['\u001b[32mabc\u001b[39m        x', '\\u001b[2J  y']);
});

colours.run();

const elsewhere = describe('text for other programs');

elsewhere.test('a shell reads a word as it was, and shows it harmless', () => {
  for (const word of [
    'a b',
    "it's",
    'g\u202e1',
    "x\u0007'y\\z",
    'tag\u{e0041}',
    'two\nlines',
    '\u009b2Jf',
    '$HOME `x` "y"',
  ]) {
    assert.not.match(shellWord(word), forbidden);
    const { stdout } = spawnSync('bash', ['-c', `printf %s ${shellWord(word)}`], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    assert.is(stdout, word);
  }
});

elsewhere.test('Graphviz gets two lines of a label, and no more', () => {
  const job = { id: 'a\\n"\u202eb', derivedStatus: 'ready', attempt: 0, parents: [] };
  const dot = graphDot({ id: 'g', jobs: { a: job } } as never);
  assert.match(dot, '"a\\\\n\\"\\\\u202eb" [label="a\\\\n\\"\\\\u202eb\\nready"');
});

elsewhere.test('a text is not cut in the middle of a character', () => {
  assert.is(inShort('abc😀def', 5), 'abc…');
  assert.is(inShort('abc😀def', 6), 'abc😀…');
});

elsewhere.run();
