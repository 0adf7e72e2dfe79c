/**
 * JSON as people write it, in files and flags. `JSON.parse` takes the last of two members with one name, rounds
 * a whole number that a double cannot hold, and often does not say where a text is wrong. So the text is scanned first, in
 * one pass and without recursion, however long or deep it is.
 */
import { E, type Either } from './fp.js';

/** What is wrong with a text, and where: an offset in UTF-16 units. */
export interface TextProblem {
  readonly offset: number;
  readonly reason: string;
}

/**
 * How deep a text that people write may nest. Values have a lower limit, which is checked where they are taken; what
 * is around them in a file, such as the list of jobs, takes a few more levels.
 */
export const textDepthMax = 250;

export function tooDeep(offset: number, depthMax = textDepthMax): TextProblem {
  return { offset, reason: `it is nested too deep: more than ${depthMax} levels; give large structures by reference` };
}

/** The value of a text in JSON, or the first thing wrong with it. */
export function readJsonText(text: string, depthMax = textDepthMax): Either<TextProblem, unknown> {
  const problem = new JsonScan(text, depthMax).problem();
  return problem === null ? E.right(JSON.parse(text) as unknown) : E.left(problem);
}

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** Why a number as written is not what JavaScript would make of it, or null. */
export function numberProblem(written: string): string | null {
  const value = Number(written);
  const shown = written.length > 40 ? `${written.slice(0, 37)}…` : written;
  if (!Number.isFinite(value)) return `the number ${shown} is too large`;
  const isWhole = /^-?\d+$/.test(written);
  // A number written by JavaScript reads back as the same number, though its last digits may have become zeros.
  if (!isWhole || Number.isSafeInteger(value) || String(value) === written) return null;
  if (BigInt(value) === BigInt(written)) return null;
  return `the number ${shown} has more digits than are kept; write it as text, in quotes`;
}

const char = {
  space: 32,
  quote: 34,
  comma: 44,
  colon: 58,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
} as const;

const blank = /[ \t\n\r]*/y;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordPattern = /[A-Za-z_$][\w$]*/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const numberStart = /[-\d]/;

class Wrong extends Error {
  constructor(readonly problem: TextProblem) {
    super(problem.reason);
  }
}

/** What is open at the current place: for an object its names so far, for a list null. */
type Open = Set<string> | null;

class JsonScan {
  private at = 0;
  private readonly open: Open[] = [];

  constructor(
    private readonly text: string,
    private readonly depthMax: number,
  ) {}

  problem(): TextProblem | null {
    try {
      this.all();
      return null;
    } catch (error) {
      if (error instanceof Wrong) return error.problem;
      throw error;
    }
  }

  private all(): void {
    do {
      if (this.value()) continue;
      // A value is complete: the object or list around it may end next.
      while (this.open.length > 0 && this.endsOpen()) this.open.pop();
    } while (this.open.length > 0);
    this.skipBlank();
    if (this.at < this.text.length) throw this.unexpected('the value ends before it');
  }

  /** Takes a value. Of an object or a list that is not empty, takes only the beginning, and returns true. */
  private value(): boolean {
    this.skipBlank();
    const code = this.text.charCodeAt(this.at);
    if (code === char.openBrace) return this.begin(new Set(), char.closeBrace);
    if (code === char.openBracket) return this.begin(null, char.closeBracket);
    if (code === char.quote) this.string();
    else if (numberStart.test(this.text.charAt(this.at))) this.number();
    else this.word();
    return false;
  }

  private begin(open: Open, end: number): boolean {
    if (this.open.length >= this.depthMax) throw new Wrong(tooDeep(this.at, this.depthMax));
    this.at += 1;
    this.skipBlank();
    if (this.text.charCodeAt(this.at) === end) {
      this.at += 1;
      return false;
    }
    this.open.push(open);
    if (open !== null) this.name(open);
    return true;
  }

  /** After a value: whether the object or list around it ends too. Otherwise takes the comma, and the next name. */
  private endsOpen(): boolean {
    const open = this.open.at(-1)!;
    this.skipBlank();
    const code = this.text.charCodeAt(this.at);
    if (code === char.comma) {
      this.at += 1;
      if (open !== null) this.name(open);
      return false;
    }
    const end = open === null ? ']' : '}';
    if (code !== end.charCodeAt(0)) throw this.unexpected(`a comma or "${end}" is expected`);
    this.at += 1;
    return true;
  }

  /** Takes the name of a member, with its colon. */
  private name(names: Set<string>): void {
    this.skipBlank();
    const from = this.at;
    if (this.text.charCodeAt(from) !== char.quote) throw this.unexpected('a name in double quotes is expected');
    const written = this.string();
    const name = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
    if (names.has(name)) {
      throw new Wrong({ offset: from, reason: `the name ${shortened(written)} stands twice in one object` });
    }
    names.add(name);
    this.skipBlank();
    if (this.text.charCodeAt(this.at) !== char.colon) throw this.unexpected('a colon is expected');
    this.at += 1;
  }

  /** Takes a text, and returns it as it is written. */
  private string(): string {
    const from = this.at;
    for (this.at += 1; this.at < this.text.length; this.at += 1) {
      const code = this.text.charCodeAt(this.at);
      if (code === char.quote) return this.text.slice(from, (this.at += 1));
      if (code === char.backslash) this.escape();
      else if (code < char.space) {
        const reason = `a text holds the control character ${codePoint(code)}; write it as an escape, such as \\n`;
        throw new Wrong({ offset: this.at, reason });
      }
    }
    throw new Wrong({ offset: from, reason: 'the text that begins here has no end' });
  }

  private escape(): void {
    const escape = this.match(escapePattern);
    if (escape === '') throw new Wrong({ offset: this.at, reason: 'JSON has no such escape in a text' });
    this.at -= 1;
  }

  private number(): void {
    const from = this.at;
    const written = this.match(numberPattern);
    if (written === '' || /[\w.+-]/.test(this.text.charAt(this.at))) {
      throw new Wrong({ offset: from, reason: 'this is not a number as JSON writes one' });
    }
    const reason = numberProblem(written);
    if (reason !== null) throw new Wrong({ offset: from, reason });
  }

  private word(): void {
    const from = this.at;
    const word = this.match(wordPattern);
    if (['true', 'false', 'null'].includes(word)) return;
    this.at = from;
    throw this.unexpected('a value is expected');
  }

  private skipBlank(): void {
    this.match(blank);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [matched] = pattern.exec(this.text) ?? [''];
    this.at += matched.length;
    return matched;
  }

  private unexpected(expectation: string): Wrong {
    const { text, at } = this;
    if (at >= text.length) return new Wrong({ offset: at, reason: 'it ends too early' });
    const character = String.fromCodePoint(text.codePointAt(at)!);
    const shown = /[\p{C}\p{Z}]/u.test(character) ? codePoint(character.codePointAt(0)!) : JSON.stringify(character);
    return new Wrong({ offset: at, reason: `${shown} cannot stand here; ${expectation}` });
  }
}

function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function shortened(written: string): string {
  return written.length > 60 ? `${written.slice(0, 57)}…"` : written;
}
