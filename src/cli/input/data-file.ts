import { type Stats, readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { wordsFor } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { placeOf, readJsonText, type TextProblem } from '../../prelude/json-text.js';
import { UsageError } from '../failure.js';
import { readYamlText } from './yaml-text.js';

const mebibyte = 1024 * 1024;

/** The largest files that are read, in bytes. YAML of this size takes some seconds. */
export const fileBytesMax = { json: 64 * mebibyte, yaml: 8 * mebibyte, program: 16 * mebibyte } as const;

/** A file's path in messages: relative, if the file is below the working folder. */
export function shownPath(file: string): string {
  const path = resolve(file);
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}

/** @throws UsageError `file-not-found` or `file-unreadable` */
export function assertFile(file: string): void {
  const stats = statsOf(file);
  if (stats === undefined) throw new UsageError('file-not-found', `there is no file ${shownPath(file)}`);
  if (!stats.isFile()) throw new UsageError('file-unreadable', `${shownPath(file)} is not a file`);
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * The value in a YAML or JSON file.
 *
 * @throws UsageError `file-not-found`, `file-unreadable`, or `file-invalid` with line and column
 */
export function readDataFile(file: string): unknown {
  const isJson = /\.json$/i.test(file);
  const text = readTextFile(file, isJson ? fileBytesMax.json : fileBytesMax.yaml);
  const control = controlCharacterIn(text);
  if (control !== null) throw invalidAt(file, text, control);
  const read = isJson ? readJsonText(text) : readYamlText(text);
  if (E.isLeft(read)) throw invalidAt(file, text, read.left);
  return read.right;
}

/**
 * The text of a file that is read whole, without a byte order mark.
 *
 * @throws UsageError `file-not-found`, `file-unreadable`, or `file-invalid` if it is too large or not UTF-8
 */
export function readTextFile(file: string, bytesMax: number): string {
  assertFile(file);
  const { size } = statsOf(file)!;
  if (size > bytesMax) {
    const sizes = `it is ${size} bytes large, and at most ${bytesMax} are read`;
    throw new UsageError('file-invalid', `${shownPath(file)}: ${sizes}; split it`);
  }
  const bytes = bytesOf(file);
  if (bytes[0] === 0xff || bytes[0] === 0xfe) {
    throw new UsageError('file-invalid', `${shownPath(file)}: it is not UTF-8 but looks like UTF-16; save it as UTF-8`);
  }
  const text = bytes.toString('utf8');
  const offset = firstNotUtf8(bytes, text);
  if (offset === null) return text.replace(/^\uFEFF/, '');
  throw invalidAt(file, text, { offset, reason: 'a byte here is not UTF-8; save the file as UTF-8' });
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

const replacement = '\uFFFD';

/** Where the text has a replacement character that its bytes do not: they are not UTF-8 there. */
function firstNotUtf8(bytes: Buffer, text: string): number | null {
  const genuine = Buffer.from(replacement);
  let byte = 0;
  let counted = 0;
  for (let at = text.indexOf(replacement); at >= 0; at = text.indexOf(replacement, at + 1)) {
    byte += Buffer.byteLength(text.slice(counted, at));
    counted = at;
    if (!bytes.subarray(byte, byte + genuine.length).equals(genuine)) return at;
  }
  return null;
}

/** The first control character; null if there is none. Line breaks and tabs are allowed. */
function controlCharacterIn(text: string): TextProblem | null {
  const offset = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  if (offset < 0) return null;
  const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0');
  return { offset, reason: `it holds the control character U+${code}; is it text in UTF-8?` };
}

function invalidAt(file: string, text: string, { offset, reason }: TextProblem): UsageError {
  const { line, column } = placeOf(text, offset);
  return new UsageError('file-invalid', `${shownPath(file)}:${line}:${column}: ${reason}`);
}

function unreadable(file: string, cause: unknown): UsageError {
  return new UsageError('file-unreadable', `${shownPath(file)} cannot be read: ${wordsFor(cause)}`, { cause });
}

/**
 * A setting's value in the environment or in a flag, as YAML would read it: a number, true, or a flow collection such as
 * `{ adapter: memory }`. Text with a colon, such as an address, stays text, and so does what is not YAML.
 *
 * @throws UsageError `setting-invalid` for a collection that nests too deep, repeats too much, or gives a key twice
 */
export function parseSetting(text: string): unknown {
  if (text.length > settingLengthMax) {
    const lengths = `it has ${text.length} characters, and at most ${settingLengthMax} are read`;
    throw new UsageError('setting-invalid', `${lengths}; write it into a file`);
  }
  if (address.test(text)) return text;
  const isCollection = /^\s*[[{]/.test(text);
  const read = readYamlText(text);
  if (E.isRight(read)) return typeof read.right === 'object' && !isCollection ? text : read.right;
  if (read.left.isSyntax || !isCollection) return text;
  throw new UsageError('setting-invalid', read.left.reason);
}

const settingLengthMax = 64 * 1024;

/** What YAML takes for text too, and needs no reading: most settings are addresses of stores. */
const address = /^[a-z]+:[\w./?=&-]+$/;
