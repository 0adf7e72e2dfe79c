import type { RecordedEvent } from '../../domain/events.js';
import type { EventLog, LogError, Subscribe, Subscription, SubscriptionMessage } from '../../log/event-log.js';
import type { Environment } from '../../store/environment.js';

/** What is new since somebody last asked. */
export type Notice =
  /** The log has grown by these, or its end has been reached again: then there are none. */
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[]; readonly of: Followed }
  /** The log cannot be read. It is tried again. */
  | { readonly kind: 'interrupted'; readonly error: LogError }
  /** The log was closed. */
  | { readonly kind: 'ended' }
  /** It is gone for good. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Nothing has happened for as long as was waited. */
  | { readonly kind: 'quiet' };

/** Which of some subscriptions a notice comes from: its number. */
type Followed = number;

interface Source {
  readonly subscription: Subscription;
  readonly messages: AsyncIterator<SubscriptionMessage>;
  /** Whether its next message is awaited. */
  isAsked: boolean;
}

/**
 * Several subscriptions of a log, read in turn by one who also wants to hear when nothing happens. No more than one message of
 * each is fetched before it is asked for.
 */
export class Notices {
  private readonly sources: readonly Source[];
  private readonly come: Notice[] = [];
  private wake = () => {};

  constructor(
    log: Pick<EventLog, 'subscribe'>,
    requests: readonly Subscribe[],
    private readonly environment: Environment,
  ) {
    this.sources = requests.map((request) => {
      const subscription = log.subscribe(request);
      return { subscription, messages: subscription[Symbol.asyncIterator](), isAsked: false };
    });
  }

  /** The next notice, or none after so many milliseconds. */
  async next(quietMs: number): Promise<Notice> {
    for (const [of, source] of this.sources.entries()) if (!source.isAsked) this.ask(source, of);
    if (this.come.length === 0 && quietMs > 0) await this.somethingOr(quietMs);
    return this.come.shift() ?? { kind: 'quiet' };
  }

  close(): void {
    for (const { subscription, messages } of this.sources) {
      subscription.close();
      messages.return?.().then(undefined, () => {});
    }
    this.wake();
  }

  private ask(source: Source, of: Followed): void {
    source.isAsked = true;
    const take = (notice: Notice, isLast: boolean) => {
      // The last message of a source stays the last: it is not asked again.
      source.isAsked = isLast;
      this.come.push(notice);
      this.wake();
    };
    source.messages.next().then(
      ({ done, value }) => {
        if (done === true) take({ kind: 'ended' }, true);
        else if (value.kind === 'interrupted') take(value, false);
        else take({ kind: 'events', events: value.kind === 'events' ? value.events : [], of }, false);
      },
      (error: unknown) => take({ kind: 'failed', error }, true),
    );
  }

  private async somethingOr(quietMs: number): Promise<void> {
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      cancel = this.environment.setTimer(quietMs, resolve);
    });
    cancel();
    this.wake = () => {};
  }
}
