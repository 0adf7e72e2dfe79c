import { createRequire } from 'node:module';
import type * as StringWidth from 'string-width';
import { Memo } from '../../prelude/memo.js';

type Library = typeof StringWidth;
let loaded: Library | undefined;

/** Loaded when there is other text than most: that takes a sixth of the time of a short command. */
function library(): Library {
  return (loaded ??= createRequire(import.meta.url)('string-width') as Library);
}

const colour = /\u001b\[[\d;]*m/y;
const colours = new RegExp(colour, 'g');
/** ASCII, and what this program itself draws with: a column each. */
const isNarrow = /^[ -~·×…←→\u2581-\u2588░▒●]*$/;

/** Other sequences of control characters than colours: what is in them takes no columns. */
const controls = /[\u001b\u0080-\u009f]/;
/**
 * Plain characters between plain characters take a column each, whatever stands around them: no character is put together
 * from two of these. The library takes long for each.
 */
const plainWithin = /(?<=[ -~])[ -~]+(?=[ -~])/g;

/** How many columns of a terminal a line takes. Colours take none, characters of some scripts two. */
export function widthOf(line: string): number {
  const text = line.replaceAll(colours, '');
  if (isNarrow.test(text)) return text.length;
  if (controls.test(text)) return library().default(line);
  const others = text.replaceAll(plainWithin, '');
  return text.length - others.length + library().default(others);
}

/** Which part of a text gives way when there is too little room: what stands last, or what stands between both ends. */
export type CutAt = 'end' | 'middle';

/** The line, cut with `…` to a number of columns. The colours in it begin and end as before. */
export function cutLine(line: string, columns: number, at: CutAt = 'end'): string {
  if (widthOf(line) <= columns) return line;
  const all = pieces(line);
  const room = Math.max(0, columns - 1);
  const tailRoom = at === 'end' ? 0 : Math.floor(room / 2);
  const head = countWithin(all, room - tailRoom);
  const tail = tailRoom === 0 ? 0 : countWithin(all.toReversed(), tailRoom);
  const from = all.length - tail;
  const colours = all.slice(head, from).filter(({ isColour }) => isColour);
  return `${textOf(all.slice(0, head))}…${textOf(colours)}${textOf(all.slice(from))}`;
}

/** A character, or the beginning or end of a colour. */
interface Piece {
  readonly text: string;
  readonly width: number;
  readonly isColour: boolean;
}

function textOf(some: readonly Piece[]): string {
  return some.map(({ text }) => text).join('');
}

/** How many pieces from one on take at most so many columns. */
function countWithin(some: readonly Piece[], columns: number, from = 0): number {
  let left = columns;
  for (let index = from; index < some.length; index++) if ((left -= some[index]!.width) < 0) return index - from;
  return some.length - from;
}

/** Characters recur, and the library takes long for each. */
const characterWidths = new Memo(widthOf);

function pieces(line: string): readonly Piece[] {
  const found: Piece[] = [];
  for (let at = 0; at < line.length;) {
    colour.lastIndex = at;
    const code = colour.exec(line)?.[0];
    const text = code ?? String.fromCodePoint(line.codePointAt(at)!);
    found.push({ text, width: code === undefined ? characterWidths.of(text) : 0, isColour: code !== undefined });
    at += text.length;
  }
  return found;
}

/** A command to type, with what is said before it. It is broken only as a shell would read it again. */
export interface CommandToType {
  readonly lead: string;
  readonly command: string;
}

const deeper = '  ';

/**
 * A sentence in lines of a number of columns, broken between words, and within a word that is longer than a line. Lines
 * after the first are indented deeper, or by `indent` columns. Nothing is lost.
 */
export function wrapped(sentence: string, columns: number, indent?: number): string[] {
  if (widthOf(sentence) <= columns) return [sentence];
  const first = /^ */.exec(sentence)![0];
  const hanging = indent === undefined ? `${first}${deeper}` : ' '.repeat(indent);
  const room = Math.max(wordLeast, columns - hanging.length);
  const words = sentence.trimStart().split(' ');
  return filled(
    words.flatMap((word) => broken(word, room)),
    { first, indent: hanging, columns },
  );
}

/** However narrow a terminal is, so much of a word stands on one line. */
const wordLeast = 8;

function broken(word: string, columns: number): string[] {
  if (widthOf(word) <= columns) return [word];
  const parts: string[] = [];
  const all = pieces(word);
  for (let from = 0; from < all.length;) {
    const to = from + Math.max(1, countWithin(all, columns, from));
    parts.push(textOf(all.slice(from, to)));
    from = to;
  }
  return parts;
}

/** A command in lines, each but the last with the backslash that tells a shell to go on. No word is cut. */
export function wrappedCommand({ lead, command }: CommandToType, columns: number): string[] {
  const whole = lead === '' ? command : `${lead} ${command}`;
  if (widthOf(whole) <= columns) return [whole];
  const words = command.match(/(?:\$'(?:\\.|[^'])*'|'[^']*'|[^\s'])+/g) ?? [command];
  const said = lead.trim() === '' ? [] : wrapped(lead, columns);
  const lines = filled(words, { first: deeper, indent: `${deeper}${deeper}`, columns: columns - 2 });
  return [...said, ...lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line))];
}

function filled(
  words: readonly string[],
  { first, indent, columns }: { readonly first: string; readonly indent: string; readonly columns: number },
): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      [line, isEmpty] = [indent, true];
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** Short texts side by side, in as few lines as they fit into. None is broken. */
export function packed(texts: readonly string[], columns: number, gap = '   '): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + gap.length + widthOf(text) <= columns)
      lines.push(`${lines.pop()!}${gap}${text}`);
    else lines.push(text);
  }
  return lines;
}
