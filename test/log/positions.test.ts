import fc from 'fast-check';
import type { Position } from '../../src/domain/events.js';
import { comparePositions } from '../../src/domain/positions.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the order of positions');

const compare = (a: string, b: string) => Math.sign(comparePositions(a as Position, b as Position));
const inOrder = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

spec.test('given single numbers of any length, then they are ordered as numbers', () => {
  fc.assert(fc.property(number, number, (a, b) => assert.is(compare(`${a}`, `${b}`), inOrder(a, b))));
  assert.equal([compare('9', '10'), compare('10', '9'), compare('99', '100'), compare('7', '7')], [-1, 1, -1, 0]);
});

spec.test('given two numbers each, then the first decides, and where it is the same, the second', () => {
  const few = fc.bigInt({ min: 8n, max: 12n });
  fc.assert(
    fc.property(few, few, few, few, (a1, a2, b1, b2) =>
      assert.is(compare(`${a1}/${a2}`, `${b1}/${b2}`), inOrder(a1, b1) || inOrder(a2, b2)),
    ),
  );
});

spec.test('given one number and two, then the one alone counts twice', () => {
  assert.equal([compare('10', '10/10'), compare('10', '10/9'), compare('9', '10/9')], [0, 1, -1]);
});

spec.run();
