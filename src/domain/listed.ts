/** What lists of graphs, queues and workers tell: plain values. */
import type { WorkerIdentity } from './events.js';
import type { GraphSummary } from './graph-info.js';

/** A page of the answer, and where the next one begins. */
export interface Page<A> {
  readonly items: readonly A[];
  /** Pass it as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** A graph that cannot be shown, and why. `overseer verify` says more. */
export interface UnreadableGraph {
  readonly graphId: string;
  readonly reason: string;
}

export interface GraphsPage extends Page<GraphSummary> {
  /** Graphs that were left out because they cannot be read, whatever the request was. */
  readonly unreadable: readonly UnreadableGraph[];
}

/** How many jobs of a type wait and run. Jobs that are answered from outside are in none of the numbers. */
export interface QueueDepth {
  readonly type: string;
  /** Jobs that may be claimed. */
  readonly ready: number;
  /** Jobs that may be claimed once no pause holds them back. */
  readonly paused: number;
  /** Jobs that may be claimed once a time has come: after a back-off, or to which their handlers or their graph put them off. */
  readonly backingOff: number;
  readonly started: number;
  /** Jobs whose parents have not finished. */
  readonly waiting: number;
}

/** A job that a worker holds. */
export interface HeldJob {
  readonly graphId: string;
  readonly jobId: string;
  readonly type: string;
  readonly attempt: number;
  readonly startedAt: string;
  /** From then on, any other worker takes the job back, unless a sign of life comes before. */
  readonly leaseEndsAt: string;
  readonly isLeaseOver: boolean;
}

/** A worker, as the log tells of it. The numbers count what was looked at. */
export interface WorkerInfo extends WorkerIdentity {
  /** When it wrote its last event, such as a heartbeat. An idle worker writes nothing. */
  readonly lastSeenAt: string;
  /** What it holds now, or held at the moment. */
  readonly running: readonly HeldJob[];
  /** Of the jobs that it took. */
  readonly types: readonly string[];
  readonly claims: number;
  readonly finished: number;
  /** Attempts that ended in a fault, an exception or a timeout, or were handed back. */
  readonly faulted: number;
  readonly aborted: number;
  /** Jobs whose handlers found nothing to do. */
  readonly skipped: number;
  /** Attempts whose handlers put the job off. */
  readonly deferred: number;
  /** Attempts that were taken away from it, since it gave no sign of life. */
  readonly leasesLost: number;
}

export interface WorkersPage extends Page<WorkerInfo> {
  /** The part of the log that was looked at for workers that run nothing: the latest events of jobs. */
  readonly looked: {
    readonly events: number;
    /** When the first of them was recorded; null if there are none. */
    readonly since: string | null;
    /** Whether that is all there is. */
    readonly isWhole: boolean;
  };
}
