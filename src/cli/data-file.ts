import { readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { UsageError } from './failure.js';

/** A file as messages name it: as seen from here, unless that is longer. */
export function shownPath(file: string): string {
  const path = resolve(file);
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}

/** @throws UsageError `file-not-found` or `file-unreadable` */
export function assertFile(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError('file-not-found', `there is no file ${shownPath(file)}`);
  if (!stats.isFile()) throw new UsageError('file-unreadable', `${shownPath(file)} is not a file`);
}

/**
 * What a YAML or JSON file says.
 *
 * @throws UsageError `file-not-found`, `file-unreadable`, or `file-invalid` with line and column
 */
export function readDataFile(file: string): unknown {
  assertFile(file);
  const text = readText(file);
  return /\.json$/i.test(file) ? parseJson(text, file) : parseYaml(text, shownPath(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError('file-unreadable', `${shownPath(file)} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parseYaml(text: string, where: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, logLevel: 'error' });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new UsageError('file-invalid', `${where}:${line}:${col}: ${error.message}`, { cause: error });
  }
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw new UsageError('file-invalid', `${where}: ${(error as Error).message}`, { cause: error });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const before = text.slice(0, wrongFrom(text)).split('\n');
    const place = `${before.length}:${before.at(-1)!.length + 1}`;
    const [reason = ''] = (error as Error).message.split(/,? (?:in JSON|\.{3}|")/, 1);
    throw new UsageError('file-invalid', `${shownPath(file)}:${place}: ${reason}`, { cause: error });
  }
}

/**
 * Where JSON stops being JSON. The parser does not always say, so this looks for the longest beginning of the text whose
 * only fault is that it ends too early, by halving.
 */
function wrongFrom(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (endsTooEarly(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function endsTooEarly(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    if (position !== undefined && !message.startsWith('Unterminated')) return Number(position) >= beginning.length;
    return message.startsWith('Unterminated') || message.includes('end of JSON input');
  }
}

/**
 * A setting's value in the environment or in a flag, as YAML would read it: a number, true, or a flow collection such as
 * `{ adapter: memory }`. Text with a colon, such as an address, stays text.
 */
export function parseSetting(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return text;
  const value: unknown = document.toJS();
  return typeof value === 'object' && !/^\s*[[{]/.test(text) ? text : value;
}
