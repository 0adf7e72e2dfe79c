import type { RecordedEvent, WorkerIdentity } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import type { LiveFeed } from '../store/live-feed.js';
import type { Store } from '../store/store.js';
import type { ClaimedJob } from './claimed-job.js';
import type { Logger } from './logger.js';
import type { OwnTimers } from './own-timers.js';
import type { RetryingLog } from './retrying-log.js';
import { ScheduleWatch } from './schedule-watch.js';
import { TimeLimits } from './time-limits.js';

export interface WatchesDependencies {
  readonly worker: WorkerIdentity;
  readonly environment: OwnTimers;
  readonly log: RetryingLog;
  readonly feed: LiveFeed;
  readonly store: Store;
  readonly logger: Logger;
  /** Whether this worker has seen all that there is. */
  readonly isLive: () => boolean;
  /** The job as this worker holds it, if it does. */
  readonly held: (job: JobNode) => ClaimedJob | undefined;
  /** Told of work that a stop must wait for. */
  readonly underWay: (work: Promise<void>) => void;
  readonly onDefect: (error: unknown) => void;
}

/** What must happen at a time, whatever a worker runs and however busy it is: runs of schedules, and limits of time that run out. */
export class Watches {
  private readonly schedules: ScheduleWatch;
  private readonly timeLimits: TimeLimits;

  constructor(private readonly dependencies: WatchesDependencies) {
    const { feed, isLive, worker } = dependencies;
    this.schedules = new ScheduleWatch({
      ...dependencies,
      workerId: worker.id,
      isOpen: (graphId) => isLive() && feed.isOpen(graphId),
    });
    const limits = new TimeLimits(dependencies);
    feed.projection.onTimes = (graph, jobs) => limits.changed(graph, jobs);
    this.timeLimits = limits;
  }

  /** Begins, where the log ends. Further calls do nothing. */
  begin(): void {
    this.schedules.begin(this.dependencies.feed.projection.work.schedules);
  }

  /** Takes events of the log, after what they change. */
  hear(events: readonly RecordedEvent[]): void {
    this.schedules.hear(events);
    this.timeLimits.hear(events);
  }

  close(): void {
    this.schedules.close();
    this.timeLimits.close();
  }
}
