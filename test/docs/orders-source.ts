/** A source of orders on this machine, as the example of a nightly report asks it, which keeps count of what it is asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SourceOptions {
  /** How many pages each tenant has. */
  readonly tenants: Readonly<Record<string, number>>;
  /** How often the source says at first that the day is not closed yet. */
  readonly notYet?: number;
  /** How many pages it gives in each second; of what is above, it says that it is too much. */
  readonly rate: number;
}

/** How long it takes to give a page: so long that requests at the same time meet. */
const pageMs = 25;
const windowMs = 1000;
const ordersPerPage = 10;

/** One request for a page. */
export interface AskedPage {
  readonly tenant: string;
  readonly page: number;
  /** Which attempt at which job asked: `GRAPH/JOB#ATTEMPT`. */
  readonly attempt: string;
  readonly atMs: number;
  /** How many requests for this tenant were being answered then, this one included. Who has gone away does not count. */
  readonly atOnce: number;
  readonly status: number;
}

export class OrdersSource {
  /** All that it was asked for so far, in order. */
  readonly asked: AskedPage[] = [];
  private listings = 0;
  private readonly answering = new Set<{ readonly tenant: string }>();
  private held: { readonly tenant: string; readonly until: Promise<void> } | null = null;

  private constructor(
    private readonly options: SourceOptions,
    private readonly server: Server,
  ) {}

  static async open(options: SourceOptions): Promise<OrdersSource> {
    const server = createServer();
    const source = new OrdersSource(options, server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void source.answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return source;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Answers no request for a tenant's pages until it is let go. */
  hold(tenant: string): () => void {
    let release = () => {};
    this.held = { tenant, until: new Promise((resolve) => (release = resolve)) };
    return () => {
      this.held = null;
      release();
    };
  }

  /** The report of any day. */
  expected(): string {
    const rows = Object.entries(this.options.tenants).sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = rows.map(([tenant, pages]) => {
      const orders = Array.from({ length: pages }, (_, index) => ordersOf(tenant, index + 1)).flat();
      const sum = orders.reduce((total, { cents }) => total + cents, 0) / 100;
      return `${tenant},${orders.length},${sum.toFixed(2)}\n`;
    });
    return ['tenant,orders,sum\n', ...lines].join('');
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.address);
    const [, days, , tenant] = decodeURIComponent(pathname).split('/');
    if (days !== 'days') return give(response, 404, {});
    if (tenant !== undefined) return await this.givePage(request, response, tenant, Number(searchParams.get('page')));
    this.listings += 1;
    if (this.listings <= (this.options.notYet ?? 0)) return give(response, 202, {});
    give(response, 200, { tenants: Object.entries(this.options.tenants).map(([id, pages]) => ({ id, pages })) });
  }

  private async givePage(request: IncomingMessage, response: ServerResponse, tenant: string, page: number) {
    const atMs = performance.now();
    const lately = this.asked.filter((other) => other.atMs > atMs - windowMs);
    const status = lately.filter((other) => other.status === 200).length < this.options.rate ? 200 : 429;
    const attempt = decodeURIComponent(String(request.headers['x-request-id']));
    const one = { tenant };
    this.answering.add(one);
    response.once('close', () => this.answering.delete(one));
    const atOnce = [...this.answering].filter((other) => other.tenant === tenant).length;
    this.asked.push({ tenant, page, attempt, atMs, atOnce, status });
    if (status === 429) {
      this.answering.delete(one);
      return give(response, status, {});
    }
    await (this.held?.tenant === tenant ? this.held.until : new Promise((resolve) => setTimeout(resolve, pageMs)));
    this.answering.delete(one);
    give(response, status, { orders: ordersOf(tenant, page) });
  }
}

/** What is asked to come again is asked to come again in a second. */
function give(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' }).end(JSON.stringify(body));
}

function ordersOf(tenant: string, page: number): readonly { readonly cents: number }[] {
  return Array.from({ length: ordersPerPage }, (_, index) => ({ cents: tenant.length * 1000 + page * 100 + index }));
}
