import type { Position, RecordedEvent } from '../domain/events.js';
import { type EventLog, LogError, onlyAfter, type Subscription } from '../log/event-log.js';
import { comparePositions } from '../domain/positions.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { E } from '../prelude/fp.js';
import { whenAborted } from '../prelude/when-aborted.js';

/** One who follows a graph. Must not throw. */
export interface GraphListener {
  /** Called with every event of the graph. */
  onEvent(event: RecordedEvent): void;
  /** Called first after all events of the graph so far, which may be none, and then after those that have come at once. */
  onBatch(): void;
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
  /** By graph. */
  private readonly inboxes = new Map<string, Set<Inbox>>();
  /** Those who have come in this turn: their graphs will be read together. */
  private comers: Inbox[] = [];
  private subscription: Subscription | null = null;
  /** Where the subscription begins, or how far it has come. */
  private position: Position | null = null;
  private beginning: Promise<void> | null = null;
  private isOfAll = false;

  constructor(private readonly store: { readonly log: EventLog }) {}

  /** Follows a graph. Returns how to stop that; nothing is called from then on. */
  listen(graphId: string, listener: GraphListener): () => void {
    const inbox = new Inbox(graphId, listener);
    addTo(this.inboxes, inbox);
    if (this.comers.push(inbox) === 1) void this.readComers();
    return () => {
      inbox.close();
      this.leave(inbox);
    };
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

  /** Reads the graphs of those who have come in one turn, together. Never rejects. */
  private async readComers(): Promise<void> {
    try {
      do {
        this.beginning ??= this.subscribeToEnd();
        await this.beginning;
      } while (this.subscription === null && this.inboxes.size > 0); // All had left, and others came.
    } catch (error) {
      return this.fail(this.takeComers(), error as Error);
    }
    const comers = this.takeComers();
    if (!this.isOfAll && this.inboxes.size > 1) this.subscribe(undefined);
    await this.open(comers).catch((error: Error) => this.fail(comers, error));
  }

  private takeComers(): readonly Inbox[] {
    const { comers } = this;
    this.comers = [];
    return comers;
  }

  /** Everything up to where the subscription is now is in these reads, and the inboxes get everything after that. */
  private async open(comers: readonly Inbox[]): Promise<void> {
    const ofGraphs = new Map<string, Set<Inbox>>();
    for (const inbox of comers) if (inbox.isReading) addTo(ofGraphs, inbox);
    const { log } = this.store;
    await log.readGraphs([...ofGraphs.keys()], null, (graphId, history) => {
      for (const inbox of ofGraphs.get(graphId)!) {
        if (history instanceof LogError) this.fail([inbox], history);
        else inbox.open(history);
      }
    })();
    // If that failed because of one of the graphs, the others can still be read.
    for (const inbox of comers) {
      if (!inbox.isReading) continue;
      const alone = await log.readGraph(inbox.graphId)();
      if (E.isLeft(alone)) this.fail([inbox], alone.left);
      else inbox.open(alone.right);
    }
  }

  private fail(inboxes: readonly Inbox[], error: Error): void {
    for (const inbox of inboxes) if (inbox.isReading && this.leave(inbox)) inbox.end(error);
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
    if (only === undefined) this.beginning = null;
    else this.subscribe(others.length === 0 ? only : undefined);
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
    const reached: Inbox[] = [];
    for (const event of events) {
      const ofGraph = this.inboxes.get(event.graphId);
      if (ofGraph === undefined) continue;
      for (const inbox of ofGraph) if (inbox.add(event)) reached.push(inbox);
    }
    this.position = events.at(-1)?.position ?? this.position;
    for (const inbox of reached) inbox.endBatch();
  }

  /** False if it had left already. */
  private leave(inbox: Inbox): boolean {
    const ofGraph = this.inboxes.get(inbox.graphId);
    if (ofGraph?.delete(inbox) !== true) return false;
    if (ofGraph.size === 0) this.inboxes.delete(inbox.graphId);
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

function addTo(inboxes: Map<string, Set<Inbox>>, inbox: Inbox): void {
  const ofGraph = inboxes.get(inbox.graphId);
  if (ofGraph === undefined) inboxes.set(inbox.graphId, new Set([inbox]));
  else ofGraph.add(inbox);
}

/** Hands events over to a listener; keeps those that come until the graph has been read. */
class Inbox {
  private early: RecordedEvent[] = [];
  private isInBatch = false;
  private mode: 'reading' | 'open' | 'closed' = 'reading';
  /** Of the last event that was read. A slow subscription may hand over some of these only afterwards. */
  private readUpTo: Position | null = null;

  constructor(
    readonly graphId: string,
    private readonly listener: GraphListener,
  ) {}

  get isReading(): boolean {
    return this.mode === 'reading';
  }

  /** Returns whether a batch begins with it. */
  add(event: RecordedEvent): boolean {
    if (this.mode === 'reading') this.early.push(event);
    if (this.mode !== 'open' || !isBeyond(event.position, this.readUpTo)) return false;
    this.listener.onEvent(event);
    const begins = !this.isInBatch;
    this.isInBatch = true;
    return begins;
  }

  endBatch(): void {
    this.isInBatch = false;
    if (this.mode === 'open') this.listener.onBatch();
  }

  /** The graph has been read: what has come since and is not part of that follows it. */
  open(events: readonly RecordedEvent[]): void {
    if (this.mode !== 'reading') return;
    this.mode = 'open';
    this.readUpTo = events.at(-1)?.position ?? null;
    for (const event of events) this.listener.onEvent(event);
    for (const event of onlyAfter(this.early, this.readUpTo)) this.listener.onEvent(event);
    this.early = [];
    this.listener.onBatch();
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

  onEvent(event: RecordedEvent): void {
    this.events.push(event);
  }

  onBatch(): void {
    this.hasBegun = true;
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
