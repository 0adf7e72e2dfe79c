import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { afterMs } from '../../../prelude/timer.js';

const highWater = 2000;

/** What a wait for messages ended with. */
export type Arrival = 'messages' | 'ended' | 'nothing';

/**
 * The messages of one call, taken by whoever has time for them, in the batches they pile up in. A slow taker is waited
 * for: beyond a bound the call is paused, and the server with it.
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

  /** Whether there is nothing to take just now. */
  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  drain(): readonly Message[] {
    const taken = this.messages;
    this.messages = [];
    if (taken.length >= highWater) this.call.resume();
    return taken;
  }

  /** Waits for messages, the end or, at most so long, for nothing. Throws what the call failed with once all is taken. */
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
        // Messages come one by one; what came in the same turn of the event loop is taken together.
        await nextTurn();
      }
    } finally {
      cancelTimer();
      this.wake = () => {};
    }
  }

  /** Ends a wait as if the call had ended. */
  close(): void {
    this.hasEnded = true;
    // A call that is not cancelled stays open on the server, and one that is paused never learns that it was.
    this.call.resume();
    setImmediate(() => this.call.cancel());
    this.wake();
  }
}
