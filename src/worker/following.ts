import type { RecordedEvent } from '../domain/events.js';
import { type EventLog, LogError, type Subscription, type SubscriptionMessage } from '../log/event-log.js';
import { E, TE } from '../prelude/fp.js';
import type { LiveFeed } from '../store/live-feed.js';
import type { Outage, RetryingLog } from './retrying-log.js';
import type { Shares } from './shares.js';

export interface FollowingDependencies {
  readonly log: EventLog;
  readonly retrying: RetryingLog;
  readonly health: Outage;
  readonly feed: LiveFeed;
  readonly shares: Shares;
  /** How long to wait for a notice of change before looking without one. */
  readonly safetyNetMs: number;
  /** The graphs of which this worker has a job, or is about to. */
  readonly heldGraphs: () => ReadonlySet<string>;
  /** Called when a share was left to others. */
  readonly onLeave: () => void;
  /** Called with events that were applied. */
  readonly onEvents: (events: readonly RecordedEvent[]) => Promise<void>;
  /** Called after each message. */
  readonly onMessage: () => void;
}

/**
 * Follows the log for a worker, and keeps its feed up to date: with all of the log, or with the share that the worker wants to
 * follow. A wish for another share is met between two messages: what is left is dropped, what is taken is read up to where the
 * feed is, and a new subscription goes on from there.
 */
export class Following {
  /** A job that looks ready in the middle of an old log was claimed long ago: claims begin where the log ends. */
  isCaughtUp = false;
  private subscription: Subscription | null = null;
  private isClosed = false;
  private isChanging = false;

  constructor(private readonly dependencies: FollowingDependencies) {}

  /** Whether it has seen all that must be known to choose jobs: of graphs with priorities, every one. */
  get mayClaim(): boolean {
    const { feed } = this.dependencies;
    return this.isCaughtUp && (feed.followsAll || !feed.mayHavePriorities);
  }

  /** Resolves when it was closed, to true; to false if the store was. */
  async follow(): Promise<boolean> {
    const { log, feed, safetyNetMs } = this.dependencies;
    do {
      this.isChanging = false;
      await this.change();
      if (this.isClosed) break;
      this.subscription = log.subscribe({ after: feed.projection.position, filter: feed.filter, safetyNetMs });
      for await (const message of this.subscription) {
        await this.take(message);
        if (this.isChanging) break;
      }
    } while (this.isChanging && !this.isClosed);
    return this.isClosed;
  }

  /** Goes on with the share that is wanted by now. */
  changeShare(): void {
    this.isChanging = true;
    this.subscription?.close();
  }

  close(): void {
    this.isClosed = true;
    this.subscription?.close();
  }

  private async take(message: SubscriptionMessage): Promise<void> {
    const { health, feed, onEvents, onMessage } = this.dependencies;
    if (message.kind === 'interrupted') return health.failed('reading', message.error);
    health.worked('reading');
    if (message.kind === 'events') await onEvents(await feed.apply(message.events));
    else {
      feed.passOver(message.upTo);
      this.isCaughtUp = true;
    }
    if (feed.hasLeft) feed.forgetLeft(this.isHeld());
    onMessage();
  }

  private isHeld(): (graphId: string) => boolean {
    const held = this.dependencies.heldGraphs();
    return (graphId) => held.has(graphId);
  }

  private async change(): Promise<void> {
    const { retrying, feed, shares, onLeave } = this.dependencies;
    const { wanted } = shares;
    const left = [...feed.partitions].filter((partition) => !wanted.has(partition));
    if (left.length > 0) {
      feed.leave(left, this.isHeld());
      onLeave();
    }
    const taken = [...wanted].filter((partition) => !feed.partitions.has(partition));
    if (taken.length === 0) return;
    const result = await retrying.read(TE.tryCatch(() => feed.take(taken), asLogError))();
    if (E.isLeft(result) && !this.isClosed) throw result.left;
    shares.followsWanted();
  }
}

function asLogError(error: unknown): LogError {
  if (error instanceof LogError) return error;
  throw error;
}
