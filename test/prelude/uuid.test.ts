import { newUuid } from '../../src/prelude/uuid.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('fresh ids');

spec.test('given many, then each is a random UUID as RFC 9562 writes it, and none comes twice', () => {
  const ids = Array.from({ length: 20_000 }, newUuid);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.is(new Set(ids).size, ids.length);
});

spec.test('given many, then every bit that is free to be random is as often set as not', () => {
  const count = 20_000;
  const set = Array.from({ length: 128 }, () => 0);
  for (let n = 0; n < count; n++) {
    const bytes = Buffer.from(newUuid().replaceAll('-', ''), 'hex');
    for (let bit = 0; bit < 128; bit++) set[bit]! += (bytes[bit >> 3]! >> (7 - (bit & 7))) & 1;
  }
  const fixed = new Map([48, 49, 50, 51, 64, 65].map((bit, index) => [bit, [0, 1, 0, 0, 1, 0][index]! * count]));
  for (const [bit, times] of set.entries()) {
    // Eight standard deviations: chance alone will not do that.
    const [expected, most] = fixed.has(bit) ? [fixed.get(bit)!, 0] : [count / 2, 4 * Math.sqrt(count)];
    assert.ok(Math.abs(times - expected) <= most, `bit ${bit} is set ${times} times in ${count}`);
  }
});

spec.run();
