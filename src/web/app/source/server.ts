import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { GraphsPage } from '../../../domain/listed.js';
import type { WorkerSeen } from '../../../history/explain/explanation.js';
import { wordsFor } from '../../../prelude/errors.js';
import { eventOfLine } from '../model/read-lines.js';
import { pathSegment } from '../../../prelude/path-segment.js';
import { EventStream } from './event-stream.js';
import { LineCutter } from './lines.js';
import { type About, type Changed, type GraphListener, type GraphsQuery, type Source, SourceError } from './source.js';

type Query = Readonly<Record<string, string | readonly string[] | null>>;

/** The path of a question to the server, as seen from the page. */
export function apiPath(steps: readonly string[], query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) if (each !== '') params.append(name, each);
  }
  const text = params.toString();
  return `api/${steps.map(pathSegment).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Asks the server. @throws SourceError as the server says it, or `server-silent` if it does not answer */
async function ask(path: string, request: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...request });
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new SourceError('server-silent', 'the server does not answer; is `overseer ui` still running?', true);
  }
  if (response.ok) return response;
  throw await errorOf(response);
}

async function errorOf(response: Response): Promise<SourceError> {
  // The store may be back later; what is wrong with the question stays wrong.
  const isTransient = response.status >= 500;
  try {
    const { error } = (await response.json()) as {
      readonly error: { readonly code: string; readonly message: string };
    };
    return new SourceError(error.code, error.message, isTransient);
  } catch {
    return new SourceError(
      'server-error',
      `the server answered ${response.status} ${response.statusText}`,
      isTransient,
    );
  }
}

export async function askJson<A>(path: string): Promise<A> {
  return (await (await ask(path)).json()) as A;
}

/** Gives the server its token; from then on, the browser has a cookie. @throws SourceError */
export async function openSession(token: string): Promise<void> {
  await post(apiPath(['session']), { token });
}

/** Has the server do something. @throws SourceError */
export async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The position of a moment of the log, as people write it. */
export async function positionOf(text: string): Promise<Position> {
  return (await askJson<{ readonly position: Position }>(apiPath(['moment'], { at: text }))).position;
}

/** Tells everybody on the page of changes, by one connection. */
class Changes {
  private readonly callbacks = new Set<(changed: Changed) => void>();
  private stream: EventStream | null = null;

  tell(callback: (changed: Changed) => void): () => void {
    this.callbacks.add(callback);
    this.stream ??= new EventStream(() => apiPath(['changes']), {
      // After a gap, anything may have changed.
      open: () => this.say({ graphs: [], isWhole: false }),
      lost: () => {},
      messages: { changed: (data) => this.say(JSON.parse(data) as Changed) },
    });
    return () => {
      this.callbacks.delete(callback);
      if (this.callbacks.size > 0) return;
      this.stream?.end();
      this.stream = null;
    };
  }

  private say(changed: Changed): void {
    for (const callback of this.callbacks) callback(changed);
  }
}

const changes = new Changes();

/** The server that the page comes from. */
export const serverSource: Source = {
  isLive: true,
  check: null,
  about: () => askJson<About>(apiPath(['about'])),
  graphs: async ({ labels, asOf, ...query }: GraphsQuery) => {
    const position = asOf === null ? null : await positionOf(asOf);
    return await askJson<GraphsPage>(
      apiPath(['graphs'], { ...query, label: labels, asOf: position, limit: String(query.limit) }),
    );
  },
  workersSeen: (asOf) => askJson<readonly WorkerSeen[]>(apiPath(['workers-seen'], { asOf })),
  onChange: (callback) => changes.tell(callback),
  follow: (graphId, listener) => {
    const following = new Following(graphId, listener);
    void following.begin();
    return () => following.end();
  },
};

/** How long to wait before a server that refused is asked again. */
const againMs = 2000;

/** Reads a graph and follows it. Whatever fails is tried again, from where it was. */
class Following {
  private readonly ending = new AbortController();
  private position: Position | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly graphId: string,
    private readonly listener: GraphListener,
  ) {}

  async begin(): Promise<void> {
    try {
      this.listener.onWork(await askJson<readonly RecordedEvent[]>(apiPath(['work-events'])));
      await this.readAll();
      if (this.ending.signal.aborted) return;
      this.listener.onTrouble(null);
      this.listener.onLoaded();
      this.listen();
    } catch (error) {
      if (this.ending.signal.aborted) return;
      const isSilence = error instanceof SourceError && error.code === 'server-silent';
      if (!isSilence && this.position === null) return this.listener.onFailure(sourceError(error));
      this.listener.onTrouble(wordsFor(error));
      this.again(() => void this.begin());
    }
  }

  end(): void {
    this.ending.abort();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private again(what: () => void): void {
    if (!this.ending.signal.aborted) this.timer = setTimeout(what, againMs);
  }

  private async readAll(): Promise<void> {
    const path = apiPath(['graphs', this.graphId, 'events'], { after: this.position });
    const response = await ask(path, { signal: this.ending.signal });
    const cutter = new LineCutter();
    const reader = response.body!.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) this.take(cutter.add(read.value));
    if (cutter.unfinished !== '')
      throw new SourceError('server-silent', 'the connection ended in the middle of an event');
  }

  private take(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const events = lines.map(eventOfLine);
    this.position = events.at(-1)!.position;
    this.listener.onEvents(events);
  }

  /** From where it is, for whoever looks. */
  private listen(): void {
    const { signal } = this.ending;
    const path = () => apiPath(['graphs', this.graphId, 'follow'], { after: this.position });
    const lost = () => this.listener.onTrouble('the server does not answer; the page tries again');
    const stream = new EventStream(path, {
      open: () => this.listener.onTrouble(null),
      lost,
      messages: {
        events: (data) => this.take(data.split('\n')),
        work: (data) => {
          this.listener.onTrouble(null);
          this.listener.onWork(JSON.parse(data) as readonly RecordedEvent[]);
        },
        interrupted: (data) => this.listener.onTrouble(data),
        gone: lost,
      },
    });
    signal.addEventListener('abort', () => stream.end());
  }
}

function sourceError(error: unknown): SourceError {
  return error instanceof SourceError ? error : new SourceError('page-failed', wordsFor(error));
}
