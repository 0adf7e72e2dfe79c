/** A log that fails on demand, in the ways logs fail. */
import { type Append, type EventLog, LogError } from '../../src/log/event-log.js';
import type { Store } from '../../src/index.js';

type Fault =
  /** The append does not reach the log. */
  | 'lost'
  /** The append reaches the log, but the answer does not come back. */
  | 'answer-lost';

export interface Faults {
  /** What happens to the next append. */
  onAppend: (requests: readonly Append[]) => Fault | null;
  /** What the answer to the next append waits for. */
  untilAnswer: (requests: readonly Append[]) => Promise<void>;
  /** Whether reading fails. */
  isReadingDown: boolean;
}

/** Puts faults between a store and its log. */
export function makeFaulty(store: Store): Faults {
  const faults: Faults = { onAppend: () => null, untilAnswer: () => Promise.resolve(), isReadingDown: false };
  const inner = store.log;
  const broken = (outcomeUnknown: boolean) =>
    new LogError('store-unavailable', 'the log fails for a test', { isTransient: true, outcomeUnknown });
  const whileUp =
    <Args extends readonly unknown[], A>(read: (...args: Args) => () => Promise<A>) =>
    (...args: Args) =>
    () =>
      faults.isReadingDown ? (Promise.resolve({ _tag: 'Left', left: broken(false) }) as Promise<A>) : read(...args)();
  const outer: EventLog = {
    ...inner,
    append: (requests) => async () => {
      const fault = faults.onAppend(requests);
      if (fault === 'lost') return { _tag: 'Left', left: broken(true) };
      const result = await inner.append(requests)();
      await faults.untilAnswer(requests);
      return fault === null ? result : { _tag: 'Left', left: broken(true) };
    },
    readStream: whileUp((stream, range?) => inner.readStream(stream, range)),
    readGraph: whileUp((graphId, upTo?) => inner.readGraph(graphId, upTo)),
    readGraphs: whileUp((graphIds, upTo, accept) => inner.readGraphs(graphIds, upTo, accept)),
    readAll: whileUp((request) => inner.readAll(request)),
  };
  (store as { log: EventLog }).log = outer;
  return faults;
}
