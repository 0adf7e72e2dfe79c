import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastLine } from './index.js';

test('a receipt ends with its total', () => assert.equal(lastLine([{ quantity: 3, cents: 250 }]), 'total 7.50 €'));
