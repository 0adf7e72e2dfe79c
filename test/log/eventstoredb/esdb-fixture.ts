/** The set-up of the tests in this folder. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, NewEvent, Position, RecordedEvent, StreamId } from '../../../src/domain/events.js';
import {
  type Handlers,
  install,
  start,
  store,
  type Store,
  type Worker,
  type WorkerOptions,
} from '../../../src/index.js';
import type { Append, AppendResult, EventLog, Subscribe, SubscriptionMessage } from '../../../src/log/event-log.js';
import { openEventStoreDbLog } from '../../../src/log/eventstoredb/eventstoredb-log.js';
import { freshNamespace } from '../../support/eventstoredb.js';
import { right, rightOf } from '../../support/right.js';
import { FakeServer } from './fake-server.js';

/** Servers, logs and stores that end with the test they were made for. */
export class EsdbFixture {
  private readonly endings: (() => unknown)[] = [];

  async server(...options: Parameters<typeof FakeServer.start>): Promise<FakeServer> {
    const server = await FakeServer.start(...options);
    this.atEnd(() => server.stop());
    return server;
  }

  /** @param options.monotonicMs the clock by which it judges how fast events come */
  log(
    { address }: { readonly address: string },
    namespace = freshNamespace(),
    options: { readonly monotonicMs?: () => number } = {},
  ): EventLog {
    const log = openEventStoreDbLog({ address, namespace, ...options });
    this.atEnd(() => log.close());
    return log;
  }

  async store({ address }: { readonly address: string }, namespace = freshNamespace()): Promise<Store> {
    const opened = await store(address, { namespace });
    this.atEnd(() => opened.close());
    await install(opened);
    return opened;
  }

  /** A worker, and the warnings and errors it logs. */
  async worker(opened: Store, handlers: Handlers, options: WorkerOptions = {}): Promise<WatchedWorker> {
    const complaints: string[] = [];
    const complain = (_: object, message: string) => void complaints.push(message);
    const logger = { debug() {}, info() {}, warn: complain, error: complain };
    const worker = await start({ stopTimeout: 200, logger, ...options }, opened, handlers);
    this.atEnd(() => worker.stop());
    return { worker, complaints };
  }

  follow(log: EventLog, request: Subscribe = {}): Follower {
    const follower = new Follower(log, request);
    this.atEnd(() => void follower.close()); // Its log's end, which comes next, is waited for.
    return follower;
  }

  atEnd(end: () => unknown): void {
    this.endings.unshift(end);
  }

  /** In reverse order, so that nothing ends before what uses it. */
  async clear(): Promise<void> {
    for (const end of this.endings.splice(0)) await end();
  }
}

interface WatchedWorker {
  readonly worker: Worker;
  readonly complaints: readonly string[];
}

/** Reads a subscription as it comes. */
export class Follower {
  readonly messages: SubscriptionMessage[] = [];
  readonly ended: Promise<void>;
  private readonly subscription;

  constructor(log: EventLog, request: Subscribe) {
    this.subscription = log.subscribe(request);
    this.ended = this.read();
  }

  get events(): readonly RecordedEvent[] {
    return this.messages.flatMap((message) => (message.kind === 'events' ? message.events : []));
  }

  get kinds(): readonly string[] {
    return this.messages.map(({ kind }) => kind);
  }

  async close(): Promise<void> {
    this.subscription.close();
    await this.ended;
  }

  private async read(): Promise<void> {
    for await (const message of this.subscription) this.messages.push(message);
  }
}

export const jobA: StreamId = { graphId: 'g', jobId: 'a' };
export const jobB: StreamId = { graphId: 'g', jobId: 'b' };
export const graphG: StreamId = { graphId: 'g', jobId: null };

/** An event that can be recognised by its details. */
export function beat(details: unknown): NewEvent {
  const event: DomainEvent = { type: 'Heartbeat', data: { attempt: 1, details: details as null } };
  return { id: randomUUID(), event, causationId: null, actor: 'tester' };
}

export function submitted(...jobs: readonly string[]): NewEvent {
  const definitions = jobs.map((id) => ({ id, type: 'job', parents: [] }));
  const data = { part: 1, parts: 1, jobs: definitions, args: {}, labels: {}, priority: 0 };
  return { id: randomUUID(), event: { type: 'GraphSubmitted', data }, causationId: null, actor: 'tester' };
}

export function append(stream: StreamId, expectedRevision: number, ...events: readonly NewEvent[]): Append {
  return { ...stream, expectedRevision, events };
}

/** The details of heartbeats; the type of any other event. */
export function carriedBy(events: readonly RecordedEvent[]): unknown[] {
  return events.map((event) => (event.type === 'Heartbeat' ? event.data.details : event.type));
}

/** Beats with these numbers, one append each, to the end of a job's stream. */
export async function appendBeats(log: EventLog, stream: StreamId, from: number, to: number): Promise<void> {
  let revision = (await readAgain(log, stream)).length - 1;
  for (let n = from; n <= to; n++, revision++) mustBeIn(await rightOf(log.append([append(stream, revision, beat(n))])));
}

/** A stream's events; tried again where the log says that this may help. */
async function readAgain(log: EventLog, stream: StreamId): Promise<readonly RecordedEvent[]> {
  for (let tries = 1; ; tries++) {
    const result = await log.readStream(stream)();
    if (result._tag === 'Right' || !result.left.isTransient || tries === 50) return right(result);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function mustBeIn(results: readonly AppendResult[]): void {
  for (const result of results) if (!result.appended) throw new Error(`not appended: ${JSON.stringify(result)}`);
}

/** Somebody else's events in the same server. */
export function appendForeign({ streams }: FakeServer, count = 1): void {
  const nothing = Buffer.from('{}');
  for (let n = 0; n < count; n++) {
    streams.append('theirs', 'any', [
      { id: randomUUID(), type: 'Theirs', isJson: true, data: nothing, metadata: nothing },
    ]);
  }
}

/** How many bytes of the log are before a position; -1 for the start. */
export function offsetOf(position: Position | null): number {
  return Number(position?.split('/')[0] ?? -1);
}

/** The whole numbers from `from` to `to`, both included. */
export function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** How long something takes, and its result. */
export async function timed<A>(work: () => Promise<A>): Promise<{ readonly tookMs: number; readonly value: A }> {
  const startedAt = performance.now();
  const value = await work();
  return { tookMs: performance.now() - startedAt, value };
}
