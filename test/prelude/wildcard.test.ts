import fc from 'fast-check';
import { hasForm, matchesWildcards } from '../../src/prelude/wildcard.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('patterns with wildcards');

spec.test('given short texts and patterns, then they match as the regular expression does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 6 });
  fc.assert(
    fc.property(letters, pattern, (text, form) => {
      const single = form.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      assert.is(matchesWildcards(text, form, { hasSingle: true }), new RegExp(`^${single}$`).test(text));
      const plain = form.replaceAll(/[.?]/g, '\\$&').replaceAll('*', '.*');
      assert.is(matchesWildcards(text, form), new RegExp(`^${plain}$`).test(text));
    }),
    { numRuns: 2000 },
  );
});

spec.test(
  'given a pattern of many stars and a long text that nearly fits, then it is told in so many steps as both are long',
  () => {
    const text = 'a'.repeat(1000);
    const pattern = ['*', 'a', '*', 'a', '*', 'a', '*', 'a', '*', 'a', '*', 'a', '*', 'a', '*', 'a', '*', 'b'];
    let steps = 0;
    const fits = (item: string, member: string) => {
      steps += 1;
      return item === member;
    };
    assert.is(
      hasForm([...text], pattern, (member) => member === '*', fits),
      false,
    );
    assert.ok(steps <= text.length * pattern.length, `${steps} steps`);
  },
);

spec.test('a character outside of the Basic Multilingual Plane is one', () => {
  assert.is(matchesWildcards('🦀', '?', { hasSingle: true }), true);
  assert.is(matchesWildcards('a🦀b', 'a*b'), true);
});

spec.run();
