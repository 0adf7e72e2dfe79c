import type { Position } from '../../domain/events.js';
import { comparePositions } from '../../domain/positions.js';
import { LogError } from '../../log/event-log.js';
import { delay } from '../../prelude/delay.js';
import { endingAtOnce } from '../../prelude/ending-at-once.js';
import { readWorkEvents } from '../../store/load-work.js';
import { lastPosition } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';
import { shownError } from './answers.js';
import { linesOfGraph } from './event-lines.js';
import { type Notice, Notices } from './notices.js';
import { comment, jsonMessage, message, quietMs } from './streams.js';

const retryMs = { first: 100, most: 2000 };
/** Pauses and their ends are all that changes for the jobs of every graph. */
const workTypes = ['WorkPaused', 'WorkResumed'];
/** The numbers of the two subscriptions. */
const ofGraph = 0;

/**
 * A graph as it goes on, in messages of an event stream:
 *
 * - `events`: lines of its events, with the position of the last as the id, first those after a position, then new ones;
 * - `work`: the events of the namespace's own stream, at the beginning, when one has come, and after an interruption;
 * - `interrupted`: the log cannot be read. It is tried again; when it can be read, a `work` follows;
 * - `gone`: the last one: the store is closed, or gone.
 */
export function follow(store: Store, graphId: string, after: Position | null): AsyncGenerator<string> {
  const following = new Following(store, graphId, after);
  return endingAtOnce(following.messages(), () => following.end());
}

/**
 * It reads what is due, then waits for a notice of its subscriptions, which says what is due next; if reading fails, it waits
 * and tries again. It goes on only when the browser has taken the message before: a slow one finds more lines in fewer messages.
 */
class Following {
  private notices: Notices | null = null;
  private readonly ending = new AbortController();
  private isWorkDue = true;
  private areEventsDue = true;
  private isInterrupted = false;
  private failures = 0;
  private sentAt = 0;

  constructor(
    private readonly store: Store,
    private readonly graphId: string,
    private position: Position | null,
  ) {}

  end(): void {
    this.ending.abort();
    this.notices?.close();
  }

  async *messages(): AsyncGenerator<string> {
    const { environment } = this.store;
    try {
      // So that the browser knows at once that it is connected.
      yield comment;
      while (!this.ending.signal.aborted) {
        try {
          for await (const each of this.due()) {
            this.sentAt = environment.monotonic();
            yield each;
          }
        } catch (error) {
          if (isOver(error)) throw error;
          this.isWorkDue = this.areEventsDue = true;
          if (!this.isInterrupted) yield this.interrupted(error as LogError);
          await delay(environment, Math.min(retryMs.first * 2 ** this.failures++, retryMs.most), this.ending.signal);
        }
      }
    } catch (error) {
      // A store that this program has closed, or that is gone for good.
      if (!this.ending.signal.aborted) yield jsonMessage('gone', shownError(error));
    } finally {
      this.end();
    }
  }

  /** What there is to tell; ends after a notice, or after a while without one. */
  private async *due(): AsyncGenerator<string> {
    const { log, environment } = this.store;
    // First the subscriptions, then the reads: so nothing is missed between them.
    this.notices ??= await this.subscribed();
    if (this.isWorkDue) {
      const events = await readWorkEvents(log);
      this.isWorkDue = false;
      this.isInterrupted = false;
      yield jsonMessage('work', events);
    }
    if (this.areEventsDue) {
      for await (const { lines, last } of linesOfGraph(log, this.graphId, this.position)) {
        this.position = last;
        yield message('events', lines, last);
      }
      this.areEventsDue = false;
    }
    this.failures = 0;
    yield* this.told(await this.notices.next(Math.max(0, this.sentAt + quietMs - environment.monotonic())));
  }

  private async subscribed(): Promise<Notices> {
    const { log, environment } = this.store;
    const after = await lastPosition(log);
    const filters = [{ graphId: this.graphId }, { types: workTypes }];
    const notices = new Notices(
      log,
      filters.map((filter) => ({ after, filter })),
      environment,
    );
    if (this.ending.signal.aborted) notices.close();
    return notices;
  }

  private *told(notice: Notice): Generator<string> {
    switch (notice.kind) {
      case 'events': {
        const last = notice.events.at(-1)?.position;
        if (this.isInterrupted) this.isWorkDue = this.areEventsDue = true;
        else if (last !== undefined && notice.of !== ofGraph) this.isWorkDue = true;
        else if (last !== undefined)
          this.areEventsDue = this.position === null || comparePositions(last, this.position) > 0;
        return;
      }
      case 'interrupted':
        if (!this.isInterrupted) yield this.interrupted(notice.error);
        return;
      case 'quiet':
        yield comment;
        return;
      case 'ended':
        throw new LogError('store-closed', 'the store was closed');
      case 'failed':
        throw notice.error;
    }
  }

  private interrupted(error: LogError): string {
    this.isInterrupted = true;
    return jsonMessage('interrupted', shownError(error));
  }
}

/** Whether trying again is of no use. */
function isOver(error: unknown): boolean {
  return !(error instanceof LogError) || error.code === 'store-gone' || error.code === 'store-closed';
}
