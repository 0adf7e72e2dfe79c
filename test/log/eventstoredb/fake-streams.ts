/** The streams of the fake server, and a server's rules for them, as those of EventStoreDB 23.10 were found to be. */
import { randomUUID } from 'node:crypto';

/** An event as it was sent. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as it is stored. */
export interface StandingEvent extends SentEvent {
  readonly stream: string;
  readonly revision: number;
  /** Both halves of its position: an offset in bytes, as in a real server's files. */
  readonly position: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** The revision a stream must be at, -1 for one that holds nothing. */
export type Expected = number | 'any';

export type Appended =
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number }
  /** -1 if there is no such stream. */
  | { readonly kind: 'wrong revision'; readonly actual: number }
  | { readonly kind: 'tombstoned' };

export type Found = readonly StandingEvent[] | 'not found' | 'tombstoned';

/** The revision before which a deleted stream is truncated, and that of a tombstone: beyond all others. */
export const beyondAll = 2 ** 63;

interface Stream {
  /** The events that were not scavenged: their revisions have no gaps. */
  events: StandingEvent[];
  readonly revisions: Map<string, number>;
  last: number;
  isTombstoned: boolean;
}

interface Bounds {
  readonly $maxCount?: number;
  readonly $tb?: number;
}

export class FakeStreams {
  /** In the order of their positions. */
  all: StandingEvent[] = [];
  /** Called when events were added. */
  readonly listeners = new Set<() => void>();
  /** How far the server's clock is ahead of everybody else's. */
  clockAheadMs = 0;
  private readonly streams = new Map<string, Stream>();

  constructor(private nextPosition = 1000) {}

  append(name: string, expected: Expected, sent: readonly SentEvent[]): Appended {
    const stream = this.streams.get(name);
    if (stream?.isTombstoned === true) return { kind: 'tombstoned' };
    const last = stream?.last ?? -1;
    const earlier = stream === undefined ? null : this.repeated(stream, expected, sent);
    if (earlier !== null) return { kind: 'appended', revision: earlier.revision, position: earlier.position };
    const wasDeleted = this.isDeleted(name);
    const isAsExpected = expected === 'any' || expected === last || (expected === -1 && wasDeleted);
    if (!isAsExpected) return { kind: 'wrong revision', actual: last };
    const toldAbout = name.startsWith('$$') ? name.slice(2) : null;
    const wasToldOfDeleted = toldAbout !== null && this.isDeleted(toldAbout);
    for (const event of sent) this.add(name, event);
    const { position } = this.all.at(-1)!;
    // What was deleted stays deleted. The stream begins again after it, also when only its metadata is written.
    if (wasDeleted) this.setBounds(name, { ...this.boundsOf(name), $tb: last + 1 });
    if (wasToldOfDeleted) {
      const $tb = (this.streams.get(toldAbout)?.last ?? -1) + 1;
      this.setBounds(toldAbout, { ...this.boundsOf(toldAbout), $tb });
    }
    return { kind: 'appended', revision: last + sent.length, position };
  }

  read(name: string, from: number | 'end', direction: 'forwards' | 'backwards', count: number): Found {
    const stream = this.streams.get(name);
    if (stream?.isTombstoned === true) return 'tombstoned';
    if (stream === undefined || stream.events.length === 0 || this.isDeleted(name)) return 'not found';
    const visible = stream.events.filter((event) => event.revision >= this.firstVisible(name));
    if (direction === 'forwards')
      return visible.filter(({ revision }) => from === 'end' || revision >= from).slice(0, count);
    return visible
      .filter(({ revision }) => from === 'end' || revision <= from)
      .reverse()
      .slice(0, count);
  }

  /** The index in {@link all} of the first event at or after a position. */
  indexAt(position: number): number {
    let low = 0;
    for (let high = this.all.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.all[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  delete(name: string): Appended {
    const last = this.streams.get(name)?.last ?? -1;
    this.setBounds(name, { $tb: beyondAll });
    return { kind: 'appended', revision: last, position: this.all.at(-1)!.position };
  }

  tombstone(name: string): Appended {
    const type = '$streamDeleted';
    const nothing = new Uint8Array();
    this.add(name, { id: randomUUID(), type, isJson: false, data: nothing, metadata: nothing }, beyondAll);
    this.streams.get(name)!.isTombstoned = true;
    return { kind: 'appended', revision: beyondAll, position: this.all.at(-1)!.position };
  }

  truncate(name: string, before: number): void {
    this.setBounds(name, { ...this.boundsOf(name), $tb: before });
  }

  /** Throws away for good what nobody can read in its stream any more. The last event of a stream stays. */
  scavenge(): void {
    for (const [name, stream] of this.streams) {
      const { isTombstoned, last } = stream;
      stream.events = stream.events.filter(
        ({ revision }) => revision >= this.firstVisible(name) || (!isTombstoned && revision === last),
      );
    }
    this.all = this.all.filter(
      (event) => event.type === '$streamDeleted' || this.streams.get(event.stream)!.events.includes(event),
    );
  }

  /** The last of these events if all are there already, at their revisions; null if they are new. */
  private repeated(stream: Stream, expected: Expected, sent: readonly SentEvent[]): StandingEvent | null {
    const first = typeof expected === 'number' ? expected + 1 : (stream.revisions.get(sent[0]?.id ?? '') ?? -1);
    const offset = first - (stream.events[0]?.revision ?? 0);
    const standing = stream.events.slice(Math.max(offset, 0), offset + sent.length);
    const isThere = offset >= 0 && sent.length > 0 && sent.every(({ id }, index) => standing[index]?.id === id);
    return isThere ? standing.at(-1)! : null;
  }

  private add(name: string, sent: SentEvent, revision?: number): void {
    const stream: Stream = this.streams.get(name) ?? {
      events: [],
      revisions: new Map(),
      last: -1,
      isTombstoned: false,
    };
    this.streams.set(name, stream);
    const event: StandingEvent = {
      ...sent,
      stream: name,
      revision: revision ?? stream.last + 1,
      position: this.nextPosition,
      created: Date.now() + this.clockAheadMs,
    };
    if (revision === undefined) {
      stream.last += 1;
      stream.events.push(event);
      stream.revisions.set(event.id, event.revision);
    }
    this.all.push(event);
    this.nextPosition += 100 + sent.data.length + sent.metadata.length;
    for (const listener of this.listeners) listener();
  }

  private setBounds(name: string, bounds: Bounds): void {
    const data = Buffer.from(JSON.stringify(bounds));
    this.add(`$$${name}`, { id: randomUUID(), type: '$metadata', isJson: true, data, metadata: new Uint8Array() });
  }

  private boundsOf(name: string): Bounds {
    if (name.startsWith('$$')) return { $maxCount: 1 };
    const text = this.streams.get(`$$${name}`)?.events.at(-1)?.data;
    return text === undefined ? {} : (JSON.parse(Buffer.from(text).toString()) as Bounds);
  }

  private firstVisible(name: string): number {
    const { $maxCount = Infinity, $tb = 0 } = this.boundsOf(name);
    return Math.max(this.streams.get(name)!.last + 1 - $maxCount, $tb);
  }

  private isDeleted(name: string): boolean {
    return (this.boundsOf(name).$tb ?? 0) >= beyondAll;
  }
}
