import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti, type Jiti } from 'jiti';
import * as overseer from '../../index.js';
import { wordsFor } from '../../prelude/errors.js';
import { fileBytesMax, readTextFile, shownPath } from './data-file.js';
import { UsageError } from '../failure.js';
import { thrownAt } from '../output/thrown-at.js';

/** What a file exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

const typescript = ['.ts', '.mts', '.cts'];
const javascript = ['.js', '.mjs', '.cjs'];
/** Files that are programs, as opposed to data. */
export const sourceExtensions: readonly string[] = [...typescript, ...javascript];

export function isSourceFile(file: string): boolean {
  return sourceExtensions.includes(extname(file).toLowerCase());
}

/**
 * Runs a TypeScript or JavaScript file and returns its exports. TypeScript needs no build step, and `overseer` is this
 * very library, whether it is installed beside the file or not.
 *
 * @throws UsageError `file-not-found`, `file-unreadable`, `file-invalid` (with line and column) or `file-throws`
 */
export async function loadSourceFile(file: string): Promise<Exports> {
  // Node would silently replace bytes that are not UTF-8.
  readTextFile(file, fileBytesMax.program);
  const path = resolve(file);
  try {
    if (typescript.includes(extname(path).toLowerCase())) return await loader(path).import<Exports>(path);
    return await importNatively(path);
  } catch (error) {
    throw asUsageError(error, path);
  }
}

async function importNatively(path: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(path).href)) as Exports;
  } catch (error) {
    // A file that imports `overseer` where it is not installed gets this one.
    if (error instanceof Error && /Cannot find (package|module) 'overseer'/.test(error.message)) {
      return await loader(path).import<Exports>(path);
    }
    throw error;
  }
}

function loader(path: string): Jiti {
  return createJiti(path, { fsCache: false, interopDefault: false, virtualModules: { overseer } });
}

function asUsageError(error: unknown, path: string): UsageError {
  const where = shownPath(path);
  const parse = parseFailure(error, path);
  if (parse !== null) return new UsageError('file-invalid', parse, { cause: error });
  const kind = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : '';
  const [sentence] = wordsFor(error).split('\n', 1);
  return new UsageError('file-throws', `${where} could not be loaded: ${kind}${sentence}${thrownAt(error)}`, {
    cause: error,
  });
}

/** A syntax error and where it is; null for any other error. */
function parseFailure(error: unknown, path: string): string | null {
  if (!(error instanceof Error)) return null;
  const told = /^ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)$/s.exec(error.message);
  if (told !== null) return `${shownPath(told[2]!)}:${told[3]}:${Number(told[4]) + 1}: ${told[1]}`;
  if (!(error instanceof SyntaxError)) return null;
  // Node does not say where the mistake in a module is; the TypeScript loader's parser does.
  const parsed = loader(path).transform({
    source: readTextFile(path, fileBytesMax.program),
    filename: path,
    async: true,
  });
  const found = /"line":(\d+),"column":(\d+),"code":"[^"]*","message":("(?:[^"\\]|\\.)*")/.exec(parsed);
  if (found === null) return `${shownPath(path)}: ${error.message}`;
  return `${shownPath(path)}:${found[1]}:${Number(found[2]) + 1}: ${error.message}`;
}
