/**
 * What the page's own code needs of a browser, in front of a web handler: so that its state and where it gets it from are tested
 * without one. Questions go straight to the handler. An event stream behaves as a browser's does: it connects again by itself,
 * says what it heard last, and gives up when it is refused.
 */
import { requestOf } from '../server/browser.js';
import type { WebHandler } from '../../../src/web/server/web-handler.js';

/** So soon a stream connects again that was cut. A browser takes seconds. */
const againMs = 5;

export class PageWorld {
  /** Every path that was asked for, and of streams each time they connected. */
  readonly asked: string[] = [];
  /** Whether the server answers. */
  isReachable = true;
  private readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible', body: new Place('body') });
  private readonly streams = new Set<Stream>();
  private readonly frames = new Map<number, FrameRequestCallback>();
  private frameCount = 0;
  private readonly window = new EventTarget();
  private readonly location = { hash: '' };
  /** The URLs that were written without a step for the back button. */
  readonly replaced: string[] = [];

  /** @param web is asked everything; a test may put another in its place */
  constructor(public web: WebHandler) {
    const streams = this.streams;
    const connect = (path: string, lastEventId: string | null, signal: AbortSignal) =>
      this.fetch(path, { signal, headers: lastEventId === null ? {} : { 'last-event-id': lastEventId } });
    class EventSource extends Stream {
      constructor(path: string) {
        super(path, connect, () => streams.delete(this));
        streams.add(this);
      }
    }
    const { document, location, window } = this;
    const history = {
      replaceState: (_: unknown, __: string, fragment: string) => {
        this.replaced.push(fragment);
        location.hash = fragment;
      },
    };
    const addEventListener = window.addEventListener.bind(window);
    const removeEventListener = window.removeEventListener.bind(window);
    const listening = { addEventListener, removeEventListener, HTMLElement: Place };
    const fetch = (path: string, request?: RequestInit) => this.fetch(path, request);
    const frames = {
      requestAnimationFrame: (callback: FrameRequestCallback) => {
        this.frames.set(++this.frameCount, callback);
        return this.frameCount;
      },
      cancelAnimationFrame: (frame: number) => void this.frames.delete(frame),
    };
    for (const [name, value] of Object.entries({
      document,
      location,
      history,
      fetch,
      EventSource,
      ...frames,
      ...listening,
    })) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }

  /** Presses a key in an element; returns whether somebody took it. */
  press(key: string, { within = 'body', ...modifiers }: Pressed = {}): boolean {
    const event = new Event('keydown', { cancelable: true });
    const own = { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers };
    for (const [name, value] of Object.entries({ ...own, target: new Place(within) })) {
      Object.defineProperty(event, name, { value });
    }
    return !this.window.dispatchEvent(event);
  }

  /** Draws a frame at a time of `performance.now()`. */
  draw(now: number): void {
    const due = [...this.frames.values()];
    this.frames.clear();
    for (const callback of due) callback(now);
  }

  /** Opens a place, as by a link. */
  open(hash: string): void {
    this.location.hash = hash;
    this.window.dispatchEvent(new Event('hashchange'));
  }

  get hash(): string {
    return this.location.hash;
  }

  look(isLooked: boolean): void {
    this.document.visibilityState = isLooked ? 'visible' : 'hidden';
    this.document.dispatchEvent(new Event('visibilitychange'));
  }

  /** How often something was asked for. */
  count(path: string): number {
    return this.asked.filter((each) => each.split('?')[0] === path).length;
  }

  /** How many streams are open, or on the way. */
  get connections(): number {
    return this.streams.size;
  }

  /** Cuts every stream, as a network does. */
  cut(): void {
    for (const stream of this.streams) stream.cut();
  }

  private async fetch(path: string, { method, headers, body, signal }: RequestInit = {}): Promise<Response> {
    this.asked.push(path);
    if (!this.isReachable) throw new TypeError('fetch failed');
    return await this.web(
      requestOf(`/${path}`, {
        method: method ?? 'GET',
        headers: (headers ?? {}) as Record<string, string>,
        ...(body === undefined || body === null ? {} : { body }),
        ...(signal ? { signal } : {}),
      }),
    );
  }
}

interface Pressed {
  /** The name of the element that has the focus. */
  readonly within?: string;
  readonly shiftKey?: boolean;
  readonly ctrlKey?: boolean;
}

/** An element, as far as a key needs to know where it was pressed. */
class Place {
  constructor(readonly name: string) {}

  closest(selector: string): Place | null {
    return selector.split(', ').includes(this.name) ? this : null;
  }
}

type Connect = (path: string, lastEventId: string | null, signal: AbortSignal) => Promise<Response>;

class Stream extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 0;
  private lastEventId: string | null = null;
  private connection = new AbortController();

  constructor(
    private readonly path: string,
    private readonly connect: Connect,
    private readonly onClose: () => void,
  ) {
    super();
    void this.run();
  }

  close(): void {
    this.readyState = Stream.CLOSED;
    this.connection.abort();
    this.onClose();
  }

  cut(): void {
    this.connection.abort();
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      this.connection = new AbortController();
      try {
        const response = await this.connect(this.path, this.lastEventId, this.connection.signal);
        if (response.status !== 200) this.close();
        else await this.hear(response);
      } catch {
        // It was cut, or there is no server.
      }
      if (!this.isClosed) this.readyState = 0;
      this.dispatchEvent(new Event('error'));
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  }

  private get isClosed(): boolean {
    return this.readyState === Stream.CLOSED;
  }

  private async hear(response: Response): Promise<void> {
    if (this.isClosed) return;
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    const { signal } = this.connection;
    const cut = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('it was cut'))),
    );
    let text = '';
    try {
      for (;;) {
        const { done, value } = await Promise.race([reader.read(), cut]);
        if (done) return;
        const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
        text = blocks.pop()!;
        blocks.forEach((block) => this.take(block));
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  private take(block: string): void {
    const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/s.exec(line)!.slice(1) as [string, string]);
    const all = (wanted: string) => fields.filter(([name]) => name === wanted).map(([, value]) => value);
    this.lastEventId = all('id')[0] ?? this.lastEventId;
    const [type] = all('event');
    if (type !== undefined && !this.isClosed)
      this.dispatchEvent(new MessageEvent(type, { data: all('data').join('\n') }));
  }
}
