/** Requests that come from elsewhere, or are not possible: each is refused, and says why. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, jobGraph, type Store, transactGraph, webHandler, type WebOptions } from '../../../src/index.js';
import { readPathSegment, pathSegment } from '../../../src/prelude/path-segment.js';
import { refusal } from '../../support/refusal.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore, temporaryFolder } from '../../support/stores.js';
import { ask, refused, requestOf, webOver } from './browser.js';

const spec = describe('requests that are refused');
let db: Store;
spec.before(async () => {
  db = await freshStore('memory');
  await install(db);
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'nightly' }));
});
spec.after(async () => await db.close());

const statusOf = async (headers: Record<string, string | null>, options: WebOptions = {}, path = '/api/about') =>
  (await ask(webOver(db, options), path, { headers })).status;

spec.test('names that other sites can have are no names of this server, whatever the port', async () => {
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:4280', '[::1]:80', '[::1]']) {
    assert.is(await statusOf({ host }), 200, host);
  }
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'localhost.',
    '127.0.0.1.nip.io',
    '127.0.0.2',
    '10.0.0.1',
  ]) {
    assert.is(await statusOf({ host }), 421, host);
    // The page itself is not given out either.
    assert.is(await statusOf({ host }, {}, '/'), 421, host);
  }
  for (const host of ['', 'localhost:x', 'localhost:1:2', 'a@localhost', 'localhost/', '[::1', 'local host']) {
    assert.is(await statusOf({ host }), 421, host);
  }
  const hosts = ['Ops.example.com', '[fd00::1]'];
  assert.is(await statusOf({ host: 'ops.EXAMPLE.com:8443' }, { hosts }), 200);
  assert.is(await statusOf({ host: '[fd00::1]:8443' }, { hosts }), 200);
  assert.is(await statusOf({ host: 'www.ops.example.com' }, { hosts }), 421);
});

spec.test('what the pages of other sites ask is refused, but for the page itself', async () => {
  const foreign = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:81' },
    { origin: 'file://' },
    { origin: 'nonsense' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
  ];
  for (const headers of foreign) {
    assert.is(await statusOf(headers), 403, JSON.stringify(headers));
    assert.is(await statusOf(headers, {}, '/'), 503, 'only the page is missing');
  }
  for (const headers of [
    {},
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': null },
    { origin: 'http://localhost:4280' },
    { host: 'localhost', origin: 'https://localhost' },
    { host: 'localhost:443', origin: 'https://localhost' },
  ]) {
    assert.is(await statusOf(headers), 200, JSON.stringify(headers));
  }
});

spec.test('a change needs the word of the browser that this page asks for it', async () => {
  const web = webOver(db, { operate: { by: 'ann' } });
  const post = (headers: Record<string, string | null>) =>
    ask(web, '/api/graphs/nightly/pause', { method: 'POST', body: { reason: 'a test' }, headers });
  const silent = { origin: null, 'sec-fetch-site': null };
  assert.is((await post(silent)).status, 403);
  assert.is((await post({ ...silent, 'sec-fetch-site': 'none' })).status, 403);
  assert.is((await post({ origin: 'http://evil.example' })).status, 403);
  assert.is((await post({ origin: null })).status, 200);
  assert.is((await post({ 'sec-fetch-site': null })).status, 200);
});

spec.test('other methods and paths are refused, with what there is', async () => {
  const web = webOver(db);
  for (const [path, method, allow] of [
    ['/api/about', 'POST', 'GET, HEAD'],
    ['/api/graphs/nightly/retry', 'GET', 'POST'],
    ['/api/session', 'GET', 'POST, DELETE'],
    ['/', 'DELETE', 'GET, HEAD'],
    ['/api/about', 'OPTIONS', 'GET, HEAD'],
    ['/api/about', 'PUT', 'GET, HEAD'],
  ] as const) {
    const { status, headers, value } = await ask(web, path, { method });
    assert.equal([status, headers.get('allow'), value.error.code], [405, allow, 'method-unknown'], `${method} ${path}`);
  }
  for (const path of [
    '/index.html',
    '/api',
    '/api/',
    '/api/graphs/',
    '/api/graphs/nightly/',
    '/page.js/',
    '/..%2fpackage.json',
    '//',
  ]) {
    assert.equal(await refused(web, path), [404, 'path-unknown'], path);
  }
  const { status, headers, value } = await ask(web, '/api/about', { method: 'HEAD' });
  assert.equal([status, headers.get('content-type'), value], [200, 'application/json; charset=utf-8', '']);
});

spec.test('parameters that are unknown, repeated or impossible are refused, and named', async () => {
  const web = webOver(db);
  for (const [path, sentence] of [
    ['/api/graphs?limt=3', 'this address has no parameter "limt"; did you mean limit?'],
    ['/api/about?x=1', 'this address has no parameter "x"; there are none here'],
    ['/?x=1', 'this address has no parameter "x"; there are none here'],
    ['/api/graphs?limit=1&limit=2', 'parameter limit: expected whole number from 1 to 1000, got ["1","2"]'],
    ['/api/graphs?limit=0', 'got "0"'],
    ['/api/graphs?limit=1001', 'got "1001"'],
    ['/api/graphs?limit=1e2', 'got "1e2"'],
    ['/api/graphs?limit=', 'got ""'],
    ['/api/graphs?status=fine', 'parameter status: expected running, finished, failed, aborted'],
    ['/api/graphs?label=x', 'expected label, as key=value'],
    ['/api/graphs?label==x', 'expected label, as key=value'],
    ['/api/graphs?label=a=1&label=a=2', 'given twice, with two values'],
    [`/api/graphs?search=${'x'.repeat(201)}`, 'expected text of at most 200 characters'],
    ['/api/graphs?asOf=now', 'parameter asOf: expected position in the log'],
    ['/api/graphs?asOf=-1', 'parameter asOf'],
    ['/api/graphs/nightly/events?after=1/2/3', 'parameter after'],
    ['/api/workers?running=yes', 'parameter running: expected true or false'],
    ['/api/log?type=JobStated', 'parameter type'],
    [`/api/log?${'type=JobStarted&'.repeat(50)}`, 'parameter type'],
    ['/api/log?limit=501', 'parameter limit'],
    [`/api/log?graph=${'x'.repeat(201)}`, 'parameter graph'],
  ] as const) {
    const { status, value } = await ask(web, path);
    assert.equal([status, value.error.code], [400, 'request-invalid'], path);
    assert.match(value.error.message, sentence);
  }
  assert.equal(await refused(web, '/api/graphs?after=nonsense'), [400, 'cursor-invalid']);
  const lastEventId = { headers: { 'last-event-id': 'x' } };
  assert.equal(await refused(web, '/api/graphs/nightly/follow', lastEventId), [400, 'request-invalid']);
  assert.equal(await refused(web, '/api/changes', lastEventId), [400, 'request-invalid']);
});

spec.test('what is too long is refused before it is looked at', async () => {
  const web = webOver(db, { operate: { by: 'ann' } });
  assert.equal(await refused(web, `/api/graphs?search=${'x'.repeat(9000)}`), [414, 'address-too-long']);
  const body = { reason: 'x'.repeat(20_000) };
  const post = { method: 'POST', body };
  assert.equal(await refused(web, '/api/graphs/nightly/retry', post), [413, 'body-too-large']);
  const lying = { ...post, headers: { 'content-length': '10' } };
  assert.equal(await refused(web, '/api/graphs/nightly/retry', lying), [413, 'body-too-large']);
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new Uint8Array(4096).fill(32));
    },
  });
  const { headers, url } = requestOf('/api/graphs/nightly/retry', { method: 'POST', body: {} });
  const request = new Request(url, { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit);
  assert.is((await web(request)).status, 413);
  assert.ok(pulled < 10, `${pulled} pieces were read`);
});

spec.test('bodies that are not what they should be are refused, and say where', async () => {
  const web = webOver(db, { operate: { by: 'ann' } });
  const post = async (body: unknown, headers: Record<string, string | null> = {}) => {
    const asked = { method: 'POST', body, headers };
    const { status, value } = await ask<{ error: Record<string, string> }>(web, '/api/graphs/nightly/abort', asked);
    return [status, value.error['code'], value.error['message']];
  };
  for (const [body, sentence] of [
    ['{', 'the body is not JSON: at character 2'],
    ['', 'the body is not JSON'],
    ['{"reason":"a","reason":"b"}', 'the body is not JSON'],
    ['[]', 'the body'],
    ['null', 'the body'],
    ['{}', 'reason: expected text of 1 to 2000 characters, got nothing'],
    ['{"reason":""}', 'reason'],
    ['{"reason":7}', 'reason'],
    [{ reason: 'x'.repeat(2001) }, 'reason'],
    [{ reason: 'x', by: 'root' }, 'no field "by"'],
    [`{"reason":${'['.repeat(3000)}${']'.repeat(3000)}}`, 'nested too deep'],
  ] as const) {
    const [status, code, message] = await post(body);
    assert.equal([status, code], [400, 'request-invalid'], JSON.stringify(body).slice(0, 100));
    assert.match(String(message), sentence);
  }
  assert.equal((await post('{"reason":" "}')).slice(0, 2), [400, 'reason-invalid']);
  for (const kind of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', null]) {
    const [status, code] = await post('{"reason":"x"}', { 'content-type': kind });
    assert.equal([status, code], [415, 'content-type-wrong'], String(kind));
  }
});

spec.test('every answer says what a browser may do with it, and none has words of the log in a header', async () => {
  const hostile = 'g\u202e<script src="x">';
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: hostile }));
  const web = webOver(db, { token: 'a-good-token' });
  const bearer = { authorization: 'Bearer a-good-token' };
  const paths = [
    '/',
    '/nope',
    '/api/about',
    '/api/graphs',
    `/api/graphs/${encodeURIComponent(hostile)}`,
    '/api/graphs?x=1',
  ];
  for (const headers of [bearer, { host: 'evil.example' }, {}]) {
    for (const path of paths) {
      const answered = await ask(web, path, { headers });
      assert.match(answered.headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self';/);
      assert.match(answered.headers.get('content-security-policy')!, "frame-ancestors 'none'");
      for (const [name, value] of [
        ['x-content-type-options', 'nosniff'],
        ['referrer-policy', 'no-referrer'],
        ['cross-origin-opener-policy', 'same-origin'],
        ['cross-origin-resource-policy', 'same-origin'],
      ] as const) {
        assert.is(answered.headers.get(name), value, `${path}: ${name}`);
      }
      assert.ok(answered.headers.has('permissions-policy'));
      assert.not.match(JSON.stringify([...answered.headers]), 'script src');
      assert.is(answered.headers.get('access-control-allow-origin'), null);
    }
  }
});

spec.test('ids of every form find their graph, and never another path', async () => {
  const ids = [
    '.',
    '..',
    '~.',
    '~~..',
    '~',
    'a b',
    '%2e%2e',
    'ü\u202e',
    '<b>',
    '?x=1#y',
    'events',
    '\\',
    '&',
    '+',
    ';',
    "'",
  ];
  const web = webOver(db);
  for (const id of ids) {
    await transactGraph(db, jobGraph({ jobs: { './..': { type: 'a' } } }, {}, { id }));
    assert.is(readPathSegment(pathSegment(id)), id);
    assert.is((await ask(web, `/api/graphs/${pathSegment(id)}`)).value.id, id, id);
    const events: string = (await ask(web, `/api/graphs/${pathSegment(id)}/events`)).value;
    assert.is(JSON.parse(events.slice(events.indexOf(' '))).graphId, id);
  }
  assert.is(readPathSegment('%'), null);
  assert.is(readPathSegment('%ff'), null);
  for (const path of ['/api/graphs/%', '/api/graphs/%ff/events', '/api/graphs/..', '/api/graphs/%2e%2e/events']) {
    assert.is((await ask(web, path)).status, 404, path);
  }
  assert.equal(await refused(web, '/api/graphs/a%2fb'), [404, 'graph-not-found']);
});

spec.test('without its files, the page says to build it; with them, it is sent once', async () => {
  const folder = temporaryFolder();
  const web = webOver(db, { path: '/tools/overseer' }, folder);
  assert.equal(await refused(web, '/tools/overseer/'), [503, 'page-missing']);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>ü</title>');
  writeFileSync(join(folder, 'page.js'), 'export {};');
  writeFileSync(join(folder, 'page.css'), 'body {}');
  writeFileSync(join(folder, 'secret.txt'), 'not for anybody');
  const page = await ask(web, '/tools/overseer/');
  assert.equal([page.status, page.value], [200, '<!doctype html><title>ü</title>']);
  assert.equal(
    [page.headers.get('content-type'), page.headers.get('cache-control')],
    ['text/html; charset=utf-8', 'no-cache'],
  );
  const headers = { 'if-none-match': page.headers.get('etag')! };
  assert.is((await ask(web, '/tools/overseer/', { headers })).status, 304);
  writeFileSync(join(folder, 'index.html'), 'changed');
  assert.is((await ask(web, '/tools/overseer/', { headers })).value, 'changed');
  assert.is((await ask(web, '/tools/overseer/page.js')).headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.is((await ask(web, '/tools/overseer/page.css')).headers.get('content-type'), 'text/css; charset=utf-8');
  assert.is((await ask(web, '/tools/overseer/layout.js')).status, 503);
  assert.is((await ask(web, '/tools/overseer/secret.txt')).status, 404);
  const moved = await ask(web, '/tools/overseer');
  assert.equal([moved.status, moved.headers.get('location')], [308, '/tools/overseer/']);
  for (const path of ['/', '/api/about', '/tools/', '/tools/overseers/', '/TOOLS/overseer/']) {
    assert.equal(await refused(web, path), [404, 'path-unknown'], path);
  }
  assert.is((await ask(web, '/tools/overseer/api/about')).status, 200);
});

spec.test('options that are not possible are refused when the handler is made', async () => {
  for (const options of [
    { path: 'x' },
    { path: '/a b/' },
    { path: '/../' },
    { path: '//' },
    { path: 7 },
    { hosts: 'localhost' },
    { hosts: ['http://x'] },
    { hosts: ['x:80'] },
    { hosts: [7] },
    { token: '' },
    { token: 'short' },
    { token: 'with a space in it' },
    { operate: true },
    { operate: { by: ' ' } },
    { operate: {} },
  ]) {
    const [code] = await refusal(() => webHandler(db, options as WebOptions));
    assert.is(code, 'web-invalid', JSON.stringify(options));
  }
});

spec.run();
