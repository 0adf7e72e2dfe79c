/** What the conformance suite knows of an engine, and what its tests write into a log. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, NewEvent, RecordedEvent, StreamId } from '../../src/domain/events.js';
import type { Append, EventLog, Subscribe, SubscriptionMessage } from '../../src/log/event-log.js';
import { rightOf } from '../support/right.js';
import { assert } from '../support/spec.js';

export interface LogOptions {
  readonly namespace?: string;
  readonly now?: () => number;
}

export interface EngineUnderTest {
  /** What the engine can do. What it cannot do it must refuse, and then the suite tests that. */
  readonly canAppend: boolean;
  readonly canRestore: boolean;
  readonly hasSnapshots: boolean;
  /** Whether it can tell which graphs are open without reading every event. */
  readonly findsOpenGraphs?: boolean;
  /** Whether recorded times are those of `now`, or of a server's clock. */
  readonly hasGivenClock: boolean;
  /** A log without events. For an engine that only reads, it is the log that is written to before {@link reopen}. */
  open(options?: LogOptions): Promise<EventLog>;
  /** For an engine that only reads: what was written, as this engine reads it. */
  reopen?(written: EventLog): Promise<EventLog>;
  /** Another handle on the same log, as another process would have. Left out where there is no such thing. */
  again?(log: EventLog, options?: { readonly namespace?: string }): Promise<EventLog>;
}

/** Tests by their titles. */
export type ConformanceTests = Readonly<Record<string, (logs: LogFixture) => Promise<void>>>;

/** Opens logs of one engine, and closes them after each test. */
export class LogFixture {
  private readonly opened: EventLog[] = [];

  constructor(readonly engine: EngineUnderTest) {}

  /** A log without events, which can be written to. */
  async open(options?: LogOptions): Promise<EventLog> {
    return this.closedLater(await this.engine.open(options));
  }

  /** Another handle on the log, or the log itself where there is no other. */
  async again(log: EventLog): Promise<EventLog> {
    return this.engine.again === undefined ? log : this.closedLater(await this.engine.again(log));
  }

  /** A log of another namespace, on the same storage where logs share any. */
  async inAnotherNamespace(log: EventLog, namespace: string): Promise<EventLog> {
    return this.engine.again === undefined || !this.engine.canAppend
      ? await this.open({ namespace })
      : this.closedLater(await this.engine.again(log, { namespace }));
  }

  /** A log that holds what `write` writes. */
  async holding(write: (log: EventLog) => Promise<void>, options?: LogOptions): Promise<EventLog> {
    const log = await this.open(options);
    await write(log);
    return await this.written(log);
  }

  /** The log, as the engine under test reads it. */
  async written(log: EventLog): Promise<EventLog> {
    return this.engine.reopen === undefined ? log : this.closedLater(await this.engine.reopen(log));
  }

  async closeAll(): Promise<void> {
    for (const log of this.opened.splice(0)) await log.close();
  }

  private closedLater(log: EventLog): EventLog {
    this.opened.push(log);
    return log;
  }
}

export const jobA: StreamId = { graphId: 'g', jobId: 'a' };
export const jobB: StreamId = { graphId: 'g', jobId: 'b' };
export const graphStream: StreamId = { graphId: 'g', jobId: null };

export const beat = (details: unknown): DomainEvent => ({
  type: 'Heartbeat',
  data: { attempt: 1, details: details as null },
});

/** Gives a graph the jobs it is asked about: a graph is what its own stream says it is. */
export const submitted = (...jobs: string[]): DomainEvent => ({
  type: 'GraphSubmitted',
  data: {
    part: 1,
    parts: 1,
    jobs: jobs.map((id) => ({ id, type: 'job', parents: [] })),
    args: {},
    labels: {},
    priority: 0,
  },
});

export const aborted: DomainEvent = { type: 'GraphAborted', data: { by: 'me', reason: 'why' } };

export function newEvent(event: DomainEvent = beat(null), rest: Partial<NewEvent> = {}): NewEvent {
  return { id: randomUUID(), event, causationId: null, actor: 'tester', ...rest };
}

/** One event unless told which. */
export function append(stream: StreamId, expectedRevision: number, ...events: NewEvent[]): Append {
  return { ...stream, expectedRevision, events: events.length > 0 ? events : [newEvent()] };
}

/** Appends of one call may be written side by side; these are written one after another. */
export async function inTurn(log: EventLog, ...appends: readonly Append[]): Promise<void> {
  for (const each of appends) assert.ok((await rightOf(log.append([each])))[0]!.appended);
}

/** How a test distinguishes events: by the details of a heartbeat, or else by the type. */
export const detailsOf = (events: readonly RecordedEvent[]) =>
  events.map((event) => (event.type === 'Heartbeat' ? event.data.details : event.type));

/** Reads a subscription until it has said enough, then closes it. */
export async function collect(
  log: EventLog,
  isEnough: (events: readonly RecordedEvent[], kinds: readonly SubscriptionMessage['kind'][]) => boolean,
  request: Subscribe = {},
): Promise<{ events: RecordedEvent[]; kinds: SubscriptionMessage['kind'][] }> {
  const subscription = log.subscribe(request);
  const events: RecordedEvent[] = [];
  const kinds: SubscriptionMessage['kind'][] = [];
  for await (const message of subscription) {
    kinds.push(message.kind);
    if (message.kind === 'events') events.push(...message.events);
    if (isEnough(events, kinds)) break;
  }
  subscription.close();
  return { events, kinds };
}
