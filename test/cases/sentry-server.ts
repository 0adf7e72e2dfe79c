/** A server that receives what Sentry's client sends. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface SentryServer {
  readonly dsn: string;
  /** The error events received so far. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly requests: number;
  close(): Promise<void>;
}

export async function openSentryServer(): Promise<SentryServer> {
  const events: Record<string, unknown>[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests += 1;
      const body = Buffer.concat(chunks);
      const isZipped = request.headers['content-encoding'] === 'gzip';
      events.push(...eventsOf((isZipped ? gunzipSync(body) : body).toString()));
      response.end('{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    dsn: `http://key@127.0.0.1:${port}/1`,
    events,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** An envelope is lines of JSON: a header, then a header and a body for each item. */
function eventsOf(envelope: string): readonly Record<string, unknown>[] {
  const [, ...lines] = envelope.split('\n').filter((line) => line !== '');
  return lines.flatMap((line, index) => {
    const isBody = index % 2 === 1;
    const header = JSON.parse(lines[index - 1] ?? '{}') as { type?: string };
    return isBody && header.type === 'event' ? [JSON.parse(line) as Record<string, unknown>] : [];
  });
}
