import type { Position, RecordedEvent } from '../../domain/events.js';
import { endingAtOnce } from '../../prelude/ending-at-once.js';
import { whenAborted } from '../../prelude/when-aborted.js';
import { matches } from '../event-list.js';
import type { Subscribe, Subscription, SubscriptionMessage } from '../event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { type Connection, silenceMs } from './protocol/connection.js';
import { asLogError, isTooSlow } from './errors.js';
import type { Inbox } from './protocol/inbox.js';
import type { EventReader } from './reader.js';
import { readAllRequest, subscribeRequest } from './protocol/requests.js';
import { pause, unlessAborted } from './protocol/waiting.js';
import type { StoredEvents } from './event-encoding.js';
import type { ReadMessage, ReadReq } from './protocol/wire.js';

/**
 * A subscription to the server's whole log that outlives those the server gives. The server drops one when its reader is
 * slow, when its node goes down, or when another node becomes leader, and the client does not start it again.
 *
 * One place is kept across all of them: the last event handed over, or a later position up to which nothing matches the
 * filter. (The server's own checkpoints run ahead of what was handed over.) An event at or before the place is never
 * handed over again, however often the server sends it.
 *
 * The modes:
 *
 * - catching up: the server's subscription delivers what is already stored. `caughtUp` ends it: when the server says that
 *   it is live, or when a read reaches the end of the log first.
 * - live: the same server subscription delivers what is appended from now on.
 * - rush: events come faster than the server can push them, in either mode. They are read in a loop until they come
 *   slowly enough; then a new server subscription begins.
 * - waiting: a call has failed. The reader is told (`interrupted`), and after a pause that doubles with each failure in a
 *   row, up to 2 s, it is catching up again from the place. Being dropped as too slow, or a stalled call, is routine:
 *   if it is the first failure in a row, there is neither a message nor a pause. Nor is there when the server just ends
 *   a call.
 * - closed: by its reader, or with the log. Every open call is cancelled, and no message follows.
 *
 * Whenever the server's subscription has been silent for `safetyNetMs`, a look is taken: a read of what comes after the
 * place. Events that it finds are handed over, and the subscription is suspect until it delivers an event itself. If the
 * next look finds events again, it has stalled.
 */

const retryMs = { first: 20, most: 2000 };
const lookBatch = 1000;

/**
 * The rate of events at which a rush begins, and the one at which it ends. The server pushes the events of a subscription
 * one by one, lets at most 32 of them wait, and drops it when there are more; a read gets all there is.
 */
const rush = { fromPerSecond: 4000, toPerSecond: 2000, judgedEveryMs: 100, readEveryMs: 5 };

export interface SubscriptionDependencies {
  readonly connection: Connection;
  readonly reader: EventReader;
  readonly stored: StoredEvents;
  readonly address: string;
  /** Aborts when the log is closed. */
  readonly closing: AbortSignal;
  /** The clock by which it is judged how fast events come. */
  readonly monotonicMs: () => number;
}

export function catchUpSubscription(on: SubscriptionDependencies, request: Subscribe): Subscription {
  const closing = new AbortController();
  const close = () => closing.abort();

  async function* messages(): AsyncGenerator<SubscriptionMessage> {
    const following = new Following(on, request, closing.signal);
    const unlisten = whenAborted(on.closing, close);
    try {
      while (!closing.signal.aborted) {
        try {
          yield* following.follow();
        } catch (error) {
          if (closing.signal.aborted) return;
          const isRoutine = following.failures === 0 && (error instanceof Stalled || isTooSlow(error));
          if (!isRoutine) yield { kind: 'interrupted', error: asLogError(error, on.address) };
          following.failures += 1;
          const waitMs = isRoutine ? 0 : retryMs.first * 2 ** following.failures;
          await pause(Math.min(waitMs, retryMs.most), closing.signal);
        }
      }
    } finally {
      unlisten();
    }
  }

  return { [Symbol.asyncIterator]: () => endingAtOnce(messages(), close), close };
}

/** A call that stays silent while there are events to deliver. */
class Stalled extends Error {}

/** How fast events come, judged at intervals. */
class Pace {
  private since: number;
  private events = 0;
  private perSecond = 0;

  constructor(private readonly monotonicMs: () => number) {
    this.since = monotonicMs();
  }

  /** Counts events that have come. Returns how many come in a second, as last judged. */
  note(events: number): number {
    this.events += events;
    const ms = this.monotonicMs() - this.since;
    if (ms >= rush.judgedEveryMs) {
      this.perSecond = (1000 * this.events) / ms;
      this.since += ms;
      this.events = 0;
    }
    return this.perSecond;
  }
}

/** One subscription's progress, over any number of the server's subscriptions. */
class Following {
  /** How many of the server's subscriptions in a row have failed before they delivered anything. */
  failures = 0;
  /** The place: the last event handed over, or a later position up to which nothing matches the filter. */
  private upTo: Position | null;
  private isCaughtUp = false;
  /** Whether a look has found what the server's subscription did not deliver, and it is still silent. */
  private isSuspect = false;
  private readonly pace: Pace;

  constructor(
    private readonly on: SubscriptionDependencies,
    private readonly request: Subscribe,
    private readonly closing: AbortSignal,
  ) {
    this.upTo = request.after ?? null;
    this.pace = new Pace(on.monotonicMs);
  }

  /** Catching up and live, with rushes in between, until a server subscription ends. Throws what it failed with. */
  async *follow(): AsyncGenerator<SubscriptionMessage> {
    this.isCaughtUp = false;
    while (!this.closing.aborted) {
      if ((yield* this.subscribe()) === 'ended') return;
      yield* this.readOn();
    }
  }

  /** Follows one server subscription to its end, or until a rush begins. */
  private async *subscribe(): AsyncGenerator<SubscriptionMessage, 'ended' | 'rush'> {
    const { reader } = this.on;
    const { filter = {}, safetyNetMs = 2000 } = this.request;
    this.isSuspect = false;
    const { from, end } = await unlessAborted(this.closing, this.findPlace());
    const { inbox, release } = await this.open(subscribeRequest(from, reader.prefixesOf(filter)));
    try {
      for (;;) {
        const arrival = await inbox.arrival(safetyNetMs);
        if (arrival === 'ended' || this.closing.aborted) return 'ended';
        if (arrival === 'messages') {
          const messages = inbox.drain();
          yield* this.handOver(messages, end);
          if (this.pace.note(messages.length) >= rush.fromPerSecond) return 'rush';
        } else for (const message of await unlessAborted(this.closing, this.look(inbox))) yield message;
      }
    } finally {
      release();
    }
  }

  /** Reads in a loop until the rush is over. */
  private async *readOn(): AsyncGenerator<SubscriptionMessage> {
    const { reader } = this.on;
    const prefixes = reader.prefixesOf(this.request.filter ?? {});
    for (let isRush = true; isRush && !this.closing.aborted;) {
      const end = await unlessAborted(this.closing, this.isCaughtUp ? Promise.resolve(null) : reader.end());
      const request = readAllRequest(this.upTo, 'forwards', Number.MAX_SAFE_INTEGER, prefixes);
      const { inbox, release } = await this.open(request);
      let count = 0;
      try {
        for (let arrival; (arrival = await inbox.arrival(silenceMs)) !== 'ended';) {
          if (arrival === 'nothing') throw new Stalled(`a read of ${this.on.address} has stalled`);
          const messages = inbox.drain();
          yield* this.handOver(messages, null);
          count += messages.length;
        }
      } finally {
        release();
      }
      if (this.closing.aborted) return;
      if (!this.isCaughtUp) yield this.caughtUp(end);
      isRush = this.pace.note(count) >= rush.toPerSecond;
      await pause(rush.readEveryMs, this.closing);
    }
  }

  /** Starts a call that also ends when the subscription is closed. */
  private async open(request: ReadReq): Promise<{ readonly inbox: Inbox<ReadMessage>; readonly release: () => void }> {
    const inbox = await this.on.connection.read(request);
    const end = () => this.on.connection.release(inbox);
    const unlisten = whenAborted(this.closing, end);
    const release = () => {
      unlisten();
      end();
    };
    return { inbox, release };
  }

  private async findPlace(): Promise<{ readonly from: Position | null; readonly end: Position | null }> {
    const { reader } = this.on;
    this.upTo ??= await reader.namespaceMark.place();
    return { from: await reader.placeToFollow(this.upTo), end: await reader.end() };
  }

  /** @param end where the log ended before the server's subscription began: once that is live, it has passed it */
  private *handOver(messages: readonly ReadMessage[], end: Position | null): Generator<SubscriptionMessage> {
    const events: RecordedEvent[] = [];
    let isLive = false;
    for (const message of messages) {
      const event = typeof message === 'string' ? null : this.on.stored.read(message);
      if (event !== null && this.isAhead(event.position)) {
        this.upTo = event.position;
        if (matches(event, this.request.filter ?? {})) events.push(event);
      }
      isLive ||= message === 'caught up';
      if (event !== null || isLive) this.failures = 0;
      if (event !== null) this.isSuspect = false;
    }
    if (events.length > 0) yield { kind: 'events', events };
    if (isLive) yield this.caughtUp(end);
  }

  /** Reads what comes after the place. That is little: each look moves the place on to the end of the whole log. */
  private async look(inbox: Inbox<ReadMessage>): Promise<readonly SubscriptionMessage[]> {
    const { reader } = this.on;
    const end = await reader.end();
    if (end === null || !this.isAhead(end)) return this.isCaughtUp ? [] : [this.caughtUp(end)];
    const missed: RecordedEvent[] = [];
    for await (const event of reader.scan(this.upTo, 'forwards', this.request.filter ?? {})) {
      missed.push(event);
      if (missed.length >= lookBatch) break;
    }
    if (!inbox.isEmpty) return []; // It is alive after all.
    if (missed.length === 0) return [this.caughtUp(end)];
    if (this.isSuspect) throw new Stalled(`the subscription to ${this.on.address} has stalled`);
    this.isSuspect = true;
    this.upTo = missed.at(-1)!.position;
    return [{ kind: 'events', events: missed }];
  }

  private caughtUp(end: Position | null): SubscriptionMessage {
    if (end !== null && this.isAhead(end)) this.upTo = end;
    this.isCaughtUp = true;
    return { kind: 'caughtUp', upTo: this.upTo };
  }

  private isAhead(position: Position): boolean {
    return this.upTo === null || comparePositions(position, this.upTo) > 0;
  }
}
