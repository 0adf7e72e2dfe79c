import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { answer, WebError } from './answers.js';

/** Where a build puts the page: the same place as seen from the sources and from what was compiled. */
export function builtPage(): URL {
  // Not before it is asked for: a bundle that has no such place can be loaded all the same.
  return new URL('../../../dist/web/page/', import.meta.url);
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
  const message = `the page is not there (${fileURLToPath(file)}); build it with \`npm run build\`, or install the package again`;
  return Object.assign(new WebError('page-missing', message), { cause });
}
