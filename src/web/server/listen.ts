import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { OverseerError, wordsFor } from '../../prelude/errors.js';
import { errorAnswer, WebError } from './answers.js';
import { invalid } from './parameters.js';
import type { WebHandler } from './web-handler.js';

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
} as const;
const connectionsMax = 256;
/** A browser that takes nothing for so long has most likely gone, without a word from its machine. */
const stalledMs = 120_000;
/** How long answers that are under way may take when the server stops. */
const stoppingMs = 1000;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Takes no more requests, ends the open streams, and resolves when all connections are closed. */
  close(): Promise<void>;
}

/**
 * Serves a handler by Node's own `http`.
 *
 * @param port 0 for any that is free
 * @throws OverseerError `port-taken`, `host-unusable`
 */
export async function listen(handler: WebHandler, host: string, port: number): Promise<Listening> {
  const open = new Set<AbortController>();
  const server = createServer(limits, (incoming, outgoing) => {
    const gone = new AbortController();
    open.add(gone);
    outgoing.once('close', () => {
      open.delete(gone);
      gone.abort();
    });
    void serve(handler, incoming, outgoing, gone.signal);
  });
  server.maxConnections = connectionsMax;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw cannotListen(error as NodeJS.ErrnoException, host, port);
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const each of open) each.abort();
      await atMost(stoppingMs, closed, server);
    },
  };
}

async function atMost(ms: number, closed: Promise<unknown>, server: Server): Promise<void> {
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), ms);
  await closed;
  clearTimeout(timer);
}

async function serve(
  handler: WebHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  try {
    const request = requestOf(incoming, gone);
    await send(request instanceof WebError ? errorAnswer(request) : await handler(request), incoming, outgoing);
  } catch {
    // It is the connection that has failed, or an answer in the middle: the browser sees that it is not whole.
    outgoing.destroy();
  }
}

/** What Node has read, as a request; or why it cannot be one. */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | WebError {
  const { method = 'GET', url = '/', headers } = incoming;
  if (!/^(GET|HEAD|POST|DELETE)$/.test(method)) {
    const allow = 'GET, HEAD, POST, DELETE';
    return new WebError('method-unknown', `this server takes no other methods than ${allow}`, { allow });
  }
  if ((incoming.headersDistinct['host'] ?? []).length > 1) return invalid('the request names more than one host');
  if (!url.startsWith('/')) return invalid('the address of the request must begin with a slash: this is no proxy');
  try {
    const given = Object.entries(headers).flatMap(([name, values]) =>
      [values ?? []].flat().map((value): [string, string] => [name, value]),
    );
    const hasBody = method === 'POST' || method === 'DELETE';
    const body = hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' } : {};
    // Which host it was asked for is told by the header alone.
    return new Request(`http://host.invalid${url}`, { method, headers: given, signal, ...body });
  } catch {
    return invalid('the request has a header, or an address, that is none');
  }
}

/** Sends an answer piece by piece, each when there is room for it. */
async function send({ status, headers, body }: Response, incoming: IncomingMessage, outgoing: ServerResponse) {
  if (outgoing.destroyed) {
    await body?.cancel();
    return;
  }
  for (const [name, value] of headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  // What is left of a body that nobody has read must not be taken for the next request.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  outgoing.writeHead(status);
  if (body !== null) await pour(body.getReader(), outgoing);
  outgoing.end();
}

async function pour(reader: ReadableStreamDefaultReader<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const cancel = () => void reader.cancel().catch(() => {});
  outgoing.once('close', cancel);
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    if (!outgoing.write(value)) await drained(outgoing);
  }
  outgoing.off('close', cancel);
}

async function drained(outgoing: ServerResponse): Promise<void> {
  const timer = setTimeout(() => outgoing.destroy(), stalledMs);
  await new Promise<void>((resolve) => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
  clearTimeout(timer);
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): OverseerError {
  const options = { cause: error };
  if (error.code === 'EADDRINUSE') {
    const message = `another program listens at port ${port} of ${host} already; give another with --port, or --port 0 for any that is free`;
    return new OverseerError('port-taken', message, options);
  }
  const reasons: Readonly<Record<string, string>> = {
    EADDRNOTAVAIL: 'it is no address of this machine',
    ENOTFOUND: 'there is no host of this name',
    EACCES: `this user may not listen at port ${port}; give another with --port`,
  };
  const reason = reasons[error.code ?? ''] ?? wordsFor(error);
  return new OverseerError('host-unusable', `the server cannot listen at ${host}: ${reason}`, options);
}
