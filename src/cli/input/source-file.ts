import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti, type Jiti } from 'jiti';
import * as overseer from '../../index.js';
import { wordsFor } from '../../prelude/errors.js';
import { fileBytesMax, readTextFile, shownPath } from './data-file.js';
import { UsageError } from '../failure.js';
import { thrownAt } from '../output/thrown-at.js';
import { closeTo } from '../../prelude/nearest.js';

/** What a file exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * A value that a promise resolves to. A job type may be called `then`, and a promise takes an object with a function of that
 * name for another promise. So what may be one is put into an object of ours.
 */
export interface Held<A> {
  readonly held: A;
}

/** The end of a sentence about an export that is missing: one that may be meant. Empty if none is near. */
export function misnamed(exports: Exports, name: string): string {
  const near = closeTo(name, Object.keys(exports));
  return near === null ? '' : `; it exports ${near}: did you mean ${name}?`;
}

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
export async function loadSourceFile(file: string): Promise<Held<Exports>> {
  // Node would silently replace bytes that are not UTF-8.
  const text = readTextFile(file, fileBytesMax.program);
  const path = resolve(file);
  try {
    if (typescript.includes(extname(path).toLowerCase())) return await importByLoader(path);
    return await importNatively(path, text);
  } catch (error) {
    throw asUsageError(error, path);
  }
}

async function importNatively(path: string, text: string): Promise<Held<Exports>> {
  try {
    if (mayExportThen(path, text)) return asImported(createRequire(path)(path));
    return { held: (await import(pathToFileURL(path).href)) as Exports };
  } catch (error) {
    // A file that imports `overseer` where it is not installed gets this one.
    if (error instanceof Error && /Cannot find (package|module) 'overseer'/.test(error.message)) {
      return mayExportThen(path, text) ? asImported(loader(path)(path)) : await importByLoader(path);
    }
    throw error;
  }
}

/** Whether a module of CommonJS may export a function called `then`: a promise would call it, so none may lead there. */
function mayExportThen(path: string, text: string): boolean {
  const isCommonJs = /\.cjs$/i.test(path) || !/^\s*(import|export)\b/m.test(text);
  return isCommonJs && /\bexports\b/.test(text) && /(^|[^.\w])then\b/.test(text);
}

/** What a module of CommonJS exports, as `import` gives it. */
function asImported(exports: unknown): Held<Exports> {
  return { held: { ...(exports as Exports | null), default: exports } };
}

async function importByLoader(path: string): Promise<Held<Exports>> {
  return { held: await loader(path).import<Exports>(path) };
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
