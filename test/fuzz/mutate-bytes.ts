import type { Material } from './mutate-text.js';
import type { Random } from './random.js';

type Bytes = Uint8Array;
type BytesMutation = (bytes: Bytes, random: Random, material: Material<Bytes>) => Bytes;

const oddBytes = [0, 1, 0x0a, 0x7f, 0x80, 0xc0, 0xed, 0xff];
const oddNumbers = [0, 1, -1, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const page = 4096;

function range(bytes: Bytes, random: Random): readonly [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.size(Math.max(2, bytes.length)))];
}

function between(bytes: Bytes, from: number, inserted: Bytes, to = from): Bytes {
  return Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(to)]);
}

/** A copy with some bytes overwritten. */
function overwritten(bytes: Bytes, at: number, by: Bytes): Bytes {
  const copy = Buffer.from(bytes);
  copy.set(by.subarray(0, Math.max(0, copy.length - at)), at);
  return copy;
}

function number(random: Random): Bytes {
  const text = Buffer.alloc(4);
  const value = random.pick(oddNumbers);
  if (random.chance(0.5)) text.writeUInt32BE(value >>> 0);
  else text.writeUInt32LE(value >>> 0);
  return random.chance(0.5) ? text : text.subarray(2);
}

/** Changes that keep the length. */
const inPlace: readonly BytesMutation[] = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    return overwritten(bytes, at, Buffer.from([bytes[at]! ^ (1 << random.below(8))]));
  },
  (bytes, random) => overwritten(bytes, random.below(bytes.length), Buffer.from([random.pick(oddBytes)])),
  (bytes, random) => overwritten(bytes, random.below(bytes.length), number(random)),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return overwritten(bytes, from, Buffer.alloc(to - from, random.pick(oddBytes)));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return overwritten(bytes, random.below(bytes.length), bytes.subarray(from, to));
  },
];

const resizing: readonly BytesMutation[] = [
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return between(bytes, from, new Uint8Array(), to);
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return between(bytes, to, bytes.subarray(from, to));
  },
  (bytes, random) =>
    between(bytes, random.below(bytes.length + 1), Buffer.alloc(random.size(300), random.pick(oddBytes))),
  (bytes, random, { words }) =>
    words.length === 0 ? bytes : between(bytes, random.below(bytes.length + 1), Buffer.from(random.pick(words))),
  (bytes, random, { others }) => {
    if (others.length === 0) return bytes;
    const other = random.pick(others);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

/** Bytes like these, with one to some changes. */
export function mutatedBytes(bytes: Bytes, random: Random, material: Material<Bytes>, bytesMax: number): Bytes {
  let changed = bytes;
  for (let left = random.size(6); left > 0; left--) {
    const mutations = changed.length === 0 || random.chance(0.4) ? resizing : inPlace;
    changed = random.pick(mutations)(changed, random, material).subarray(0, bytesMax);
  }
  return changed;
}

/** Changes that a file of pages suffers: a page lost, doubled, zeroed, or in the place of another. */
export function mutatedPages(file: Bytes, random: Random): Bytes {
  const pages = Math.max(1, Math.ceil(file.length / page));
  const some = () => random.below(pages) * page;
  const content = (at: number) => file.subarray(at, at + page);
  switch (random.below(5)) {
    case 0:
      return file.subarray(0, some());
    case 1:
      return overwritten(file, some(), Buffer.alloc(page));
    case 2:
      return overwritten(file, some(), content(some()));
    case 3:
      return between(file, some(), new Uint8Array(), some());
    default: {
      const [a, b] = [some(), some()];
      return overwritten(overwritten(file, a, content(b)), b, content(a));
    }
  }
}
