import type { Position } from '../../domain/events.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { LogError } from '../../log/event-log.js';
import { endingAtOnce } from '../../prelude/ending-at-once.js';
import { lastPosition } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';
import { shownError } from './answers.js';
import { Notices } from './notices.js';
import { comment, jsonMessage, quietMs } from './streams.js';

/** A message at most so often. */
const everyMs = 250;
/** A message that concerns more graphs names only so many. */
const graphsMax = 1000;

/**
 * What changes in the whole log, in messages of an event stream, at most four a second:
 *
 * - `changed`: the log has grown; up to which position, and the graphs that are concerned, if `isWhole` all of them;
 * - `interrupted`: the log cannot be read. It is tried again;
 * - `gone`: the last one: the store is closed, or gone.
 *
 * @param begin where the log ends now
 * @param known the position that the browser knows of, if it has followed before
 */
export function changes(store: Store, begin: Position | null, known: Position | null): AsyncGenerator<string> {
  const ending = new AbortController();
  const notices = new Notices(store.log, [{ after: begin }], store.environment);
  const change = new Change();
  // What came while it was not connected may be more than it is worth to read.
  if (known !== null && known !== begin) change.missed(begin);
  const end = () => {
    ending.abort();
    notices.close();
  };
  return endingAtOnce(messages(store, notices, change, ending.signal), end);
}

async function* messages(
  { log, environment }: Store,
  notices: Notices,
  change: Change,
  ended: AbortSignal,
): AsyncGenerator<string> {
  let sentAt = -Infinity;
  let saidAt = environment.monotonic();
  let isInterrupted = false;
  try {
    // So that the browser knows at once that it is connected.
    yield comment;
    while (!ended.aborted) {
      const now = environment.monotonic();
      if (change.upTo !== null && now >= sentAt + everyMs) {
        sentAt = saidAt = now;
        yield change.taken();
        continue;
      }
      const untilMs = change.upTo === null ? saidAt + quietMs - now : sentAt + everyMs - now;
      const notice = await notices.next(Math.max(0, untilMs));
      if (notice.kind === 'failed') throw notice.error;
      if (notice.kind === 'ended') throw new LogError('store-closed', 'the store was closed');
      if (notice.kind === 'interrupted' && !isInterrupted) {
        isInterrupted = true;
        yield jsonMessage('interrupted', shownError(notice.error));
      } else if (notice.kind === 'events') {
        for (const { graphId, position } of notice.events) change.add(graphId, position);
        if (isInterrupted) change.missed(change.upTo ?? (await lastPosition(log)));
        isInterrupted = false;
      } else if (notice.kind === 'quiet' && change.upTo === null) {
        saidAt = environment.monotonic();
        yield comment;
      }
    }
  } catch (error) {
    if (!ended.aborted) yield jsonMessage('gone', shownError(error));
  } finally {
    notices.close();
  }
}

/** What has changed since the last message. */
class Change {
  upTo: Position | null = null;
  private graphs = new Set<string>();
  private isWhole = true;

  add(graphId: string, position: Position): void {
    this.upTo = position;
    if (isOfNamespace({ graphId })) return;
    if (this.graphs.size < graphsMax || this.graphs.has(graphId)) this.graphs.add(graphId);
    else this.isWhole = false;
  }

  /** It is not known what changed up to a position. */
  missed(upTo: Position | null): void {
    this.upTo = upTo;
    this.isWhole = false;
  }

  taken(): string {
    const { upTo, isWhole, graphs } = this;
    [this.upTo, this.isWhole, this.graphs] = [null, true, new Set()];
    return jsonMessage('changed', { upTo, graphs: [...graphs], isWhole }, upTo!);
  }
}
