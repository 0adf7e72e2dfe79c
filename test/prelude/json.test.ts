/** Values of JSON at any depth: what may be stored, and the functions that walk over it. */
import vm from 'node:vm';
import fc from 'fast-check';
import { wordsFor } from '../../src/prelude/errors.js';
import {
  canonicalJson,
  copied,
  frozen,
  isNestedDeeper,
  isPlainObject,
  type Json,
  jsonText,
  nestingMax,
  toJson,
} from '../../src/prelude/json.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('values of JSON', { timeoutMs: 60_000 });

const wraps: Readonly<Record<string, (inner: unknown) => unknown>> = {
  list: (inner) => [inner],
  object: (inner) => ({ a: inner }),
  'a list among others': (inner) => [1, inner, 'x'],
  'an object among others': (inner) => ({ a: 1, b: inner, c: null }),
};

for (const [name, wrap] of Object.entries(wraps)) {
  spec.test(`depths from 1 to 100,000, by ${name}: kept up to ${nestingMax}, refused beyond`, () => {
    let value: unknown = 1;
    let wrong = 0;
    for (let depth = 1; depth <= 100_000; depth++) {
      value = wrap(value);
      // Every depth around the limit; after that, every 97th.
      if (depth > 5 * nestingMax && depth % 97 !== 0) continue;
      if ((toJson(value, 'value')._tag === 'Right') !== depth <= nestingMax) wrong += 1;
    }
    assert.is(wrong, 0);
  });
}

spec.test('what walks over a value does so at any depth', () => {
  for (const wrap of Object.values(wraps)) {
    let value: unknown = 1;
    for (let depth = 1; depth <= 100_000; depth++) value = wrap(value);
    const text = jsonText(value as Json);
    assert.is(isNestedDeeper(text, 99_999), true);
    assert.is(isNestedDeeper(text, 100_000), false);
    assert.is(Object.isFrozen(frozen(value)), true);
    let inner: unknown = value;
    for (let depth = 0; depth < 100_000 - 1; depth++) {
      inner = Object.values(inner as object).find((item) => typeof item === 'object' && item !== null);
    }
    assert.is(Object.isFrozen(inner), true);
    assert.is(jsonText(JSON.parse(text) as Json), text);
  }
});

spec.test('a text is as deep as its value, whatever stands in its strings', () => {
  const depthOf = (value: unknown): number =>
    typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
  const odd = fc.oneof(fc.constantFrom('[[[[', '{"', '\\"[', '\\\\', '"]}"', '\\\\\\"{{'), fc.string());
  const { value: values } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'large' },
      odd,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(odd, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(values, fc.nat({ max: 3 }), (value, aside) => {
      // So long that its length allows no short cut.
      const text = `${JSON.stringify(value)}${' '.repeat(200)}`;
      const depth = depthOf(value);
      assert.is(isNestedDeeper(text, depth), false);
      if (depth > aside) assert.is(isNestedDeeper(text, depth - 1 - aside), true);
    }),
    { numRuns: 500 },
  );
});

spec.test('a copy is equal and shares nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const original = JSON.parse(JSON.stringify(value)) as Json;
      const copy = copied(frozen(original));
      assert.is(JSON.stringify(copy), JSON.stringify(original));
      if (typeof copy === 'object' && copy !== null) assert.is(Object.isFrozen(copy), false);
    }),
  );
  const odd = JSON.parse('{"__proto__":{"a":[1]},"constructor":2}') as Json;
  assert.is(JSON.stringify(copied(odd)), JSON.stringify(odd));
});

spec.test('an object is plain by what it is, in whichever realm it was made', () => {
  class Point {}
  class Alone extends (null as unknown as new () => object) {}
  const plain: readonly unknown[] = [
    {},
    Object.create(null),
    JSON.parse('{}'),
    elsewhere('({})'),
    elsewhere('Object.create(null)'),
    elsewhere('JSON.parse("{}")'),
    structuredClone({}),
  ];
  const others: readonly unknown[] = [
    [],
    null,
    1,
    'x',
    new Point(),
    Object.create(Alone.prototype),
    Object.create({}),
    new Map(),
    new Date(),
    new Error('x'),
    () => 1,
    elsewhere('[]'),
    elsewhere('new Map()'),
    elsewhere('new (class A {})()'),
    elsewhere('new Error("x")'),
    Object.create(Object.create(null) as object),
  ];
  assert.equal(
    plain.map(isPlainObject),
    plain.map(() => true),
  );
  assert.equal(
    others.map(isPlainObject),
    others.map(() => false),
  );
});

spec.test('anything thrown has words, and none throws', () => {
  const throwing = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no');
      },
      getPrototypeOf: () => {
        throw new Error('no');
      },
    },
  );
  const things: readonly unknown[] = [
    new Error('said'),
    elsewhere('new TypeError("said")'),
    'said',
    null,
    undefined,
    5,
    10n,
    Symbol('said'),
    {},
    [],
    Object.create(null),
    throwing,
    {
      toString: () => {
        throw new Error('no');
      },
    },
  ];
  for (const thing of things) assert.is(typeof wordsFor(thing), 'string');
  assert.equal([wordsFor(things[0]), wordsFor(things[1]), wordsFor(things[2])], ['said', 'said', 'said']);
});

function elsewhere(script: string): unknown {
  return vm.runInNewContext(script);
}

/** Canonical JSON by its definition: an object made anew from its entries in order. Ids of graphs are made from it. */
function byDefinition(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(byDefinition);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, byDefinition(item)]));
}

const key = fc.oneof(
  fc.string(),
  fc.integer().map(String),
  fc.constantFrom('4294967294', '4294967295', '01', '__proto__'),
);
const objects = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }) as fc.Arbitrary<Json>,
  ),
})).value;

spec.test('canonical JSON is that of objects made anew from their entries in order, whatever the keys', () => {
  fc.assert(
    fc.property(objects, (value) => assert.is(canonicalJson(value), JSON.stringify(byDefinition(value)))),
    { numRuns: 500 },
  );
});

spec.test(
  'canonical JSON of what is nested as deep as may be, with nothing in order, takes no longer than its length',
  () => {
    let value: Json = 1;
    for (let depth = 0; depth < nestingMax; depth++) value = { b: value, a: [value === 1] };
    assert.is(canonicalJson(value), JSON.stringify(byDefinition(value)));
  },
);

spec.run();
