import type { Append, AppendResult, LogError, Subscribe, SubscriptionMessage } from '../log/event-log.js';
import type { Either } from '../prelude/fp.js';
import type { Owner } from './virtual-time.js';

export type Answer<A> = Promise<Either<LogError, A>>;

/**
 * What lies between a machine and the log, and may lose, delay or repeat what it carries. Whether the machine runs is not its
 * concern: a call comes from a machine that runs, and an answer waits until the machine runs again.
 */
export interface Wire {
  /** @param send brings the requests to the log; may be called late, more than once, or never */
  append(
    from: Owner,
    requests: readonly Append[],
    send: () => Answer<readonly AppendResult[]>,
  ): Answer<readonly AppendResult[]>;
  /** @param call the name of the log's method */
  read<A>(from: Owner, call: string, send: () => Answer<A>): Answer<A>;
  messages(
    to: Owner,
    messages: AsyncIterable<SubscriptionMessage>,
    request: Subscribe,
  ): AsyncIterable<SubscriptionMessage>;
}

/** Nothing goes wrong. */
export const soundWire: Wire = {
  append: (_, __, send) => send(),
  read: (_, __, send) => send(),
  messages: (_, messages) => messages,
};
