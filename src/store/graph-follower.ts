import type { Position, RecordedEvent } from '../domain/events.js';
import { comparePositions, type EventLog, onlyAfter, type Subscription } from '../log/event-log.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { E } from '../prelude/fp.js';
import { whenAborted } from '../prelude/when-aborted.js';
import { orThrow } from './or-throw.js';

/** One who follows a graph. Must not throw. */
export interface GraphListener {
  /** Called first with all events of the graph so far, which may be none, and then with the next ones whenever they come. */
  onEvents(events: readonly RecordedEvent[]): void;
  /** Called when no more will come: because the store was closed (null), or of an error. */
  onEnd(error: Error | null): void;
}

/** A graph's events so far, and those to come. */
export interface FollowedGraph {
  readonly events: readonly RecordedEvent[];
  /** The next ones in batches, until the signal aborts, the store is closed, or the reader stops. */
  readonly live: AsyncGenerator<readonly RecordedEvent[]>;
}

/**
 * Follows the log once for everybody in this process who follows a graph: an event is handed to those who follow its graph,
 * and costs nothing for the others. It is in one of three modes:
 *
 * - resting: nobody follows a graph, and there is no subscription.
 * - of one: a single graph is followed, and the log is asked for its events only.
 * - of all: several graphs are, and the log is asked for all events, until nobody follows any more.
 */
export class GraphFollower {
  private readonly inboxes = new Map<string, Set<Inbox>>();
  private subscription: Subscription | null = null;
  /** Where the subscription begins, or how far it has come. */
  private position: Position | null = null;
  private beginning: Promise<void> | null = null;
  private isOfAll = false;

  constructor(private readonly store: { readonly log: EventLog }) {}

  /** Follows a graph. Returns how to stop that; nothing is called from then on. */
  listen(graphId: string, listener: GraphListener): () => void {
    const inbox = new Inbox(listener);
    const ofGraph = this.inboxes.get(graphId);
    if (ofGraph === undefined) this.inboxes.set(graphId, new Set([inbox]));
    else ofGraph.add(inbox);
    const leave = () => {
      inbox.close();
      this.leave(graphId, inbox);
    };
    this.begin(graphId, inbox).catch((error: Error) => {
      if (this.leave(graphId, inbox)) inbox.end(error);
    });
    return leave;
  }

  /**
   * The same, for one who reads in turn. Whoever has it must read `live`, or end it.
   *
   * @throws LogError
   */
  async follow(graphId: string, signal?: AbortSignal): Promise<FollowedGraph> {
    const queue = new EventQueue();
    const leave = this.listen(graphId, queue);
    const events = await queue.first();
    const stop = () => {
      leave();
      queue.onEnd(null);
    };
    return { events, live: endingAtOnce(queue.batches(signal, stop), stop) };
  }

  private async begin(graphId: string, inbox: Inbox): Promise<void> {
    this.beginning ??= this.subscribeToEnd();
    await this.beginning;
    if (!this.isOfAll && this.inboxes.size > 1) this.subscribe(undefined);
    // Everything up to where the subscription is now is in this read, and the inbox gets everything after that.
    inbox.open(await orThrow(this.store.log.readGraph(graphId)));
  }

  private async subscribeToEnd(): Promise<void> {
    const last = await this.store.log.readAll({ direction: 'backwards', limit: 1 })();
    if (E.isLeft(last)) {
      this.beginning = null;
      throw last.left;
    }
    if (this.subscription !== null) return; // Somebody who came meanwhile was faster.
    this.position = last.right[0]?.position ?? null;
    const [only, ...others] = this.inboxes.keys();
    if (only !== undefined) this.subscribe(others.length === 0 ? only : undefined);
  }

  /** Subscribes anew from where the last subscription was: for the events of one graph, or of all. */
  private subscribe(graphId: string | undefined): void {
    this.subscription?.close();
    this.isOfAll = graphId === undefined;
    const filter = graphId === undefined ? {} : { graphId };
    const subscription = this.store.log.subscribe({ after: this.position, filter });
    this.subscription = subscription;
    this.read(subscription).then(
      () => this.ended(subscription, null),
      (error: Error) => this.ended(subscription, error),
    );
  }

  private async read(subscription: Subscription): Promise<void> {
    for await (const message of subscription) {
      if (subscription !== this.subscription) return;
      if (message.kind === 'events') this.deliver(onlyAfter(message.events, this.position));
      else if (message.kind === 'caughtUp' && isBeyond(message.upTo, this.position)) this.position = message.upTo;
    }
  }

  private deliver(events: readonly RecordedEvent[]): void {
    const reached = new Set<Inbox>();
    for (const event of events) {
      const ofGraph = this.inboxes.get(event.graphId);
      if (ofGraph === undefined) continue;
      for (const inbox of ofGraph) {
        inbox.add(event);
        reached.add(inbox);
      }
    }
    this.position = events.at(-1)?.position ?? this.position;
    for (const inbox of reached) inbox.handOver();
  }

  /** False if it had left already. */
  private leave(graphId: string, inbox: Inbox): boolean {
    const ofGraph = this.inboxes.get(graphId);
    if (ofGraph?.delete(inbox) !== true) return false;
    if (ofGraph.size === 0) this.inboxes.delete(graphId);
    if (this.inboxes.size === 0) this.rest();
    return true;
  }

  private ended(subscription: Subscription, error: Error | null): void {
    if (subscription !== this.subscription) return;
    const inboxes = [...this.inboxes.values()].flatMap((ofGraph) => [...ofGraph]);
    this.inboxes.clear();
    this.rest();
    for (const inbox of inboxes) inbox.end(error);
  }

  private rest(): void {
    const { subscription } = this;
    this.subscription = null;
    this.beginning = null;
    this.isOfAll = false;
    subscription?.close();
  }
}

function isBeyond(position: Position | null, other: Position | null): boolean {
  return position !== null && (other === null || comparePositions(position, other) > 0);
}

/** Keeps the events that come for a listener until the graph has been read. */
class Inbox {
  private events: RecordedEvent[] = [];
  private mode: 'reading' | 'open' | 'closed' = 'reading';

  constructor(private readonly listener: GraphListener) {}

  add(event: RecordedEvent): void {
    this.events.push(event);
  }

  handOver(): void {
    if (this.mode !== 'open' || this.events.length === 0) return;
    const { events } = this;
    this.events = [];
    this.listener.onEvents(events);
  }

  /** The graph has been read: what has come since and is not part of that follows it. */
  open(events: readonly RecordedEvent[]): void {
    if (this.mode !== 'reading') return;
    this.events = [...events, ...onlyAfter(this.events, events.at(-1)?.position ?? null)];
    this.mode = 'open';
    if (this.events.length === 0) this.listener.onEvents([]);
    else this.handOver();
  }

  close(): void {
    this.mode = 'closed';
  }

  end(error: Error | null): void {
    if (this.mode === 'closed') return;
    this.mode = 'closed';
    this.listener.onEnd(error);
  }
}

/** Turns calls into batches that are read in turn. */
class EventQueue implements GraphListener {
  private events: RecordedEvent[] = [];
  private hasBegun = false;
  private hasEnded = false;
  private error: Error | null = null;
  private onNews = () => {};

  onEvents(events: readonly RecordedEvent[]): void {
    this.hasBegun = true;
    for (const event of events) this.events.push(event);
    this.onNews();
  }

  onEnd(error: Error | null): void {
    this.hasEnded = true;
    this.error ??= error;
    this.onNews();
  }

  /** The graph as it is read first. */
  async first(): Promise<readonly RecordedEvent[]> {
    while (!this.hasBegun && !this.hasEnded) await this.news();
    if (this.error !== null) throw this.error;
    return this.taken();
  }

  async *batches(signal: AbortSignal | undefined, stop: () => void): AsyncGenerator<readonly RecordedEvent[]> {
    const unlisten = whenAborted(signal, () => this.onEnd(null));
    try {
      while (!this.hasEnded) {
        if (this.events.length > 0) yield this.taken();
        else await this.news();
      }
      if (this.error !== null) throw this.error;
    } finally {
      unlisten();
      stop();
    }
  }

  private taken(): readonly RecordedEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  private async news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onNews = resolve;
    });
    this.onNews = () => {};
  }
}
