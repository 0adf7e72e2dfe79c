import type { Position } from '../../../domain/events.js';
import { pathSegment } from '../../../prelude/path-segment.js';
import { SourceError } from './source.js';

type Query = Readonly<Record<string, string | readonly string[] | null>>;

/** The path of a question to the server, as seen from the page. */
export function apiPath(steps: readonly string[], query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) if (each !== '') params.append(name, each);
  }
  const text = params.toString();
  return `api/${steps.map(pathSegment).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Asks the server. @throws SourceError as the server says it, or `server-silent` if it does not answer */
export async function ask(path: string, request: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...request });
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new SourceError('server-silent', 'the server does not answer; is `overseer ui` still running?', true);
  }
  if (response.ok) return response;
  throw await errorOf(response);
}

async function errorOf(response: Response): Promise<SourceError> {
  // The store may be back later; what is wrong with the question stays wrong.
  const isTransient = response.status >= 500;
  try {
    const { error } = (await response.json()) as {
      readonly error: { readonly code: string; readonly message: string };
    };
    return new SourceError(error.code, error.message, isTransient);
  } catch {
    return new SourceError(
      'server-error',
      `the server answered ${response.status} ${response.statusText}`,
      isTransient,
    );
  }
}

export async function askJson<A>(path: string): Promise<A> {
  return (await (await ask(path)).json()) as A;
}

/** Gives the server its token; from then on, the browser has a cookie. @throws SourceError */
export async function openSession(token: string): Promise<void> {
  await post(apiPath(['session']), { token });
}

/** Has the server do something. @throws SourceError */
export async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The position of a moment of the log, as people write it. */
export async function positionOf(text: string): Promise<Position> {
  return (await askJson<{ readonly position: Position }>(apiPath(['moment'], { at: text }))).position;
}
