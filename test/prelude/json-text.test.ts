/** JSON as people write it: read as JSON.parse reads it, except that what it would lose silently is refused. */
import fc from 'fast-check';
import { numberProblem, placeOf, readJsonText, textDepthMax } from '../../src/prelude/json-text.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('JSON in a file or a flag', { timeoutMs: 60_000 });

function told(text: string): string {
  const read = readJsonText(text);
  if (read._tag === 'Right') return `taken: ${JSON.stringify(read.right)}`;
  const { line, column } = placeOf(text, read.left.offset);
  return `${line}:${column}: ${read.left.reason}`;
}

/** The value, or nothing for text that is not JSON. */
function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 3 });
const json = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc.tuple(fc.jsonValue({ maxDepth: 4 }), blank).map(([value, gap]) => JSON.stringify(value, null, gap || 1)),
);
const hasTwin = /stands twice|more digits than are kept|is too large/;

spec.test('what JSON.parse takes is taken, with the same value', () => {
  fc.assert(
    fc.property(json, blank, (text, gap) => {
      const read = readJsonText(gap + text + gap);
      if (read._tag === 'Left') assert.match(read.left.reason, hasTwin);
      else assert.equal(read.right, JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

spec.test('what was cut, doubled or changed anywhere is taken exactly where JSON.parse takes it', () => {
  const junk = fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    'x',
    '0',
    '-',
    '.',
    'e',
    '\n',
    '\u0000',
    '\u00a0',
  );
  fc.assert(
    fc.property(json, fc.nat(), fc.nat(5), junk, (text, at, cut, put) => {
      const place = at % (text.length + 1);
      const spoilt = text.slice(0, place) + put + text.slice(place + cut);
      const read = readJsonText(spoilt);
      const native = parsed(spoilt);
      if (read._tag === 'Right') assert.equal([read.right], [native?.value]);
      else assert.ok(native === null || hasTwin.test(read.left.reason), spoilt);
      if (read._tag === 'Left') assert.ok(read.left.offset <= spoilt.length);
    }),
    { numRuns: 3000 },
  );
});

const refused: Readonly<Record<string, string>> = {
  '{"a":1,\n "b":2, "a":3}': '2:9: the name "a" stands twice in one object',
  '{"a":1,"\\u0061":2}': '1:8: the name "\\u0061" stands twice in one object',
  '[{"x":{"":1,"":2}}]': '1:13: the name "" stands twice in one object',
  '{"__proto__":1,"__proto__":2}': '1:16: the name "__proto__" stands twice in one object',
  '{"id":12345678901234567891}':
    '1:7: the number 12345678901234567891 has more digits than are kept; write it as text, in quotes',
  '[9007199254740993]': '1:2: the number 9007199254740993 has more digits than are kept; write it as text, in quotes',
  '[-1e999]': '1:2: the number -1e999 is too large',
  '': '1:1: it ends too early',
  '{"a":[1,2': '1:10: it ends too early',
  '{"a":\n"b': '2:1: the text that begins here has no end',
  '[1,]': '1:4: "]" cannot stand here; a value is expected',
  "{'a':1}": '1:2: "\'" cannot stand here; a name in double quotes is expected',
  '{"a" 1}': '1:6: "1" cannot stand here; a colon is expected',
  '[1 2]': '1:4: "2" cannot stand here; a comma or "]" is expected',
  '{} {}': '1:4: "{" cannot stand here; the value ends before it',
  '[NaN]': '1:2: "N" cannot stand here; a value is expected',
  '[01]': '1:2: this is not a number as JSON writes one',
  '[+1]': '1:2: "+" cannot stand here; a value is expected',
  '["\\x"]': '1:3: JSON has no such escape in a text',
  '["a\tb"]': '1:4: a text holds the control character U+0009; write it as an escape, such as \\n',
  '\u00a0[]': '1:1: U+00A0 cannot stand here; a value is expected',
  '// no\n[]': '1:1: "/" cannot stand here; a value is expected',
};
spec.test('what is lost or wrong is told with its place', () => {
  for (const [text, sentence] of Object.entries(refused)) assert.is(told(text), sentence);
});

spec.test('a text of any depth is looked through, and refused beyond a limit', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
    [' [ \n', '\n ] '],
  ] as const) {
    const deep = (levels: number) => open.repeat(levels) + '1' + close.repeat(levels);
    assert.is(readJsonText(deep(textDepthMax))._tag, 'Right');
    for (const levels of [textDepthMax + 1, 5000, 100_000]) {
      assert.match(told(deep(levels)), /it is nested too deep: more than 250 levels/);
    }
  }
});

spec.test('long texts, names and numbers are taken or refused as short ones are', () => {
  const long = 'x'.repeat(3_000_000);
  assert.is(readJsonText(JSON.stringify({ [long]: long, escaped: '\n'.repeat(1_000_000) }))._tag, 'Right');
  assert.match(told(`{"${long}":1,"${long}":2}`), /^1:3000007: the name "x{56}…" stands twice/);
  assert.match(told('9'.repeat(100_000)), /^1:1: the number 9{37}… is too large$/);
  const members = Array.from({ length: 200_000 }, (_, n) => `"k${n}":${n}`);
  assert.match(told(`{${members.join(',\n')},"k7":0}`), /^200000:\d+: the name "k7" stands twice/);
  assert.match(told(`{${members.join(',\n')},}`), /^200000:\d+: "\}" cannot stand here/);
});

spec.test('a number that JavaScript wrote itself is one it keeps', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.is(numberProblem(JSON.stringify(value)), null);
    }),
    { numRuns: 2000 },
  );
  assert.is(numberProblem('100000000000000000000'), null);
  assert.is(numberProblem('12345678901234567000'), null);
});
spec.run();
