import { randomFillSync } from 'node:crypto';

/** Random bytes, drawn for many ids at a time. */
const drawn = new Uint8Array(16 * 256);
let used = drawn.length;

const digits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const dash = 45;

/**
 * A fresh random UUID (version 4 of RFC 9562). Node's own is put together from pieces, and V8 keeps it as a tree of them:
 * twenty times as large, and flattened when it is first looked at.
 */
export function newUuid(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const from = used;
  used += 16;
  const high = (index: number) => digits[drawn[from + index]! >> 4]!;
  const low = (index: number) => digits[drawn[from + index]! & 15]!;
  const version = digits[4]!;
  const variant = digits[8 | ((drawn[from + 8]! >> 4) & 3)]!;
  // prettier-ignore
  return String.fromCharCode(
    high(0), low(0), high(1), low(1), high(2), low(2), high(3), low(3), dash,
    high(4), low(4), high(5), low(5), dash,
    version, low(6), high(7), low(7), dash,
    variant, low(8), high(9), low(9), dash,
    high(10), low(10), high(11), low(11), high(12), low(12), high(13), low(13), high(14), low(14), high(15), low(15),
  );
}
