import { oddTexts } from './odd-values.js';
import type { Random } from './random.js';

/** No input is longer: what decoders must bear is measured for inputs up to here. */
export const lengthMax = 64 * 1024;

/** What a mutation may take from: other inputs, and words that mean something to the decoder. */
export interface Material<Input> {
  readonly others: readonly Input[];
  readonly words: readonly string[];
}

type TextMutation = (text: string, random: Random, material: Material<string>) => string;

function range(text: string, random: Random): readonly [from: number, to: number] {
  const from = random.below(text.length + 1);
  return [from, Math.min(text.length, from + random.size(Math.max(2, text.length)))];
}

function between(text: string, at: number, inserted: string, to = at): string {
  return `${text.slice(0, at)}${inserted}${text.slice(to)}`;
}

const numbers = [
  '-1',
  '0',
  '1',
  '2',
  '-0',
  '255',
  '65536',
  '2147483648',
  '9007199254740993',
  '1e400',
  '1e-7',
  '00',
  '',
];

const mutations: readonly TextMutation[] = [
  (text, random) => between(text, random.below(text.length + 1), random.pick(oddTexts)),
  (text, random, { words }) =>
    words.length === 0 ? text : between(text, random.below(text.length + 1), random.pick(words)),
  (text, random, { words }) => {
    const [from, to] = range(text, random);
    return between(text, from, random.pick(words.length === 0 ? oddTexts : words), to);
  },
  (text, random) => {
    const [from, to] = range(text, random);
    return between(text, from, '', to);
  },
  (text, random) => {
    const [from, to] = range(text, random);
    return between(text, to, text.slice(from, to).repeat(random.size(8)));
  },
  (text, random) => {
    const [from, to] = range(text, random);
    return between(text, random.below(text.length + 1), text.slice(from, to));
  },
  (text, random) => between(text, random.below(text.length + 1), String.fromCharCode(random.size(0x10000))),
  (text, random) => {
    const at = random.below(text.length + 1);
    return between(text, at, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(7))), at + 1);
  },
  (text, random, { others }) => {
    if (others.length === 0) return text;
    const other = random.pick(others);
    const [from, to] = range(other, random);
    return between(text, random.below(text.length + 1), other.slice(from, to));
  },
  (text, random, { others }) => {
    if (others.length === 0) return text;
    const other = random.pick(others);
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
  },
  (text, random) => {
    const found = [...text.matchAll(/\d+(?:\.\d+)?/g)];
    if (found.length === 0) return text;
    const { 0: number, index } = random.pick(found);
    const near = String(Number(number) + (random.chance(0.5) ? 1 : -1));
    return between(text, index, random.chance(0.3) ? near : random.pick(numbers), index + number.length);
  },
  (text, random) => {
    const lines = text.split('\n');
    const line = lines.splice(random.below(lines.length), 1)[0]!;
    if (random.chance(0.7)) lines.splice(random.below(lines.length + 1), 0, line);
    if (random.chance(0.3)) lines.splice(random.below(lines.length + 1), 0, line);
    return lines.join('\n');
  },
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `\ufeff${text}`,
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => (random.chance(0.5) ? text.toUpperCase() : text.toLowerCase()),
  nested,
  repeated,
];

const brackets = [
  ['[', ']'],
  ['{"a":', '}'],
  ['(', ')'],
  ['{', '}'],
  ['- ', ''],
  ['!', ''],
  ['"', '"'],
  ['\\', ''],
] as const;

function nested(text: string, random: Random): string {
  const [open, close] = random.pick(brackets);
  const levels = random.size(4000);
  const [from, to] = range(text, random);
  const isClosed = random.chance(0.7);
  return between(
    text,
    from,
    `${open.repeat(levels)}${text.slice(from, to)}${isClosed ? close.repeat(levels) : ''}`,
    to,
  );
}

function repeated(text: string, random: Random, { words }: Material<string>): string {
  const piece = random.pick([...oddTexts, ...words, text.slice(0, 20), 'a', 'a*', '0']);
  const most = Math.max(1, Math.floor(lengthMax / Math.max(1, piece.length)));
  return between(text, random.below(text.length + 1), piece.repeat(random.size(most)));
}

/** A text like this one, with one to some changes. */
export function mutatedText(text: string, random: Random, material: Material<string>): string {
  let changed = text;
  for (let left = random.size(6); left > 0; left--) {
    changed = random.pick(mutations)(changed, random, material).slice(0, lengthMax);
  }
  return changed;
}
