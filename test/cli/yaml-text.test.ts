/** YAML as people write it: read as the library reads it; what the library would lose, or never finish reading, is refused. */
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { readYamlText } from '../../src/cli/input/yaml-text.js';
import { placeOf } from '../../src/prelude/json-text.js';
import { right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('YAML in a file or a setting', { timeoutMs: 60_000 });

function told(text: string): string {
  const read = readYamlText(text);
  if (read._tag === 'Right') return `taken: ${JSON.stringify(read.right)}`;
  const { line, column } = placeOf(text, read.left.offset);
  return `${line}:${column}: ${read.left.reason}`;
}

spec.test('what the library writes is read as it was, in block and in flow style', () => {
  const styles = fc.record({
    collectionStyle: fc.constantFrom('block' as const, 'flow' as const, 'any' as const),
    aliasDuplicateObjects: fc.constant(false),
  });
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), styles, (value, style) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      assert.equal(right(readYamlText(stringify(plain, { version: '1.2', ...style }))), plain);
    }),
    { numRuns: 150 },
  );
});

const same: readonly string[] = [
  '',
  '# nothing',
  '---\na: 1\n...\n',
  'a: &x { b: 1 }\nc: *x\nd: [*x, *x]',
  'base: &b { x: 1, y: 1 }\none: { <<: *b, y: 2 }\ntwo: { y: 2, <<: *b }',
  'a: &a { x: 1 }\nb: &b { x: 2, z: 2 }\nc: { <<: [*a, *b], w: 0 }',
  'a: &a { x: 1 }\nb: { <<: *a }\nc: &a { x: 2 }\nd: { <<: *a }',
  '"<<": 1',
  '- <<',
  '~: x',
  '1: a\n2.5: b\ntrue: c',
  '&k key: *k',
  'a: |\n  one\n  two\nb: >-\n  one\n  two',
  'a: 0x10\nb: 0o17\nc: 1e3\nd: +5\ne: -0.5\nf: "012"\ng: !!str 12',
  '? a\n? b',
  '%YAML 1.1\n---\nyes: no',
];
spec.test('aliases, merges, keys and scalars come to what the library makes of them', () => {
  for (const text of same) {
    const [mine, theirs] = [right(readYamlText(text)), parse(text, { merge: true, logLevel: 'silent' }) as unknown];
    assert.is(JSON.stringify(mine), JSON.stringify(theirs), text);
  }
});

spec.test('a key such as __proto__ stays data', () => {
  const read = right(readYamlText('a: &a { __proto__: { x: 1 } }\nb: { <<: *a }')) as Record<string, object>;
  assert.equal(Object.keys(read['b']!), ['__proto__']);
  assert.is(Object.getPrototypeOf(read['b']), Object.prototype);
});

const bomb = (levels: number, width: number) =>
  Array.from(
    { length: levels },
    (_, n) =>
      `a${n}: &a${n} [${Array(width)
        .fill(n === 0 ? 'x' : `*a${n - 1}`)
        .join(', ')}]`,
  );

const refused: readonly (readonly [text: string, sentence: RegExp])[] = [
  ['a: 1\nb: 2\na: 3', /^3:1: the key "a" is given twice in one mapping$/],
  ['a: 1\n"a": 2', /^2:1: the key "a" is given twice/],
  ['1: a\n"1": b', /^2:1: the key "1" is given twice/],
  ['x: { a: 1, b: { c: 1, c: 2 } }', /^1:23: the key "c" is given twice/],
  ['&k a: 1\n*k : 2', /^2:1: the key "a" is given twice/],
  ['a: *nobody', /^1:4: Unresolved alias/],
  ['a: &a [*a]', /^1:8: Unresolved alias/],
  ['? [a]\n: b', /^1:3: a key is a list or a mapping; give text$/],
  ['? { a: 1 }\n: b', /^1:3: a key is a list or a mapping/],
  ['a: 1\n<<: 5', /^2:1: what << merges is not a mapping$/],
  ['<<: [{ a: 1 }, 7]', /^1:1: what << merges is not a mapping$/],
  ['a\n---\nb', /^2:1: it holds several documents; give one$/],
  ['a: !mine x', /^1:4: Unresolved tag: !mine$/],
  ['id: 12345678901234567891', /^1:5: the number 12345678901234567891 has more digits than are kept/],
  ['12345678901234567891: id', /^1:1: the number 12345678901234567891 has more digits/],
  ['a: .inf', /^1:4: \.inf is not a number that can be stored$/],
  ['a: .nan', /^1:4: \.nan is not a number/],
  ['a: 1e999', /^1:4: 1e999 is not a number/],
  ['a: b: c', /^1:4: Nested mappings are not allowed/],
  ['\ta: 1', /^1:1: Tabs are not allowed/],
  ['a: "x', /Missing closing "quote/],
  ['['.repeat(100_000), /it is nested too deep: more than 250 levels/],
  ['{a: '.repeat(20_000), /it is nested too deep/],
  ['- '.repeat(20_000), /it is nested too deep/],
  ['? '.repeat(20_000), /it is nested too deep/],
  [`${'['.repeat(251)}${']'.repeat(251)}`, /it is nested too deep/],
  [bomb(9, 10).join('\n'), /^6:\d+: its aliases repeat more than 1000000 values$/],
  [
    [...bomb(6, 10), 'm: &m { k: *a5 }', ...Array.from({ length: 20 }, (_, n) => `m${n}: { <<: *m }`)].join('\n'),
    /its aliases repeat/,
  ],
  [
    Array.from({ length: 300 }, (_, n) => `a${n}: &a${n} [${n === 0 ? 1 : `*a${n - 1}`}]`).join('\n'),
    /^250:\d+: it is nested too deep/,
  ],
];
for (const [text, sentence] of refused) {
  spec.test(`refused: ${JSON.stringify(text.slice(0, 40))} (${text.length})`, () => assert.match(told(text), sentence));
}

spec.test('of what is nothing but mistakes, the first is told', () => {
  assert.match(told(`[${','.repeat(50_000)}]`), /^1:3: Unexpected , in flow sequence$/);
  assert.match(told('- ]\n'.repeat(50_000)), /^1:3: Unexpected flow-seq-end/);
  assert.match(told('!a '.repeat(50_000)), /^1:4: A node can have at most one tag$/);
  assert.match(told('%A\n'.repeat(50_000)), /^1:1: Unknown directive/);
});

spec.test('a mapping of a hundred thousand keys is read, and its one key too many found', () => {
  const keys = Array.from({ length: 100_000 }, (_, n) => `key-${n}: ${n}`).join('\n');
  assert.is(Object.keys(right(readYamlText(keys)) as object).length, 100_000);
  assert.is(told(`${keys}\nkey-500: again`), '100001:1: the key "key-500" is given twice in one mapping');
});

spec.test('many defaults merged into many jobs are no bomb', () => {
  const jobs = Array.from({ length: 5000 }, (_, n) => `job-${n}: { <<: *base, n: ${n} }`);
  const read = right(readYamlText(['base: &base { type: x, retry: { maximumAttempts: 3 } }', ...jobs].join('\n')));
  assert.equal((read as Record<string, unknown>)['job-4999'], { type: 'x', retry: { maximumAttempts: 3 }, n: 4999 });
});
spec.run();
