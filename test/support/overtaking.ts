/** A log in which another writer is faster: just before an append, another one is written. */
import type { Append, AppendResult, EventLog } from '../../src/log/event-log.js';
import { Store } from '../../src/store/store.js';
import { rightOf } from './right.js';

/**
 * Writes something else before the first append that is meant, once.
 *
 * @param first writes it, to the log given
 * @returns whether that has happened
 */
export function overtakeOnce(
  store: Store,
  isMeant: (request: Append) => boolean,
  first: (log: EventLog) => Promise<unknown>,
): { readonly hasHappened: boolean } {
  const inner = store.log;
  const state = { hasHappened: false };
  const outer: EventLog = {
    ...inner,
    append: (requests) => async () => {
      if (!state.hasHappened && requests.some(isMeant)) {
        state.hasHappened = true;
        await first(inner);
      }
      return await inner.append(requests)();
    },
  };
  (store as { log: EventLog }).log = outer;
  return state;
}

/** Appends a request that must be taken. */
export async function appended(log: EventLog, request: Append): Promise<AppendResult> {
  const [result] = await rightOf(log.append([request]));
  if (!result!.appended) throw new Error(`the append to ${request.graphId}/${request.jobId} was refused`);
  return result!;
}

/** The same store once more, as it is now: what is done to the log of the first does not concern it. */
export function beside({ log, environment }: Store): Store {
  return new Store(log, environment);
}
