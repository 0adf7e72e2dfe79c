/** What is heard of a stream. */
export interface StreamListener {
  /** It is connected, for the first time or again. */
  readonly open: () => void;
  /** The connection was lost; it will be tried again. */
  readonly lost: () => void;
  /** By the name of the message. */
  readonly messages: Readonly<Record<string, (data: string) => void>>;
}

/** How long to wait before a server that refused is asked again. */
const againMs = 2000;
/** A browser has few connections for each server, and a page that nobody looks at leaves its own to others. */
const unseenMs = 10_000;

/**
 * A stream of messages from the server that goes on until it is ended: over lost connections, refusals, and times in which
 * nobody looks at the page.
 */
export class EventStream {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** @param path asked before each connection: it says from where on */
  constructor(
    private readonly path: () => string,
    private readonly listener: StreamListener,
  ) {
    document.addEventListener('visibilitychange', this.onVisibility);
    // A page that was opened behind another one connects when it is looked at.
    if (document.visibilityState !== 'hidden') this.connect();
  }

  end(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.disconnect();
  }

  private readonly onVisibility = () => {
    if (document.visibilityState === 'hidden') this.later(unseenMs, () => this.disconnect());
    else if (this.source === null) this.connect();
    else this.clear();
  };

  private connect(): void {
    this.clear();
    const source = new EventSource(this.path());
    this.source = source;
    source.addEventListener('open', this.listener.open);
    source.addEventListener('error', () => {
      this.listener.lost();
      // The browser connects again by itself, unless the server refused.
      if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
      this.disconnect();
      if (document.visibilityState !== 'hidden') this.later(againMs, () => this.connect());
    });
    for (const [name, hear] of Object.entries(this.listener.messages)) {
      source.addEventListener(name, (message) => hear((message as MessageEvent<string>).data));
    }
  }

  private disconnect(): void {
    this.clear();
    this.source?.close();
    this.source = null;
  }

  private later(ms: number, what: () => void): void {
    this.clear();
    this.timer = setTimeout(what, ms);
  }

  private clear(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
