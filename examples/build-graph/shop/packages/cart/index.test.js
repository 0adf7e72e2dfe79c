import assert from 'node:assert/strict';
import { test } from 'node:test';
import { total } from './index.js';

test('an empty cart costs nothing', () => assert.equal(total([]), 0));

test('each line counts as often as it says', () =>
  assert.equal(
    total([
      { quantity: 2, cents: 500 },
      { quantity: 1, cents: 99 },
    ]),
    1099,
  ));
