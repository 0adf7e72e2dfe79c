/** Kinds of input: how one is changed, made smaller, and kept in a file of the corpus. */
import { mutatedBytes, mutatedPages } from './mutate-bytes.js';
import { mutatedJson } from './mutate-json.js';
import { lengthMax, type Material, mutatedText } from './mutate-text.js';
import { oddTexts } from './odd-values.js';
import type { Random } from './random.js';

export interface Kind<Input> {
  /** A new input like this one. */
  mutated(input: Input, random: Random, material: Material<Input>): Input;
  size(input: Input): number;
  /** Smaller inputs like this one, the smallest first. */
  smaller(input: Input): readonly Input[];
  write(input: Input): Uint8Array;
  read(bytes: Uint8Array): Input;
}

/** Parts of a sequence left out: halves first, then smaller and smaller pieces. */
function* withoutParts(length: number): Generator<readonly [from: number, to: number]> {
  for (let parts = 2; parts <= 16; parts *= 2) {
    const size = Math.ceil(length / parts);
    for (let from = 0; from < length; from += size) yield [from, Math.min(length, from + size)];
    if (size === 1) return;
  }
}

/**
 * A text in a corpus is kept as it is if it is well-formed Unicode. Otherwise, or if it would be taken for that, it is kept
 * as JSON after this mark.
 */
const asJson = Buffer.from('fuzz-json:');

function writeText(text: string): Uint8Array {
  const plain = Buffer.from(text);
  const isKept = plain.toString() === text && !text.startsWith(asJson.toString());
  return isKept ? plain : Buffer.concat([asJson, Buffer.from(JSON.stringify(text))]);
}

function readText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  return text.startsWith(asJson.toString()) ? (JSON.parse(text.slice(asJson.length)) as string) : text;
}

const textLike = {
  size: (text: string) => text.length,
  smaller: (text: string) => [...withoutParts(text.length)].map(([from, to]) => text.slice(0, from) + text.slice(to)),
  write: writeText,
  read: readText,
};

export const text: Kind<string> = { ...textLike, mutated: mutatedText };

/** Text that is JSON, whose structure is changed. */
export const json: Kind<string> = { ...textLike, mutated: mutatedJson };

function bytesOf(bytesMax: number, mutated: Kind<Uint8Array>['mutated']): Kind<Uint8Array> {
  return {
    mutated,
    size: (bytes) => bytes.length,
    smaller: (bytes) =>
      bytes.length > bytesMax
        ? []
        : [...withoutParts(bytes.length)].map(([from, to]) =>
            Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
          ),
    write: (bytes) => bytes,
    read: (bytes) => bytes,
  };
}

export const bytes = bytesOf(lengthMax, (input, random, material) => mutatedBytes(input, random, material, lengthMax));

/** A file that consists of pages, as a database does. */
export const pages = bytesOf(lengthMax, (input, random, material) =>
  random.chance(0.3) ? mutatedPages(input, random) : mutatedBytes(input, random, material, 4 * 1024 * 1024),
);

function mutatedWords(
  words: readonly string[],
  random: Random,
  material: Material<readonly string[]>,
): readonly string[] {
  const changed = [...words];
  const fresh = () => random.pick([...material.words, ...material.words, ...oddTexts]);
  for (let left = random.size(5); left > 0; left--) {
    const at = random.below(changed.length + 1);
    switch (random.below(6)) {
      case 0:
        changed.splice(at, 1);
        break;
      case 1:
        changed.splice(at, 0, fresh());
        break;
      case 2:
        if (at < changed.length) changed[at] = fresh();
        break;
      case 3:
        if (at < changed.length) changed.splice(random.below(changed.length), 0, changed[at]!);
        break;
      default: {
        const other = { others: [], words: material.words };
        if (at < changed.length) changed[at] = mutatedText(changed[at]!, random, other).slice(0, 2000);
      }
    }
  }
  return changed;
}

/** Words of a command line, and other lists of texts. */
export const words: Kind<readonly string[]> = {
  mutated: mutatedWords,
  size: (input) => input.reduce((sum, word) => sum + word.length, 0),
  smaller: (input) => input.map((_, at) => input.filter((__, index) => index !== at)),
  write: (input) => Buffer.from(JSON.stringify(input)),
  read: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as string[],
};
