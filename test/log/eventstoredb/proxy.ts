/** A network between a handle and a real server, for tests that cut it. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Proxy {
  /** How many bytes have gone to the server. */
  bytesSent = 0;
  /** Called when more bytes have gone to the server. */
  onSent: () => void = () => {};
  private port = 0;
  private isFrozen = false;
  private server: Server | null = null;
  private readonly links = new Set<readonly [Socket, Socket]>();

  private constructor(private readonly target: URL) {}

  /** @param address of a single server without TLS */
  static async to(address: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(address));
    await proxy.open();
    return proxy;
  }

  get address(): string {
    return `esdb://127.0.0.1:${this.port}${this.target.search}`;
  }

  /** Takes connections, always at the same port. */
  async open(): Promise<void> {
    const server = createServer((near) => this.link(near));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as { port: number }).port;
  }

  /** Cuts every connection, whatever is on its way. */
  cut(): void {
    this.isFrozen = false;
    for (const sockets of this.links) for (const socket of sockets) socket.resetAndDestroy();
    this.links.clear();
  }

  /** Lets nothing through any more, either way, until the next cut. */
  freeze(): void {
    this.isFrozen = true;
    for (const sockets of this.links) for (const socket of sockets) socket.pause();
  }

  /** Cuts every connection, and takes no more. */
  close(): void {
    this.cut();
    this.server?.close();
    this.server = null;
  }

  private link(near: Socket): void {
    const far = connect(Number(this.target.port || 2113), this.target.hostname);
    const link = [near, far] as const;
    this.links.add(link);
    near.on('data', (bytes: Buffer) => {
      this.bytesSent += bytes.length;
      this.onSent();
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
    if (this.isFrozen) for (const socket of link) socket.pause();
  }
}
