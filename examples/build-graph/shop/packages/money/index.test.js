import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shown, sum } from './index.js';

test('amounts add up', () => assert.equal(sum([1999, 1]), 2000));

test('an amount has two decimals', () => assert.equal(shown(1050), '10.50 €'));
