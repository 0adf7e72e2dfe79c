import type { Store } from '../../store/store.js';
import { assertOwnPage, knownHost } from './access.js';
import { answer, errorAnswer, WebError } from './answers.js';
import { Operations } from './operations.js';
import { readingStore } from './reading-store.js';
import { findRoute, type Route } from './route.js';
import { aboutRoutes } from './routes/about.js';
import { auditRoutes } from './routes/audit.js';
import { graphRoutes } from './routes/graphs.js';
import { logRoutes } from './routes/log.js';
import { momentRoutes } from './routes/moments.js';
import { operatingRoutes } from './routes/operate.js';
import { pageRoutes } from './routes/page.js';
import { sessionRoutes } from './routes/session.js';
import { Sessions } from './sessions.js';
import { checkedOptions, type WebOptions } from './web-options.js';

const addressCharactersMax = 8192;

/** Answers requests. It never rejects. */
export type WebHandler = (request: Request) => Promise<Response>;

/**
 * The web UI of a store, as a function from requests to answers that fits into any server which knows `Request` and `Response`:
 *
 *     const web = webHandler(db, { path: '/overseer/', hosts: ['ops.example.com'], token })
 *
 * It only looks unless `operate` is given, and then it can write nothing. It answers whoever can reach it, unless a `token` is given
 * or the server around it asks who that is. Close the store once no request is under way any more.
 *
 * @throws OverseerError `name-unknown`, or `web-invalid` for an option that is not possible
 */
export function webHandler(store: Store, options: WebOptions = {}): WebHandler {
  const checked = checkedOptions(options);
  const { path, hosts, token, by, page } = checked;
  const sessions = token === null ? null : new Sessions(token, path, store.environment);
  const reading = readingStore(store);
  const open: readonly Route[] = [...pageRoutes(page), ...sessionRoutes(sessions, hosts)];
  const closed: readonly Route[] = [
    ...aboutRoutes(reading, checked),
    ...graphRoutes(reading),
    ...momentRoutes(reading),
    ...logRoutes(reading.log),
    ...auditRoutes(reading),
    ...operatingRoutes(by === null ? null : new Operations(store, by)),
  ];
  const routes = [...open, ...closed];

  async function answered(request: Request): Promise<Response> {
    const host = knownHost(request, hosts);
    if (request.url.length > addressCharactersMax) {
      throw new WebError('address-too-long', `the address is longer than ${addressCharactersMax} characters`);
    }
    const { pathname, searchParams } = new URL(request.url);
    if (`${pathname}/` === path) return answer(null, { location: path }, 308);
    // What is beside the place it is mounted under is no business of this handler.
    const inner = pathname.startsWith(path) ? pathname.slice(path.length) : null;
    if (inner === null) throw new WebError('path-unknown', `there is nothing here; the page is at ${path}`);
    const { route, ids } = findRoute(routes, request.method, inner);
    if (!route.isPage) assertOwnPage(request, host, route.method !== 'GET');
    if (sessions !== null && !open.includes(route)) sessions.assertKnown(request, host);
    return await route.answer(request, ids, searchParams);
  }

  return async (request) => {
    try {
      const response = await answered(request);
      return request.method === 'HEAD' ? await withoutBody(response) : response;
    } catch (error) {
      return errorAnswer(error);
    }
  };
}

async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  const { status, headers } = response;
  return new Response(null, { status, headers });
}
