/** Requests to the web handler, from a browser or from anybody else. */
import { install, jobGraph, retryGraph, store, type Store, transactGraph } from '../../../src/index.js';
import { type WebHandler, webHandler } from '../../../src/web/server/web-handler.js';
import { pathSegment, readPathSegment } from '../../../src/prelude/path-segment.js';
import { text, words } from '../inputs.js';
import { accepted, demand, refused, target } from '../target.js';

const token = 'Hunter2.4711';
const host = 'localhost:4280';
let opened: Promise<{ db: Store; web: WebHandler; guarded: WebHandler; events: number }> | null = null;

const openOnce = () =>
  (opened ??= (async () => {
    const db = await store('memory:');
    await install(db);
    await transactGraph(db, jobGraph({ a: [], 'b/c': ['a'] }, {}, { id: 'nightly', labels: { team: 'x' } }));
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: '..' }));
    await retryGraph(db, 'nightly').catch(() => {});
    return { db, web: webHandler(db), guarded: webHandler(db, { token }), events: await countOf(db) };
  })());

async function countOf(db: Store): Promise<number> {
  const events = await db.log.readAll({ limit: 1000 })();
  return events._tag === 'Right' ? events.right.length : -1;
}

/** A method, a path with its parameters, the body, and then headers: `name: value`. */
const seeds: readonly (readonly string[])[] = [
  ['GET', '/api/graphs?limit=5&status=running&label=team=x&search=night', '', `host: ${host}`],
  ['GET', '/api/graphs/nightly/events?after=1', '', `host: ${host}`, 'sec-fetch-site: same-origin'],
  ['GET', '/api/graphs/~../events', '', `host: ${host}`],
  ['GET', '/api/log?before=2&limit=3&type=GraphSubmitted&graph=nightly', '', `host: ${host}`],
  ['GET', '/api/moment?at=%402&graph=nightly', '', `host: ${host}`],
  ['GET', '/api/workers?running=true&type=a&host=h&eventsMax=9', '', `host: ${host}`],
  ['GET', '/api/queues?asOf=1', '', `host: ${host}`],
  ['GET', '/api/proof?event=@1', '', `host: ${host}`],
  ['HEAD', '/api/about', '', `host: ${host}`, `origin: http://${host}`],
  [
    'POST',
    '/api/graphs/nightly/abort',
    '{"reason":"x"}',
    `host: ${host}`,
    `origin: http://${host}`,
    'content-type: application/json',
  ],
  [
    'POST',
    '/api/session',
    `{"token":"${token}"}`,
    `host: ${host}`,
    `origin: http://${host}`,
    'content-type: application/json',
  ],
];

const request = target({
  name: 'web-request',
  kind: words,
  seeds,
  words: [
    'host: [::1]',
    'host: evil.example',
    'origin: null',
    'last-event-id: 1',
    'cookie: overseer-session-4280=a.b',
    '/api/graphs/',
    '%2e%2e',
    '%00',
    '?',
    '&limit=',
    '{"reason":',
    'DELETE',
  ],
  inputs: 600,
  secretsIn: ([, , body = '']) => (body === `{"token":"${token}"}` ? [token] : []),
  async decode([method = '', path = '', body = '', ...headers]) {
    const { db, web, guarded, events } = await openOnce();
    const asked = requestOf(method, path, body, headers);
    if (asked === null) return refused();
    // After some wrong tokens, no other is looked at for a while: so the token stands alone.
    const response = await (path.startsWith('/api/session') ? guarded : web)(asked);
    const isStream = /event-stream/.test(response.headers.get('content-type') ?? '');
    if (isStream) await response.body?.cancel();
    const answer = isStream ? '' : await response.text();
    demand(response.status < 500 || response.status === 503, `it is answered with ${response.status}: ${answer}`);
    demand(response.headers.has('content-security-policy'), 'an answer lacks the headers that make it safe');
    demand((await countOf(db)) === events, 'a handler that only looks has written');
    if (response.status < 300) return accepted();
    const error = /^\{"error":/.test(answer) ? (JSON.parse(answer) as { error: { message: string } }).error : null;
    demand(error !== null || answer === '', `an error is told in another form: ${answer}`);
    return refused(...(error === null ? [] : [error.message]));
  },
  close: async () => await (await opened)?.db.close(),
});

/** None if no browser could make it. */
function requestOf(method: string, path: string, body: string, headers: readonly string[]): Request | null {
  try {
    const given = headers.map((header): [string, string] => {
      const colon = header.indexOf(':');
      return [header.slice(0, colon), header.slice(colon + 1)];
    });
    const hasBody = body !== '' && method !== 'GET' && method !== 'HEAD';
    return new Request(`http://${host}${path}`, { method, headers: given, ...(hasBody ? { body } : {}) });
  } catch {
    return null;
  }
}

const segment = target({
  name: 'path-segment',
  kind: text,
  seeds: ['nightly', '..', '.', '~..', '~~.', 'a b', '%2e', '%', 'ü🦀', 'a/b?c#d'],
  words: ['~', '.', '%', '/', '%2F'],
  inputs: 2000,
  isTotal: true,
  decode(input) {
    const read = readPathSegment(input);
    if (/\p{Cs}/u.test(input)) return refused();
    const written = pathSegment(input);
    demand(readPathSegment(written) === input, `${written} is not read as it was written`);
    const url = new URL(`http://x/a/${written}/b`);
    demand(url.pathname.split('/').length === 4 && url.search === '' && url.hash === '', `${written} leaves its place`);
    return read === null ? refused() : accepted();
  },
});

export const webTargets = [request, segment];
