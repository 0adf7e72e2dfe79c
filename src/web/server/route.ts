import type { RecordCodec } from '../../prelude/codec.js';
import { readPathSegment } from '../../prelude/path-segment.js';
import { shownName } from '../../prelude/known-names.js';
import { WebError } from './answers.js';
import { readParameters } from './parameters.js';

export type Method = 'GET' | 'POST' | 'DELETE';

/** A request that has found its route. */
export interface Call<Parameters> {
  readonly request: Request;
  /** What stands in the path in place of its gaps, in their order. */
  readonly ids: readonly string[];
  readonly parameters: Parameters;
  /** The request's own. */
  readonly signal: AbortSignal;
}

/** What is answered at a path. */
export interface Route {
  readonly method: Method;
  /** In its segments; `null` for an id. */
  readonly path: readonly (string | null)[];
  readonly isPage: boolean;
  answer(request: Request, ids: readonly string[], search: URLSearchParams): Promise<Response>;
}

/**
 * @param path as seen from where all is mounted, such as `api/graphs/ID/events`
 * @param codec of the parameters; whatever is not in it is refused
 */
export function route<Parameters>(
  method: Method,
  path: string,
  codec: RecordCodec<Parameters>,
  answer: (call: Call<Parameters>) => Promise<Response>,
): Route {
  return {
    method,
    path: segments(path).map((segment) => (/^[A-Z]+$/.test(segment) ? null : segment)),
    isPage: !path.startsWith('api/'),
    answer: async (request, ids, search) =>
      await answer({ request, ids, parameters: readParameters(codec, search), signal: request.signal }),
  };
}

export interface Found {
  readonly route: Route;
  readonly ids: readonly string[];
}

/**
 * The route of a path and a method. HEAD is asked as GET is.
 *
 * @throws WebError `path-unknown`, `method-unknown`
 */
export function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const given = segments(path);
  const there = routes.flatMap((each) => {
    const ids = idsIn(each, given);
    return ids === null ? [] : [{ route: each, ids }];
  });
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = there.find((each) => each.route.method === wanted);
  if (found !== undefined) return found;
  if (there.length === 0) throw new WebError('path-unknown', `there is nothing at ${shownName(path, 200)}`);
  const methods = there.map((each) => each.route.method);
  const allowed = methods.includes('GET') ? ['GET', 'HEAD', ...methods.filter((each) => each !== 'GET')] : methods;
  const message = `${shownName(method)} is not possible here; this path takes ${allowed.join(', ')}`;
  throw new WebError('method-unknown', message, { allow: allowed.join(', ') });
}

function segments(path: string): readonly string[] {
  return path.split('/');
}

/** The ids in a path; null if it has not the form of the route. An id is never empty. */
function idsIn({ path }: Route, given: readonly string[]): readonly string[] | null {
  if (path.length !== given.length) return null;
  const ids: string[] = [];
  for (const [index, wanted] of path.entries()) {
    const segment = given[index]!;
    if (wanted !== null && wanted !== segment) return null;
    if (wanted !== null) continue;
    const id = readPathSegment(segment);
    if (id === null || id === '') return null;
    ids.push(id);
  }
  return ids;
}
