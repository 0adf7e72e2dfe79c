import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import * as messages from './fake-messages.js';
import type { FakeStreams } from './fake-streams.js';

type Call = ServerWritableStream<messages.ReadReq, messages.ReadResp>;

/** The subscriptions of the fake server. */
export class Subscribers {
  /** Whether nothing is delivered to anybody, though the calls stay open. */
  areNeglected = false;
  /** How many events were handed to the network. */
  delivered = 0;
  /** The positions after which they asked to begin, in the order they came; null for the start. */
  readonly begunBehind: (number | null)[] = [];
  private readonly calls = new Set<Call>();

  constructor(private readonly streams: FakeStreams) {}

  /** Ends every subscription, with this failure or with none. */
  drop(failure: messages.Failure | null): void {
    for (const call of this.calls) {
      if (failure === null) call.end();
      else call.emit('error', failure);
    }
    this.calls.clear();
  }

  /**
   * Serves one. A real server begins by skipping the event at the position, and does so by reading one event
   * from there: if that one was scavenged, it skips the next.
   */
  async serve(call: Call, after: number | null, prefixes: readonly string[], interval: number): Promise<void> {
    this.calls.add(call);
    this.begunBehind.push(after);
    const over = new AbortController();
    for (const event of ['cancelled', 'finish', 'error']) call.on(event, () => over.abort());
    over.signal.addEventListener('abort', () => this.calls.delete(call));
    const { all } = this.streams;
    const first = after === null ? undefined : all[this.streams.indexAt(after)];
    let reached = first?.position ?? after ?? -1;
    let considered = 0;
    let isCaughtUp = false;
    if (!this.areNeglected) await send(call, messages.confirmation(), over.signal);
    while (!over.signal.aborted) {
      const event = this.areNeglected ? undefined : this.streams.all[this.streams.indexAt(reached + 1)];
      if (event === undefined && !isCaughtUp && !this.areNeglected) {
        isCaughtUp = true;
        await send(call, messages.caughtUp(), over.signal);
        continue;
      }
      if (event === undefined) {
        await this.growth(over.signal);
        continue;
      }
      reached = event.position;
      considered += 1;
      const isWanted = prefixes.some((prefix) => event.stream.startsWith(prefix));
      if (isWanted) {
        this.delivered += 1;
        await send(call, messages.eventMessage(event), over.signal);
      }
      if (considered % interval === 0) await send(call, messages.checkpoint(reached), over.signal);
    }
  }

  /** Resolves when there is more, or all is over. */
  private growth(over: AbortSignal): Promise<void> {
    const { listeners } = this.streams;
    return new Promise((resolve) => {
      const done = () => {
        listeners.delete(done);
        over.removeEventListener('abort', done);
        resolve();
      };
      listeners.add(done);
      over.addEventListener('abort', done);
    });
  }
}

/** Waits for a reader that is slow. */
async function send(call: Call, message: messages.ReadResp, over: AbortSignal): Promise<void> {
  if (over.aborted || call.write(message)) return;
  await once(call, 'drain', { signal: over }).catch(() => {});
}
