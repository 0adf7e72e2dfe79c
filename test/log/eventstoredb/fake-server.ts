/**
 * An EventStoreDB in memory, which speaks the real protocol and fails on demand. It is used to test how
 * the engine handles faults that a real server shows once a month. Both pass the conformance suite, so it behaves like
 * a real one.
 */
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Subscribers } from './fake-subscriptions.js';
import { type Appended, type Expected, FakeStreams } from './fake-streams.js';
import * as messages from './fake-messages.js';
import type { Failure } from './fake-messages.js';

export { failures } from './fake-messages.js';

/** An append as it reached the server. */
export interface ReceivedAppend {
  readonly stream: string;
  readonly expected: Expected;
  readonly ids: readonly string[];
  /** As the server counts it. */
  readonly bytes: number;
  /** Whether the client has set a deadline for the answer, by its own clock. */
  readonly hasDeadline: boolean;
}

/** How an append fails. */
export interface AppendFault {
  /** Whether its events are written all the same. */
  readonly isWritten: boolean;
  /** `none` is kept back until {@link FakeServer.answerLate}; a failure ends the call, and with it all that is under way. */
  readonly answer: 'none' | 'not ready' | 'timed out' | 'access denied' | 'end of the call' | Failure;
}

/** How a read fails: with an error, or by falling silent after `silentAfter` events. */
export type ReadFault = Failure | { readonly silentAfter: number };

interface Options {
  readonly version?: string;
  readonly maxAppendBytes?: number;
  /** The streams of a server that was there before. */
  readonly port?: number;
  readonly streams?: FakeStreams;
}

type Method = 'read' | 'subscribe' | 'batchAppend';
type ReadCall = ServerWritableStream<messages.ReadReq, messages.ReadResp>;
type BatchCall = ServerDuplexStream<messages.BatchAppendReq, messages.BatchAppendResp>;

export class FakeServer {
  port = 0;
  readonly received: ReceivedAppend[] = [];
  /** How many calls there are now, and how many there have been. */
  readonly openCalls: Record<Method, number> = { read: 0, subscribe: 0, batchAppend: 0 };
  readonly begunCalls: Record<Method, number> = { read: 0, subscribe: 0, batchAppend: 0 };
  /** Decides what happens to an append. */
  onAppend: (append: ReceivedAppend) => AppendFault | null = () => null;
  /** Decides what happens to a read of one stream, or of the whole log (null). */
  onRead: (stream: string | null) => ReadFault | null = () => null;
  /** What every read, subscription and batch of appends fails with. */
  refusal: Failure | null = null;
  readonly streams: FakeStreams;
  readonly subscribers: Subscribers;
  private readonly kept: (() => void)[] = [];
  private readonly server = new Server();

  private constructor(
    private readonly version: string,
    private readonly maxAppendBytes: number,
    streams: FakeStreams,
  ) {
    this.streams = streams;
    this.subscribers = new Subscribers(streams);
  }

  static async start(options: Options = {}): Promise<FakeServer> {
    const { version = '23.10.7', maxAppendBytes = 1024 * 1024, port = 0, streams = new FakeStreams() } = options;
    const fake = new FakeServer(version, maxAppendBytes, streams);
    fake.serve();
    fake.port = await new Promise<number>((resolve, reject) => {
      const address = `127.0.0.1:${port}`;
      const bound = (error: Error | null, got: number) => (error === null ? resolve(got) : reject(error));
      fake.server.bindAsync(address, ServerCredentials.createInsecure(), bound);
    });
    return fake;
  }

  get address(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Goes away as a server that is killed does. */
  stop(): void {
    this.server.forceShutdown();
  }

  /** What happens to the next appends. */
  failAppends(fault: AppendFault, times = 1): void {
    let left = times;
    this.onAppend = () => (left-- > 0 ? fault : null);
  }

  /** Answers what it has not answered. */
  answerLate(): void {
    for (const answer of this.kept.splice(0)) answer();
  }

  private serve(): void {
    const features: messages.IServerFeaturesServer = {
      getSupportedMethods: (_, answer) => answer(null, messages.supportedMethods(this.version)),
    };
    const streams: messages.IStreamsServer = {
      read: (call) => this.read(call),
      batchAppend: (call) => this.batchAppend(call),
      append: (call, answer) => {
        const parts: messages.AppendReq[] = [];
        call.on('data', (part: messages.AppendReq) => parts.push(part));
        call.on('end', () => {
          const options = parts.shift()!.getOptions()!;
          const events = parts.map((part) => messages.sentEvent(part.getProposedMessage()!));
          const name = messages.nameIn(options.getStreamIdentifier());
          const outcome = this.streams.append(name, messages.expectedIn(options), events);
          if (outcome.kind === 'appended') answer(null, messages.appended(outcome.revision));
          else answer(messages.failures.tombstoned(name));
        });
      },
      delete: ({ request }, answer) => {
        this.streams.delete(messages.nameIn(request.getOptions()!.getStreamIdentifier()));
        answer(null, messages.deleted());
      },
      tombstone: ({ request }, answer) => {
        this.streams.tombstone(messages.nameIn(request.getOptions()!.getStreamIdentifier()));
        answer(null, messages.buried());
      },
    };
    this.server.addService(messages.ServerFeaturesService, { ...features });
    this.server.addService(messages.StreamsService, { ...streams });
  }

  /** Counts a call until it ends, however it does; false if it is refused. */
  private begin(method: Method, call: ReadCall | BatchCall): boolean {
    this.begunCalls[method] += 1;
    this.openCalls[method] += 1;
    let isOpen = true;
    const over = () => {
      if (isOpen) this.openCalls[method] -= 1;
      isOpen = false;
    };
    for (const event of ['cancelled', 'finish', 'error']) call.on(event, over);
    if (this.refusal !== null) call.emit('error', this.refusal);
    return this.refusal === null;
  }

  // ---- reading

  private read(call: ReadCall): void {
    const options = call.request.getOptions()!;
    const isSubscription = options.hasSubscription();
    if (!this.begin(isSubscription ? 'subscribe' : 'read', call)) return;
    if (isSubscription) {
      const from = options.getAll()!.getPosition();
      const after = from === undefined ? null : Number(from.getCommitPosition());
      const filter = options.getFilter()!;
      const prefixes = filter.getStreamIdentifier()!.getPrefixList();
      const interval = filter.getMax() * filter.getCheckpointintervalmultiplier();
      void this.subscribers.serve(call, after, prefixes, interval);
      return;
    }
    const name = options.hasStream() ? messages.nameIn(options.getStream()!.getStreamIdentifier()) : null;
    const fault = this.onRead(name);
    if (fault !== null && 'code' in fault) {
      call.emit('error', fault);
      return;
    }
    const found = name === null ? this.readAll(options) : this.readStream(name, options);
    if (found === null) {
      call.emit('error', messages.failures.tombstoned(name!));
      return;
    }
    for (const message of found.slice(0, fault?.silentAfter)) call.write(message);
    if (fault === null) call.end();
  }

  private readStream(name: string, options: messages.ReadOptions): readonly messages.ReadResp[] | null {
    const where = options.getStream()!;
    const direction = messages.isForwards(options) ? 'forwards' : 'backwards';
    const from = where.hasEnd() ? 'end' : where.hasRevision() ? Number(where.getRevision()) : 0;
    const found = this.streams.read(name, from, direction, Number(options.getCount()));
    if (found === 'tombstoned') return null;
    return found === 'not found' ? [messages.streamNotFound(name)] : found.map(messages.eventMessage);
  }

  private readAll(options: messages.ReadOptions): readonly messages.ReadResp[] {
    const { all } = this.streams;
    const where = options.getAll()!;
    const prefixes = options.getFilter()?.getStreamIdentifier()?.getPrefixList() ?? [''];
    const index = where.hasPosition()
      ? this.streams.indexAt(Number(where.getPosition()!.getCommitPosition()))
      : where.hasEnd()
        ? all.length
        : 0;
    const events = messages.isForwards(options) ? all.slice(index) : all.slice(0, index).reverse();
    return events
      .filter(({ stream }) => prefixes.some((prefix) => stream.startsWith(prefix)))
      .slice(0, Number(options.getCount()))
      .map(messages.eventMessage);
  }

  // ---- appending

  private batchAppend(call: BatchCall): void {
    if (!this.begin('batchAppend', call)) return;
    call.on('data', (request: messages.BatchAppendReq) => this.takeAppend(call, request));
    call.on('end', () => call.end());
  }

  private takeAppend(call: BatchCall, request: messages.BatchAppendReq): void {
    const options = request.getOptions()!;
    const stream = messages.nameIn(options.getStreamIdentifier());
    const events = request.getProposedMessagesList().map(messages.sentEvent);
    const append: ReceivedAppend = {
      stream,
      expected: messages.expectedIn(options),
      ids: events.map(({ id }) => id),
      bytes: events.reduce((sum, event) => sum + messages.sizeOf(event), 0),
      hasDeadline: options.hasDeadline(),
    };
    this.received.push(append);
    const fault = this.onAppend(append);
    const refuse = (words: string, details: messages.Details) =>
      call.write(messages.batchRefused(request, words, details));
    const deadline = options.getDeadline()?.toDate().getTime() ?? Infinity;
    if (append.bytes > this.maxAppendBytes) {
      refuse('MaximumAppendSizeExceeded', messages.tooLarge(this.maxAppendBytes));
    } else if (deadline < Date.now() + this.streams.clockAheadMs) {
      refuse('Timeout', messages.timedOut());
    } else if (fault === null) {
      this.answer(call, request, this.streams.append(stream, append.expected, events));
    } else {
      const outcome = fault.isWritten ? this.streams.append(stream, append.expected, events) : null;
      this.answerBadly(call, request, fault, () => this.answer(call, request, outcome));
    }
  }

  private answer(call: BatchCall, request: messages.BatchAppendReq, outcome: Appended | null): void {
    switch (outcome?.kind) {
      case undefined:
        return;
      case 'appended':
        call.write(messages.batchAppended(request, outcome.revision, outcome.position));
        return;
      case 'wrong revision':
        call.write(messages.batchRefused(request, 'WrongExpectedVersion', messages.wrongRevision(outcome.actual)));
        return;
      case 'tombstoned':
        call.write(messages.batchRefused(request, 'StreamDeleted', messages.tombstoned()));
    }
  }

  private answerBadly(
    call: BatchCall,
    request: messages.BatchAppendReq,
    { answer }: AppendFault,
    answerLate: () => void,
  ): void {
    switch (answer) {
      case 'none':
        this.kept.push(answerLate);
        return;
      case 'not ready':
        call.write(messages.batchRefused(request, 'Server Is Not Ready', messages.noDetails()));
        return;
      case 'timed out':
        call.write(messages.batchRefused(request, 'Timeout', messages.timedOut()));
        return;
      case 'access denied':
        call.write(messages.batchRefused(request, 'AccessDenied', messages.accessDenied()));
        return;
      case 'end of the call':
        call.end();
        return;
      default:
        call.emit('error', answer);
    }
  }
}
