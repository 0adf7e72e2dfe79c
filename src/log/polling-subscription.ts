import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Position, RecordedEvent } from '../domain/events.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { whenAborted } from '../prelude/when-aborted.js';
import { afterMs } from '../prelude/timer.js';
import { LogError, type Subscribe, type Subscription, type SubscriptionMessage } from './event-log.js';

/** What an engine that can be read at any time gives to be subscribed to. */
export interface PollingSource {
  /** The next events behind a position, in log order; throws a LogError. */
  readBatch(after: Position | null): Batch;
  /** Calls back soon after the log may have grown, once; returns how to take that back. */
  onChange(callback: () => void): () => void;
}

export interface Batch {
  /** Those that the filter lets through. */
  readonly events: readonly RecordedEvent[];
  /** How far the log was looked through for them, so that what was passed over is not looked at again. */
  readonly upTo: Position | null;
  /** Whether there is more to read already. */
  readonly hasMore: boolean;
}

const retryMs = { first: 10, most: 1000 };

/**
 * A subscription over a log that is read, not pushed: read what is there, then wait for a notice of change, with a look
 * from time to time as a safety net.
 */
export function pollingSubscription(source: PollingSource, request: Subscribe): Subscription {
  const safetyNetMs = request.safetyNetMs ?? 2000;
  const closing = new AbortController();
  const close = () => closing.abort();

  async function* messages(): AsyncGenerator<SubscriptionMessage> {
    let after = request.after ?? null;
    let isBehind = true;
    let failures = 0;
    while (!closing.signal.aborted) {
      // The notice is asked for before reading, so that a change between the two is not slept through.
      const wait = startWaiting(source, closing.signal);
      try {
        const { events, upTo, hasMore } = source.readBatch(after);
        failures = 0;
        after = upTo;
        if (events.length > 0) {
          wait.cancel();
          isBehind = true;
          yield { kind: 'events', events };
          // A long log is caught up with in many batches; timers and I/O must have their turn between them. Behind the
          // last one nothing may come in between: a view that lags a turn behind claims what is taken.
          if (hasMore) await nextTurn();
          continue;
        }
      } catch (error) {
        wait.cancel();
        if (closing.signal.aborted) return;
        if (!(error instanceof LogError) || error.code === 'store-gone') throw error;
        if (error.code === 'store-closed') return;
        isBehind = true;
        yield { kind: 'interrupted', error };
        await startWaiting({ onChange: () => () => {} }, closing.signal).until(
          Math.min(retryMs.first * 2 ** failures++, retryMs.most),
        );
        continue;
      }
      if (isBehind) {
        isBehind = false;
        yield { kind: 'caughtUp', upTo: after };
      }
      await wait.until(safetyNetMs);
    }
  }

  return {
    [Symbol.asyncIterator]: () => endingAtOnce(messages(), close),
    close,
  };
}

function startWaiting(source: Pick<PollingSource, 'onChange'>, closing: AbortSignal) {
  let wake = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const unlisten = source.onChange(wake);
  const unlistenClosing = whenAborted(closing, wake);
  const cancel = () => {
    unlisten();
    unlistenClosing();
    wake();
  };
  return {
    cancel,
    async until(ms: number) {
      const cancelTimer = afterMs(ms, wake);
      await woken;
      cancelTimer();
      cancel();
    },
  };
}
