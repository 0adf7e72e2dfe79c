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
 * What the client keeps for those who extend it (`protected` in its types). Two of its own calls are not used, and
 * made anew on these: its batch append, which ties the fates of all clients of a process together, and its read of
 * `$all`, which cannot filter (see docs/decisions/0012).
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

/** How long a read that has little to look through may take to be answered, and one that may have much. */
export const answerMs = 5000;
export const silenceMs = 60_000;
/** How long closing waits for a server to let go. */
const closeMs = 500;

/**
 * How many calls share the appends. The client library sends the next message of a call when the one before has left,
 * and copies the list of those that wait each time: with many under way, one call is what holds them up.
 */
const lanesForAppends = 8;

/** One of the calls that carry appends. */
interface Lane {
  readonly calls: WeakMap<Client, ClientDuplexStream<AppendRequest, AppendAnswer>>;
  appends: BatchAppends | null;
}

/** How often in a row a read follows from one node to the one that is said to lead. */
const redirectionsMax = 3;

/** Who is to answer: a cluster's followers lag behind its leader, and would not find what was written a moment ago. */
export type Asked = 'the leader' | 'any node';

/** A connection to a server or cluster. Connects when it is first used, and again whenever it has to. */
export class Connection {
  private readonly internals: ClientInternals;
  private readonly inboxes = new Set<Inbox<ReadMessage>>();
  private readonly lanes = Array.from({ length: lanesForAppends }, (): Lane => ({
    calls: new WeakMap(),
    appends: null,
  }));
  private readonly banks = new WeakMap<object, BatchAppends>();
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

  /** The first, unless that is busy: whoever appends now and then needs no more than one call. */
  private nextLane(): Lane {
    const first = this.lanes[0]!;
    if (first.appends === null || first.appends.isIdle) return first;
    this.turn = (this.turn + 1) % this.lanes.length;
    return this.lanes[this.turn]!;
  }

  /** A lane's call to the node the client is connected to; it is begun anew when it has ended. */
  private async openAppends(lane: Lane): Promise<BatchAppends> {
    const open = this.internals.GRPCStreamCreator(
      Client,
      'batchAppend',
      (client) => {
        const { path, serialize, deserialize } = batchAppendMethod;
        const call = client.makeBidiStreamRequest(path, serialize, deserialize, ...this.arguments());
        // After an error the client may be connected to another node.
        this.banks.set(call, new BatchAppends(call, () => (lane.appends = null)));
        return call;
      },
      lane.calls,
    );
    lane.appends = this.banks.get(await open())!;
    return lane.appends;
  }

  /** Starts a read or a subscription. Close the inbox when done with it. */
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
   * The events of a read, in its order. A node that does not lead says who does, and the client goes there with its next
   * call: so this makes one.
   *
   * @param patienceMs how long the server may be silent; a look through a long log is, where nothing in it matches
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
        // Nothing has been read by then.
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
    const letGo = async () => {
      await this.client.dispose();
      const channel = await this.internals.getChannel();
      channel.close();
    };
    await atMost(closeMs, letGo());
  }

  private arguments(): [Metadata, CallOptions] {
    return this.internals.callArguments({ requiresLeader: this.asked === 'the leader' }, { deadline: Infinity });
  }
}
