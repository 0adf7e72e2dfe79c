import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Position, RecordedEvent } from '../domain/events.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { whenAborted } from '../prelude/when-aborted.js';
import { afterMs } from '../prelude/timer.js';
import { LogError, type Subscribe, type Subscription, type SubscriptionMessage } from './event-log.js';

/** What a subscription needs from an engine that can be read at any time. */
export interface PollingSource {
  /** The next events after a position, in log order; throws a LogError. */
  readBatch(after: Position | null): Batch;
  /** Calls back soon after the log may have grown; returns how to unsubscribe. */
  onChange(callback: () => void): () => void;
}

export interface Batch {
  /** Those that match the filter. */
  readonly events: readonly RecordedEvent[];
  /** How far the log was read for them, so that what does not match is not read again. */
  readonly upTo: Position | null;
  /** Whether there is more to read at once. */
  readonly hasMore: boolean;
}

const retryMs = { first: 10, most: 1000 };

/**
 * A subscription to a log that does not push its events: it reads what is there, then waits for a notice of change, and
 * looks without one when `safetyNetMs` have passed.
 *
 * It is catching up until a read finds nothing more, which the reader is told (`caughtUp`), and then live until a read
 * finds events again. After a failure the reader is told (`interrupted`), and it tries again, catching up, after a pause
 * that doubles with each failure in a row. It ends when it is closed, when the log is closed, or when the store is gone.
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
      // Waiting starts before reading, so that a change between the two is not missed.
      const wait = startWaiting(source, closing.signal);
      try {
        const { events, upTo, hasMore } = source.readBatch(after);
        failures = 0;
        isBehind ||= upTo !== after;
        after = upTo;
        if (events.length > 0) {
          wait.cancel();
          isBehind = true;
          yield { kind: 'events', events };
          // Between the many batches of a long log, timers and I/O must get their turn. After the last one nothing may
          // come in between: a view that is a turn late claims jobs that are already claimed.
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
