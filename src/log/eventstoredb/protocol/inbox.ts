import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { afterMs } from '../../../prelude/timer.js';

const highWater = 2000;

/** How a wait for messages ended; `nothing` when its time was up. */
export type Arrival = 'messages' | 'ended' | 'nothing';

/**
 * The messages of one call, for one reader, who takes them in the batches they pile up in.
 *
 * The call is flowing, or paused: that is while {@link highWater} messages or more wait for a slow reader, and the server
 * then stops sending. It ends once: because the server has no more, because it failed, or because the reader closes the
 * inbox. Messages that came before the end can still be taken, and a failure is thrown only after the last of them.
 */
export class Inbox<Message> {
  private messages: Message[] = [];
  private failure: Error | null = null;
  private hasEnded = false;
  private wake = () => {};

  constructor(private readonly call: ClientReadableStream<Message>) {
    call.on('data', (message: Message) => {
      this.messages.push(message);
      if (this.messages.length >= highWater) call.pause();
      this.wake();
    });
    call.on('error', (error: Error) => {
      this.failure ??= error;
      this.wake();
    });
    call.on('end', () => {
      this.hasEnded = true;
      this.wake();
    });
  }

  /** Whether no message waits. */
  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  drain(): readonly Message[] {
    const taken = this.messages;
    this.messages = [];
    if (taken.length >= highWater) this.call.resume();
    return taken;
  }

  /** Waits until there are messages, the call has ended, or `mostMs` is up. Throws what the call failed with. */
  async arrival(mostMs?: number): Promise<Arrival> {
    let isLate = false;
    const late = () => {
      isLate = true;
      this.wake();
    };
    const cancelTimer = mostMs === undefined ? () => {} : afterMs(mostMs, late);
    try {
      for (;;) {
        if (!this.isEmpty) return 'messages';
        if (this.failure !== null) throw this.failure;
        if (this.hasEnded) return 'ended';
        if (isLate) return 'nothing';
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        // Messages come one by one; those of one turn of the event loop are taken together.
        await nextTurn();
      }
    } finally {
      cancelTimer();
      this.wake = () => {};
    }
  }

  /** Cancels the call. A wait ends as if the call had ended. */
  close(): void {
    this.hasEnded = true;
    // A call that is not cancelled stays open on the server, and a paused call never learns that it was cancelled.
    this.call.resume();
    setImmediate(() => this.call.cancel());
    this.wake();
  }
}
