import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { kindOf } from '../../domain/graph-rules.js';
import { OverseerError } from '../../prelude/errors.js';
import { answer, WebError } from './answers.js';

/**
 * The folder with the files of the page: the one that was named, or the one where a build puts them, as seen from here.
 *
 * @param call whose option `page` it is
 * @throws OverseerError `web-invalid`
 */
export function pageFolder(call: string, named: unknown): URL {
  if (named === undefined) return builtPage(call);
  const isFile = named instanceof URL && named.protocol === 'file:';
  const path = isFile ? fileURLToPath(named) : named;
  if (typeof path === 'string' && path !== '') return pathToFileURL(`${resolve(path)}/`);
  const shown = named instanceof URL ? `a URL with ${named.protocol}` : kindOf(named);
  throw new OverseerError('web-invalid', `page is ${shown}; it is the path, or the file URL, of a folder`);
}

/** The same place as seen from the sources and from what was compiled. Bundled into CommonJS, a file does not know where it is. */
function builtPage(call: string): URL {
  const here = import.meta.url as string | undefined;
  if (here !== undefined) return new URL('../../../dist/web/page/', here);
  const folder = '`node_modules/overseer/dist/web/page`';
  throw new OverseerError(
    'web-invalid',
    `${call} does not know where the files of the page are, since it was bundled; copy the folder ${folder} beside the bundle, and name it: \`${call}(store, { page: join(__dirname, 'page') })\``,
  );
}

const kinds = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'layout.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
} as const;

export type PageFile = keyof typeof kinds;

interface Kept {
  readonly changedAt: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** The files of the page, which are few and small: each is read once, and again when it has changed. */
export class PageFiles {
  private readonly kept = new Map<PageFile, Kept>();

  constructor(private readonly folder: URL) {}

  /** @throws WebError `page-missing` */
  async answer(name: PageFile, request: Request): Promise<Response> {
    const { bytes, etag } = await this.read(name);
    const headers = { 'content-type': kinds[name], 'cache-control': 'no-cache', etag };
    const known = (request.headers.get('if-none-match') ?? '').split(/, */);
    return known.includes(etag) ? answer(null, headers, 304) : answer(bytes, headers);
  }

  private async read(name: PageFile): Promise<Kept> {
    const file = new URL(name, this.folder);
    try {
      const { mtimeMs: changedAt } = await stat(file);
      const before = this.kept.get(name);
      if (before?.changedAt === changedAt) return before;
      const bytes = new Uint8Array(await readFile(file));
      const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
      const read = { changedAt, bytes, etag };
      this.kept.set(name, read);
      return read;
    } catch (error) {
      throw pageMissing(file, error);
    }
  }
}

/** A file of the page as text. @throws WebError `page-missing` */
export async function pageText(folder: URL, name: string): Promise<string> {
  const file = new URL(name, folder);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw pageMissing(file, error);
  }
}

function pageMissing(file: URL, cause: unknown): WebError {
  const remedy =
    'install the package again, or build it with `npm run build`; in a bundle, name its folder with `page`';
  const message = `the page is not there (${fileURLToPath(file)}); ${remedy}`;
  return Object.assign(new WebError('page-missing', message), { cause });
}
