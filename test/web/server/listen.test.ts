/** The web handler behind Node's own server: real connections, whole, slow, broken and many. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { install, jobGraph, pause, type Store, transactGraph } from '../../../src/index.js';
import { type Listening, listen } from '../../../src/web/server/listen.js';
import type { WebHandler } from '../../../src/web/server/web-handler.js';
import { eventually } from '../../support/eventually.js';
import { refusal } from '../../support/refusal.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { webOver } from './browser.js';

const spec = describe('the server', { timeoutMs: 30_000 });
let db: Store;
let open: { close(): Promise<void> }[] = [];

spec.before(async () => {
  db = await freshStore('memory');
  await install(db);
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
});
spec.after(async () => await db.close());
spec.afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
});

async function serving(handler: WebHandler = webOver(db)): Promise<Listening> {
  const server = await listen(handler, '127.0.0.1', 0);
  open.push(server);
  return server;
}

const got = async ({ port }: Listening, path: string, init?: RequestInit) =>
  await fetch(`http://127.0.0.1:${port}${path}`, init);

/** What a server answers to bytes, until it closes the connection or falls silent. */
async function answerTo({ port }: Listening, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => {});
  socket.write(bytes);
  await eventually('it answers', () => /\r\n\r\n/.test(text) || socket.destroyed);
  socket.destroy();
  return text;
}

async function connected({ port }: Listening, path: string): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`);
  return { socket, text: () => text };
}

spec.test('a browser is answered, whole and with what belongs in the headers', async () => {
  const server = await serving(webOver(db, { token: 'a-good-token' }));
  assert.is((await got(server, '/api/about')).status, 401);
  const origin = `http://127.0.0.1:${server.port}`;
  const headers = { 'content-type': 'application/json', origin };
  const session = await got(server, '/api/session', { method: 'POST', headers, body: '{"token":"a-good-token"}' });
  assert.is(session.status, 204);
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!;
  assert.match(cookie, `overseer-session-${server.port}=`);
  const about = await got(server, '/api/about', { headers: { cookie } });
  assert.is(about.status, 200);
  assert.is(((await about.json()) as { namespace: string }).namespace, 'overseer');
  assert.match(about.headers.get('content-security-policy')!, "default-src 'none'");
  const head = await got(server, '/api/graphs', { method: 'HEAD', headers: { cookie } });
  assert.equal([head.status, await head.text()], [200, '']);
  const events = await got(server, '/api/graphs/g/events', { headers: { cookie } });
  assert.match(await events.text(), /^1 \{"graphId":"g".*\}\n$/);
});

spec.test('what is no request for it is refused, and the server goes on', async () => {
  const server = await serving();
  const host = `host: localhost:${server.port}\r\n`;
  for (const [bytes, status] of [
    ['nonsense\r\n\r\n', '400'],
    ['GET /api/about HTTP/1.1\r\n\r\n', '400'],
    [`GET http://localhost:${server.port}/api/about HTTP/1.1\r\n${host}\r\n`, '400'],
    [`GET //evil.example/api/about HTTP/1.1\r\n${host}\r\n`, '404'],
    [`GET /api/about HTTP/1.0\r\n\r\n`, '421'],
    [`GET /api/about HTTP/1.1\r\nhost: evil.example\r\n\r\n`, '421'],
    [`GET /api/about HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n`, '400'],
    [`TRACE / HTTP/1.1\r\n${host}\r\n`, '405'],
    [`PATCH / HTTP/1.1\r\n${host}\r\n`, '405'],
    [`GET /api/about HTTP/1.1\r\n${host}x: ${'y'.repeat(20_000)}\r\n\r\n`, '431'],
    [`GET /${'x'.repeat(9000)} HTTP/1.1\r\n${host}\r\n`, '414'],
    [`GET /%zz HTTP/1.1\r\n${host}\r\n`, '404'],
    [`GET /api/about HTTP/1.1\r\n${host}connection: upgrade\r\nupgrade: websocket\r\n\r\n`, '200'],
    [
      `POST /api/session HTTP/1.1\r\n${host}origin: http://localhost:${server.port}\r\ncontent-type: application/json\r\ncontent-length: 999999999\r\n\r\n`,
      '413',
    ],
  ] as const) {
    assert.match(await answerTo(server, bytes), new RegExp(`^HTTP/1\\.1 ${status} `), bytes.slice(0, 80));
  }
  assert.is((await got(server, '/api/about')).status, 200);
});

spec.test('what is left of a body is not taken for the next request', async () => {
  const server = await serving();
  const inner = `GET /api/about HTTP/1.1\r\nhost: localhost:${server.port}\r\n\r\n`;
  const bytes = `POST /api/pauses HTTP/1.1\r\nhost: localhost:${server.port}\r\norigin: http://localhost:${server.port}\r\ncontent-length: 99999\r\n\r\n${inner}`;
  const answer = await answerTo(server, bytes);
  assert.match(answer, /^HTTP\/1\.1 403 /);
  assert.match(answer.toLowerCase(), 'connection: close');
  assert.is(answer.match(/HTTP\/1\.1/g)!.length, 1);
});

/** Answers without end, and counts what it has made. */
function endless(pieceBytes: number) {
  const made = { pieces: 0, isCancelled: false, isAborted: false };
  const handler: WebHandler = (request) => {
    request.signal.addEventListener('abort', () => (made.isAborted = true));
    const piece = new Uint8Array(pieceBytes).fill(65);
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          made.pieces += 1;
          controller.enqueue(piece);
        },
        cancel: () => void (made.isCancelled = true),
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve(new Response(body));
  };
  return { made, handler };
}

spec.test('nothing is left behind on a connection, however long an answer is', async () => {
  const { made, handler } = endless(64 * 1024);
  const server = await serving(handler);
  const warnings: string[] = [];
  const warn = ({ message }: Error) => warnings.push(message);
  process.on('warning', warn);
  const response = await got(server, '/');
  const reader = response.body!.getReader();
  while (made.pieces < 400) await reader.read();
  await reader.cancel();
  await eventually('it is cancelled', () => made.isCancelled);
  process.off('warning', warn);
  assert.equal(warnings, []);
});

spec.test('a browser that does not read is not written to, and one that goes is forgotten', async () => {
  const { made, handler } = endless(256 * 1024);
  const server = await serving(handler);
  const { socket } = await connected(server, '/');
  socket.pause();
  let before = -1;
  await eventually('nothing more is made', async () => {
    before = made.pieces;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return made.pieces === before && before > 0;
  });
  // As much as lies in the buffers of two sockets.
  assert.ok(made.pieces < 200, `${made.pieces} pieces`);
  assert.is(made.isCancelled, false);
  socket.destroy();
  await eventually('it is cancelled', () => made.isCancelled && made.isAborted);
});

spec.test('an answer that fails in the middle breaks the connection off', async () => {
  const server = await serving(() => {
    let pieces = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      pieces += 1;
      if (pieces === 3) controller.error(new Error('the log is gone'));
      else controller.enqueue(new TextEncoder().encode('line\n'));
    };
    return Promise.resolve(new Response(new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })));
  });
  await assert.rejects(
    async () => await (await got(server, '/')).text(),
    () => true,
  );
});

spec.test('open streams end when it stops, and it takes no more requests', async () => {
  const server = await listen(webOver(db), '127.0.0.1', 0);
  const streams = await Promise.all(['/api/graphs/g/follow', '/api/changes'].map((path) => connected(server, path)));
  for (const { text } of streams) await eventually('it has begun', () => text().includes('\n:\n'));
  await pause(db, { type: 'x' });
  await eventually('it is heard', () => streams[0]!.text().includes('WorkPaused'));
  const ends = streams.map(({ socket }) => once(socket, 'close'));
  await server.close();
  await Promise.all(ends);
  // The last piece says that it is whole: nothing was cut off.
  for (const { text } of streams) assert.match(text(), /0\r\n\r\n$/);
  await assert.rejects(got(server, '/api/about'), () => true);
});

spec.test('one that does not end by itself is closed all the same', async () => {
  const { made, handler } = endless(1024 * 1024);
  const server = await listen(handler, '127.0.0.1', 0);
  const { socket } = await connected(server, '/');
  socket.pause();
  await eventually('it has begun', () => made.pieces > 0);
  await server.close();
  socket.destroy();
  assert.ok(made.isCancelled || made.isAborted);
});

spec.test('a port that is taken, and an address that is none, are named', async () => {
  const { port } = await serving();
  const [taken, sentence] = await refusal(() => listen(webOver(db), '127.0.0.1', port));
  assert.equal([taken, sentence.includes(`port ${port}`), sentence.includes('--port')], ['port-taken', true, true]);
  const [unusable] = await refusal(() => listen(webOver(db), '203.0.113.7', 0));
  assert.is(unusable, 'host-unusable');
});

spec.test('hundreds of browsers at once are served, and those beyond are turned away', async () => {
  const server = await serving();
  const sockets = await Promise.all(Array.from({ length: 240 }, () => connected(server, '/api/graphs/g/follow')));
  for (const { text } of sockets) await eventually('each has begun', () => text().includes('"GraphSubmitted"'));
  const more = await Promise.all(Array.from({ length: 60 }, () => connected(server, '/api/about').catch(() => null)));
  await eventually(
    'some are turned away',
    () => more.filter((each) => each === null || each.socket.destroyed).length >= 30,
  );
  assert.ok(sockets.every(({ socket }) => !socket.destroyed));
  for (const { socket } of sockets) socket.destroy();
  await eventually(
    'there is room again',
    async () => (await got(server, '/api/about').catch(() => null))?.status === 200,
  );
  for (const each of more) each?.socket.destroy();
});

spec.run();
