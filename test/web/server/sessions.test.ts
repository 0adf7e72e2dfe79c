/** A server that asks for a token: who is let in, how, and how often one may guess. */
import { type Store, store, install } from '../../../src/index.js';
import { ManualEnvironment } from '../../support/manual-environment.js';
import { assert, describe } from '../../support/spec.js';
import { ask, refused, webOver } from './browser.js';

const spec = describe('a token');
const token = 'correct-horse-battery';
let environment: ManualEnvironment;
let db: Store;
let web: ReturnType<typeof webOver>;

spec.beforeEach(async () => {
  environment = new ManualEnvironment();
  db = await store('memory:', { environment });
  await install(db);
  web = webOver(db, { token, operate: { by: 'ann' } });
});
spec.afterEach(async () => await db.close());

const begin = async (given: string, headers: Record<string, string> = {}) =>
  await ask(web, '/api/session', { method: 'POST', body: { token: given }, headers });

/** The cookie as the browser sends it back. */
const cookieOf = (headers: Headers) => headers.get('set-cookie')!.split(';')[0]!;

spec.test('without it, only the page and the way in are open', async () => {
  for (const path of [
    '/api/about',
    '/api/graphs',
    '/api/graphs/g',
    '/api/changes',
    '/api/head',
    '/api/verify',
    '/api/log',
  ]) {
    assert.equal(await refused(web, path), [401, 'token-needed'], path);
  }
  const post = { method: 'POST', body: { reason: 'x' } };
  assert.equal(await refused(web, '/api/graphs/g/abort', post), [401, 'token-needed']);
  assert.equal(await refused(web, '/'), [503, 'page-missing']);
  // An address is written into logs and histories, so it is no place for a token.
  assert.equal(await refused(web, `/api/about?token=${token}`), [401, 'token-needed']);
});

spec.test('it is given once, for a cookie that does not hold it and that scripts cannot read', async () => {
  const { status, headers, value } = await begin(token);
  assert.equal([status, value], [204, '']);
  const whole = headers.get('set-cookie')!;
  assert.match(whole, /; Path=\/; Max-Age=86400; HttpOnly; SameSite=Strict$/);
  assert.not.match(whole, token);
  const cookie = cookieOf(headers);
  assert.is((await ask(web, '/api/about', { headers: { cookie } })).status, 200);
  assert.is((await ask(web, '/api/about', { headers: { cookie: `other=1; ${cookie}; more=2` } })).status, 200);
  assert.is((await ask(web, '/api/about', { headers: { cookie } })).value.needsToken, true);
  // That of another port of this host is another server's.
  assert.is((await ask(web, '/api/about', { headers: { cookie, host: 'localhost:4281' } })).status, 401);
});

spec.test('each browser has a session of its own, which it can end', async () => {
  const one = cookieOf((await begin(token)).headers);
  const other = cookieOf((await begin(token)).headers);
  assert.is.not(one, other);
  const ended = await ask(web, '/api/session', { method: 'DELETE', headers: { cookie: one } });
  assert.is(ended.status, 204);
  assert.match(ended.headers.get('set-cookie')!, /=; Path=\/; Max-Age=0/);
  assert.is((await ask(web, '/api/about', { headers: { cookie: one } })).status, 401);
  assert.is((await ask(web, '/api/about', { headers: { cookie: other } })).status, 200);
  environment.advance(24 * 60 * 60 * 1000);
  assert.is((await ask(web, '/api/about', { headers: { cookie: other } })).status, 401);
});

spec.test('a cookie that was not given by this process is none', async () => {
  const cookie = cookieOf((await begin(token)).headers);
  const [name, value] = cookie.split('=') as [string, string];
  const [session, seal] = value.split('.') as [string, string];
  const turned = `${seal.slice(0, -1)}${seal.endsWith('A') ? 'B' : 'A'}`;
  for (const wrong of [
    '',
    session,
    `${session}.`,
    `${session}.${turned}`,
    `.${seal}`,
    `x${session}.${seal}`,
    `${seal}.${session}`,
  ]) {
    assert.is((await ask(web, '/api/about', { headers: { cookie: `${name}=${wrong}` } })).status, 401, wrong);
  }
  const again = webOver(db, { token });
  assert.is((await ask(again, '/api/about', { headers: { cookie } })).status, 401);
});

spec.test('programs show the token itself', async () => {
  assert.is((await ask(web, '/api/about', { headers: { authorization: `Bearer ${token}` } })).status, 200);
  assert.is((await ask(web, '/api/about', { headers: { authorization: `bearer ${token}` } })).status, 200);
  for (const authorization of ['Bearer wrong-token', `Bearer ${token}x`, `Bearer ${token.slice(1)}`]) {
    assert.equal(await refused(web, '/api/about', { headers: { authorization } }), [401, 'token-wrong']);
  }
  for (const authorization of [token, `Basic ${token}`, 'Bearer', 'Bearer ']) {
    assert.equal(await refused(web, '/api/about', { headers: { authorization } }), [401, 'token-needed']);
  }
});

spec.test('guessing is soon over, whichever way, and nobody who is in is put out by it', async () => {
  const cookie = cookieOf((await begin(token)).headers);
  let wrong = 0;
  while ((await begin(`guess-number-${wrong}`)).status === 401) wrong += 1;
  assert.is(wrong, 20);
  // Even the right one is not taken now: else guessing could go on.
  const { status, headers } = await begin(token);
  assert.equal([status, headers.get('retry-after')], [429, '60']);
  assert.equal(await refused(web, '/api/about', { headers: { authorization: `Bearer ${token}` } }), [
    429,
    'guesses-too-many',
  ]);
  assert.is((await ask(web, '/api/about', { headers: { cookie } })).status, 200);
  environment.advance(3000);
  assert.is((await begin('guess-again')).status, 401);
  assert.is((await begin(token)).status, 429);
  environment.advance(60_000);
  assert.is((await begin(token)).status, 204);
});

spec.test('more sessions than a server keeps end the oldest', async () => {
  const first = cookieOf((await begin(token)).headers);
  for (let count = 1; count < 1000; count++) await begin(token);
  assert.is((await ask(web, '/api/about', { headers: { cookie: first } })).status, 200);
  await begin(token);
  assert.is((await ask(web, '/api/about', { headers: { cookie: first } })).status, 401);
});

spec.test('pages of other sites can neither begin a session nor end one', async () => {
  const headers = { origin: 'http://evil.example' };
  assert.is((await begin(token, headers)).status, 403);
  assert.is((await ask(web, '/api/session', { method: 'DELETE', headers })).status, 403);
});

spec.test('a server that asks for none has no sessions', async () => {
  const open = webOver(db);
  const post = { method: 'POST', body: { token } };
  assert.equal(await refused(open, '/api/session', post), [400, 'request-invalid']);
  assert.is((await ask(open, '/api/session', { method: 'DELETE' })).status, 204);
});

spec.run();
