import { type EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import {
  type CallOptions,
  type Channel,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type Metadata,
} from '@grpc/grpc-js';
import { BatchAppends, type WriteOutcome } from './batch-appends.js';
import { isNotLeader } from '../errors.js';
import { Inbox } from './inbox.js';
import { atMost } from './waiting.js';
import {
  type AppendAnswer,
  type AppendRequest,
  batchAppendMethod,
  type Proposed,
  type ReadMessage,
  readMethod,
  type ReadReq,
  type StoredMessage,
} from './wire.js';

/**
 * What the client offers to those who extend it (`protected` in its types). Two of its calls are written anew on top of
 * these: its batch append, where one client's failure fails all clients of the process, and its read of `$all`, which
 * cannot filter (see docs/decisions/0012).
 */
interface ClientInternals {
  readonly GRPCStreamCreator: <Stream>(
    client: typeof Client,
    name: string,
    create: (client: Client) => Stream,
    cache?: WeakMap<Client, Stream>,
  ) => () => Promise<Stream>;
  readonly callArguments: (
    options: { readonly requiresLeader?: boolean },
    callOptions?: CallOptions,
  ) => [Metadata, CallOptions];
  readonly capabilities: Promise<{ readonly serverVersion: string }>;
  readonly getChannel: () => Promise<Channel>;
}

/** How long the server may be silent: in a read that has little to look through, and in one that may have much. */
export const answerMs = 5000;
export const silenceMs = 60_000;
/** How long closing waits for the server. */
const closeMs = 500;

/**
 * How many calls share the appends. The client library sends a call's next message when the one before has left, and
 * copies the list of waiting messages each time: with many appends under way, a single call would be the bottleneck.
 */
const lanesForAppends = 8;

/** One of the calls that carry appends. */
interface Lane {
  readonly calls: WeakMap<Client, ClientDuplexStream<AppendRequest, AppendAnswer>>;
  appends: BatchAppends | null;
}

/** How often in a row a read moves on to the node that is said to be the leader. */
const redirectionsMax = 3;

/** Which node answers reads. A cluster's followers lag behind its leader, and may not have what was written just now. */
export type Asked = 'the leader' | 'any node';

/**
 * A connection to a server or cluster. The client connects on first use, and again after a failure, then possibly to
 * another node.
 *
 * Each read is a call of its own, open until it is released. Appends share up to {@link lanesForAppends} lanes. A lane
 * is closed until an append comes along; then it has a call open, until that call reports an error or its end. An error
 * closes the lane, not the call: appends that already wait on the call may still be answered, and the next one opens the
 * lane again, on the node that the client is connected to by then.
 */
export class Connection {
  private readonly internals: ClientInternals;
  private readonly inboxes = new Set<Inbox<ReadMessage>>();
  private readonly lanes = Array.from({ length: lanesForAppends }, (): Lane => ({
    calls: new WeakMap(),
    appends: null,
  }));
  /** By call: the client may give a lane the call that it already has. */
  private readonly appendsOn = new WeakMap<object, BatchAppends>();
  private turn = 0;
  private isUsed = false;

  constructor(
    readonly client: EventStoreDBClient,
    private readonly asked: Asked,
  ) {
    this.internals = client as unknown as ClientInternals;
  }

  async serverVersion(): Promise<string> {
    this.isUsed = true;
    return (await this.internals.capabilities).serverVersion;
  }

  /** Appends to one stream. Many of these may be under way at once; they share a few calls to the server. */
  append(stream: string, expectedRevision: number, events: readonly Proposed[]): Promise<WriteOutcome> {
    this.isUsed = true;
    const lane = this.nextLane();
    if (lane.appends !== null) return lane.appends.append(stream, expectedRevision, events);
    return this.openAppends(lane).then((appends) => appends.append(stream, expectedRevision, events));
  }

  /** The first lane unless it is busy: an occasional append needs only one call. */
  private nextLane(): Lane {
    const first = this.lanes[0]!;
    if (first.appends === null || first.appends.isIdle) return first;
    this.turn = (this.turn + 1) % this.lanes.length;
    return this.lanes[this.turn]!;
  }

  /** A lane's call to the node the client is connected to; opened again when it has ended. */
  private async openAppends(lane: Lane): Promise<BatchAppends> {
    const open = this.internals.GRPCStreamCreator(
      Client,
      'batchAppend',
      (client) => {
        const { path, serialize, deserialize } = batchAppendMethod;
        const call = client.makeBidiStreamRequest(path, serialize, deserialize, ...this.arguments());
        this.appendsOn.set(call, new BatchAppends(call, () => (lane.appends = null)));
        return call;
      },
      lane.calls,
    );
    lane.appends = this.appendsOn.get(await open())!;
    return lane.appends;
  }

  /** Starts a read or a subscription. {@link Connection.release} its inbox afterwards. */
  async read(request: ReadReq): Promise<Inbox<ReadMessage>> {
    this.isUsed = true;
    const open = this.internals.GRPCStreamCreator(Client, 'read', (client): ClientReadableStream<ReadMessage> => {
      const { path, serialize, deserialize } = readMethod;
      return client.makeServerStreamRequest(path, serialize, deserialize, request, ...this.arguments());
    });
    const inbox = new Inbox(await open());
    this.inboxes.add(inbox);
    return inbox;
  }

  /**
   * The events of a read, in order. A node that is not the leader says which one is, and the client goes there with its
   * next call; so the read is tried again.
   *
   * @param patienceMs how long the server may be silent, as it is while it looks through events that do not match
   */
  async *events(request: ReadReq, patienceMs = silenceMs): AsyncGenerator<StoredMessage> {
    for (let redirections = 0; ; redirections++) {
      const inbox = await this.read(request);
      try {
        for (let arrival; (arrival = await inbox.arrival(patienceMs)) !== 'ended';) {
          if (arrival === 'nothing') {
            throw new UnavailableError(undefined, `the server has not answered a read for ${patienceMs / 1000} s`);
          }
          for (const message of inbox.drain()) if (typeof message !== 'string') yield message;
        }
        return;
      } catch (error) {
        // A node that is not the leader says so before it sends any event.
        if (redirections >= redirectionsMax || !isNotLeader(error)) throw error;
      } finally {
        this.release(inbox);
      }
    }
  }

  release(inbox: Inbox<ReadMessage>): void {
    this.inboxes.delete(inbox);
    inbox.close();
  }

  async close(): Promise<void> {
    for (const inbox of this.inboxes) this.release(inbox);
    if (!this.isUsed) return;
    // The client's own disposal ends its calls and leaves the channel open, which would keep the process alive.
    const disconnect = async () => {
      await this.client.dispose();
      const channel = await this.internals.getChannel();
      channel.close();
    };
    await atMost(closeMs, disconnect());
  }

  private arguments(): [Metadata, CallOptions] {
    return this.internals.callArguments({ requiresLeader: this.asked === 'the leader' }, { deadline: Infinity });
  }
}
