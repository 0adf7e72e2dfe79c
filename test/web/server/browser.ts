/** A browser as far as the web handler can tell, and what it hears on an event stream. */
import { jobGraph, start, type Store, transactGraph, waitForGraph, type WebOptions } from '../../../src/index.js';
import { webHandler, type WebHandler } from '../../../src/web/server/web-handler.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { temporaryFolder } from '../../support/stores.js';

const host = 'localhost:4280';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** A request as the page makes it. Headers that are null are left out. */
export function requestOf(path: string, { method = 'GET', headers = {}, body, signal }: Asked = {}): Request {
  const own = {
    host,
    'sec-fetch-site': 'same-origin',
    ...(method === 'GET' || method === 'HEAD' ? {} : { origin: `http://${host}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  const given = Object.entries(own).filter((each): each is [string, string] => each[1] !== null);
  return new Request(`http://${host}${path}`, {
    method,
    headers: given,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

export interface Answered<A = ReturnType<typeof JSON.parse>> {
  readonly status: number;
  readonly headers: Headers;
  readonly value: A;
}

/** Asks a handler, and reads the JSON that it answers. */
export async function ask<A = ReturnType<typeof JSON.parse>>(
  web: WebHandler,
  path: string,
  asked?: Asked,
): Promise<Answered<A>> {
  const response = await web(requestOf(path, asked));
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    value: (isJson && text !== '' ? JSON.parse(text) : text) as A,
  };
}

/** The status and the code with which something is refused. */
export async function refused(web: WebHandler, path: string, asked?: Asked): Promise<[status: number, code: string]> {
  const { status, value } = await ask<{ error?: { code: string; message: string } }>(web, path, asked);
  if (value.error === undefined || !/^[^\n]{10,500}$/.test(value.error.message)) {
    throw new Error(`${path} is answered with ${status}: ${JSON.stringify(value)}`);
  }
  return [status, value.error.code];
}

/** A handler whose page is in a folder, which need not exist. */
export function webOver(store: Store, options: WebOptions = {}, page = temporaryFolder()): WebHandler {
  return webHandler(store, { page, ...options });
}

export interface Message {
  readonly event: string;
  readonly data: readonly string[];
  readonly id: string | null;
}

/** A browser that listens to an event stream, as fast as it comes or message by message. */
export class Listener {
  readonly messages: Message[] = [];
  comments = 0;
  hasEnded = false;
  private text = '';
  private readonly decoder = new TextDecoder();

  private constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array>) {}

  static async to(web: WebHandler, path: string, asked?: Asked): Promise<Listener> {
    const listener = await Listener.slow(web, path, asked);
    void listener.readAll();
    return listener;
  }

  /** One that takes nothing until {@link read} is called. */
  static async slow(web: WebHandler, path: string, asked?: Asked): Promise<Listener> {
    const response = await web(requestOf(path, asked));
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return new Listener(response.body!.getReader());
  }

  /** Takes the next piece. Returns whether there was one. */
  async read(): Promise<boolean> {
    const { done, value } = await this.reader.read();
    if (done) {
      this.hasEnded = true;
      return false;
    }
    this.text += this.decoder.decode(value, { stream: true });
    for (let end = this.text.indexOf('\n\n'); end >= 0; end = this.text.indexOf('\n\n')) {
      this.take(this.text.slice(0, end));
      this.text = this.text.slice(end + 2);
    }
    return true;
  }

  async heard(what: string, holds: (messages: readonly Message[]) => boolean, mostMs = 5000): Promise<void> {
    await eventually(`${what} is heard`, () => holds(this.messages), mostMs);
  }

  /** All lines of events so far. */
  get lines(): readonly string[] {
    return this.messages.filter(({ event }) => event === 'events').flatMap(({ data }) => data);
  }

  of(event: string): readonly Message[] {
    return this.messages.filter((message) => message.event === event);
  }

  async leave(): Promise<void> {
    await this.reader.cancel();
  }

  private async readAll(): Promise<void> {
    while (await this.read());
  }

  private take(block: string): void {
    if (block === ':') {
      this.comments += 1;
      return;
    }
    const fields = block.split('\n').map((line) => /^(\w+): (.*)$/s.exec(line)!.slice(1) as [string, string]);
    const all = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, value]) => value);
    this.messages.push({ event: all('event')[0]!, data: all('data'), id: all('id')[0] ?? null });
  }
}

/** Runs a graph in which `bad` fails and `last` depends on it. */
export async function runFailing(db: Store, id: string, labels: Record<string, string> = {}): Promise<void> {
  const worker = await start({}, db, {
    good: () => ({ rows: 3 }),
    bad: () => {
      throw new TypeError('No Such Table');
    },
  });
  const jobs = {
    first: { type: 'good' },
    bad: { type: 'bad', after: ['first'] },
    last: { type: 'good', after: ['bad'] },
  };
  await transactGraph(db, jobGraph({ jobs }, {}, { id, labels }));
  await waitForGraph(db, id);
  await worker.stop();
}

const chain = (jobs: number) =>
  Object.fromEntries(
    Array.from({ length: jobs }, (_, index) => [
      `j${index}`,
      { type: 'good', ...(index > 0 && { after: [`j${index - 1}`] }) },
    ]),
  );

/** Submits a chain of jobs of type `good`. */
export async function submit(db: Store, id: string, jobs = 3): Promise<void> {
  await transactGraph(db, jobGraph({ jobs: chain(jobs) }, {}, { id }));
}

/** The events of a graph, each by its position and id. */
export const linesOf = async (db: Store, graphId: string) =>
  (await rightOf(db.log.readStored({ graphId, limit: 10_000 }))).map(({ position, id }) => `${position} ${id}`);

/** The same of lines that were heard. */
export const placesIn = (lines: readonly string[]) =>
  lines.map((line) => {
    const space = line.indexOf(' ');
    return `${line.slice(0, space)} ${(JSON.parse(line.slice(space)) as { id: string }).id}`;
  });
