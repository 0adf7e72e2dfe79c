import { kindOf } from '../../domain/graph-rules.js';
import { OverseerError } from '../../prelude/errors.js';
import { assertOptions, shownName } from '../../prelude/known-names.js';
import { pageFolder } from './page-files.js';

/** What the web UI may do, and for whom. */
export interface WebOptions {
  /** The path it is mounted under, such as `/overseer/`. Default `/`. */
  readonly path?: string;
  /**
   * The names of hosts by which it may be reached, without ports, besides `localhost`, `127.0.0.1` and `[::1]`. Whatever names
   * another is refused: see `host-unknown`.
   */
  readonly hosts?: readonly string[];
  /** What a browser must give once, of 8 to 500 characters. Without it, whoever can reach the server is let in. */
  readonly token?: string;
  /**
   * Whether graphs and jobs can be retried, aborted, paused and forked; and then under which name this stands in the history.
   * Default false: it only looks.
   */
  readonly operate?: false | { readonly by: string | ((request: Request) => string) };
  /**
   * The folder with the files of the page, as a path or a file URL. Only needed where this function is bundled: copy `dist/web/page`
   * of this package to where the bundle finds it.
   */
  readonly page?: string | URL;
}

const names = { path: true, hosts: true, token: true, operate: true, page: true } as const;

export interface CheckedOptions {
  /** With a slash at both ends. */
  readonly path: string;
  /** In lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly token: string | null;
  readonly by: string | ((request: Request) => string) | null;
  readonly page: URL;
}

/** @throws OverseerError `name-unknown`, `web-invalid` */
export function checkedOptions(options: WebOptions): CheckedOptions {
  assertOptions<WebOptions>('webHandler', options, names);
  const given = options as Readonly<Record<keyof WebOptions, unknown>>;
  const { path = '/', hosts = [], token, operate = false, page } = given;
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]{8,500}$/.test(token))) {
    throw invalid('token is not one: it has 8 to 500 letters, digits and signs of ASCII, and no spaces');
  }
  return {
    path: checkedPath(path),
    hosts: checkedHosts(hosts),
    token: token ?? null,
    by: checkedBy(operate),
    page: pageFolder('webHandler', page),
  };
}

function checkedPath(path: unknown): string {
  const isPath = typeof path === 'string' && /^\/(?:[\w.~-]+\/)*(?:[\w.~-]+)?$/.test(path);
  if (!isPath || /\/\.{1,2}(\/|$)/.test(path)) {
    throw invalid(`path is ${kindOf(path)}; it begins with a slash and has only letters, digits and -._~ in it`);
  }
  return path.endsWith('/') ? path : `${path}/`;
}

function checkedHosts(hosts: unknown): ReadonlySet<string> {
  if (!Array.isArray(hosts)) throw invalid(`hosts is ${kindOf(hosts)}, not a list of names`);
  return new Set(
    hosts.map((host: unknown) => {
      if (typeof host === 'string' && /^(\[[\da-f:.]+\]|[^\s:/?#@[\]\\]+)$/i.test(host)) return host.toLowerCase();
      const shown = typeof host === 'string' ? shownName(host) : kindOf(host);
      throw invalid(`hosts: ${shown} is not the name of a host; give it without scheme, port and path`);
    }),
  );
}

function checkedBy(operate: unknown): CheckedOptions['by'] {
  if (operate === false) return null;
  const by = (operate as { readonly by?: unknown } | null)?.by;
  if (typeof by === 'function') return by as (request: Request) => string;
  if (typeof by === 'string' && by.trim() !== '') return by;
  throw invalid('operate is neither false nor { by: NAME }: who operates stands in the history, so it needs a name');
}

function invalid(message: string): OverseerError {
  return new OverseerError('web-invalid', message);
}
