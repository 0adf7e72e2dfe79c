import { decideGraph } from '../domain/graph-decisions.js';
import { GraphState, type JobNode } from '../domain/graph.js';
import { decideJob } from '../domain/job-decisions.js';
import type { DomainEvent, RecordedEvent, WorkerIdentity } from '../domain/events.js';
import type { Append } from '../log/event-log.js';
import { E, type Either } from '../prelude/fp.js';
import { Heap } from '../prelude/heap.js';
import { isoTime } from '../prelude/iso-time.js';
import { newEvents } from '../store/new-events.js';
import type { ClaimedJob } from './claimed-job.js';
import { LogClock } from './log-clock.js';
import type { Logger } from './logger.js';
import type { OwnTimers } from './own-timers.js';
import type { RetryingLog } from './retrying-log.js';

/** Workers do not all write at the same moment: each waits for a random part of this first. */
const spreadMs = 200;
/** How long until a limit is looked at again that has not run out after all: twice as long each time. */
const again = { least: 1000, most: 600_000 };

export interface TimeLimitsDependencies {
  readonly worker: WorkerIdentity;
  readonly environment: OwnTimers;
  readonly logger: Logger;
  readonly log: RetryingLog;
  /** Whether this worker has seen all that there is. */
  readonly isLive: () => boolean;
  /** The job as this worker holds it, if it does. */
  readonly held: (job: JobNode) => ClaimedJob | undefined;
  /** Told of work that a stop must wait for. */
  readonly underWay: (work: Promise<void>) => void;
}

/** What has a time limit. */
type Limited = JobNode | GraphState;

interface Watched {
  /** When its limit runs out, by the log's clock. */
  readonly at: number;
  /** When it is looked at; null once it was, until something happens. */
  due: number | null;
  /** How often it was looked at in vain: a clock was wrong, its own or the log's. */
  looks: number;
}

/**
 * Watches the time limits of jobs and graphs, as every worker does of those it follows, whatever it runs. When one runs out,
 * whoever comes first writes so, at the revision that was judged; the others' appends are refused. Of a job that runs, only its
 * own worker does: if that worker is gone, the job is taken back first. It costs nothing while no graph says anything of time.
 */
export class TimeLimits {
  private readonly clock: LogClock;
  private readonly watched = new Map<Limited, Watched>();
  private readonly byTime = new Map<number, Set<Limited>>();
  /** The times there are, and some at which nothing runs out any more. */
  private readonly times = new Heap<number>((a, b) => a < b);
  /** Events that this worker sent, and when by the time of day. */
  private readonly sent = new Map<string, number>();
  private next = { at: Infinity, cancel: () => {} };
  private isClosed = false;

  constructor(private readonly dependencies: TimeLimitsDependencies) {
    this.clock = new LogClock(dependencies.environment);
  }

  /** Takes what may have changed in a graph that says something of time. */
  changed(graph: GraphState, jobs: Iterable<JobNode>): void {
    this.set(graph, graph.isOpen && !graph.isSettled ? graph.deadlineAt : null);
    for (const job of jobs) if (job.isTimed) this.set(job, job.expiry?.at ?? null);
    this.plan();
  }

  /** Takes events of the log, after what they change. */
  hear(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (this.watched.size === 0 || last === undefined) return;
    this.clock.heard(last.recordedAt);
    if (this.sent.size === 0) return;
    for (const { id, recordedAt } of events) {
      const sentAt = this.sent.get(id);
      if (sentAt === undefined) continue;
      this.sent.delete(id);
      this.clock.learn(sentAt, recordedAt);
    }
  }

  close(): void {
    this.isClosed = true;
    this.next.cancel();
  }

  private set(limited: Limited, at: number | null): void {
    const known = this.watched.get(limited);
    if (known !== undefined && known.at === at) {
      if (known.due === null) this.lookAt(limited, known, this.clock.now() + waitAfter(known));
      return;
    }
    if (known !== undefined) this.drop(limited, known);
    if (at === null) return;
    const watched: Watched = { at, due: null, looks: 0 };
    this.watched.set(limited, watched);
    this.lookAt(limited, watched, at);
  }

  private lookAt(limited: Limited, watched: Watched, due: number): void {
    watched.due = due;
    const known = this.byTime.get(due);
    if (known !== undefined) return void known.add(limited);
    this.byTime.set(due, new Set([limited]));
    this.times.add(due);
  }

  private drop(limited: Limited, { due }: Watched): void {
    this.watched.delete(limited);
    if (due === null) return;
    const others = this.byTime.get(due)!;
    others.delete(limited);
    if (others.size === 0) this.byTime.delete(due);
  }

  /** One timer, to when the next limit runs out. */
  private plan(leastMs = 0): void {
    while (this.times.first !== null && !this.byTime.has(this.times.first)) this.times.removeFirst();
    const at = this.times.first;
    if (this.isClosed || at === null || this.next.at <= at) return;
    this.next.cancel();
    const { environment } = this.dependencies;
    const inMs = Math.max(leastMs, Math.ceil(at - this.clock.now()));
    const cancel = environment.setTimer(inMs + environment.random() * spreadMs, () => {
      this.next = { at: Infinity, cancel: () => {} };
      this.expireDue();
    });
    this.next = { at, cancel };
  }

  private expireDue(): void {
    if (!this.dependencies.isLive()) return this.plan(again.least);
    const due: Limited[] = [];
    const now = this.clock.now();
    for (let at = this.times.first; at !== null && at <= now; at = this.times.first) {
      this.times.removeFirst();
      const limited = this.byTime.get(at);
      this.byTime.delete(at);
      for (const each of limited ?? []) {
        const watched = this.watched.get(each)!;
        watched.due = null;
        watched.looks += 1;
        due.push(each);
      }
    }
    const appends = due.flatMap((each) => this.expire(each));
    if (appends.length > 0) this.dependencies.underWay(this.write(appends));
    this.plan();
  }

  /** What there is to write of something whose time has run out; a job that runs here is told instead. */
  private expire(limited: Limited): readonly Append[] {
    if (limited instanceof GraphState) return this.expireGraph(limited);
    const { expiry } = limited;
    if (expiry === null) return [];
    if (limited.status !== 'started') {
      const { state, graph, id } = limited;
      return this.appendOf(decideJob(limited.subject(), { kind: 'expire', expiry }), {
        graphId: graph.id,
        jobId: id,
        ...state,
      });
    }
    const held = this.dependencies.held(limited);
    // Whoever holds it elsewhere says so, or loses the job. Here, no clock but the log's may take an attempt's time.
    if (held !== undefined && this.clock.atLeast() >= expiry.at) held.expire(expiry);
    else if (held !== undefined) this.set(limited, expiry.at);
    return [];
  }

  private expireGraph(graph: GraphState): readonly Append[] {
    if (graph.deadlineAt === null || graph.isSettled || !graph.isOpen) return [];
    const deadline = isoTime(graph.deadlineAt);
    const command = { kind: 'abort', by: 'deadline', reason: `it had not ended by ${deadline}`, deadline } as const;
    return this.appendOf(decideGraph(graph, command), { graphId: graph.id, jobId: null, ...graph });
  }

  private appendOf(
    decision: Either<unknown, readonly DomainEvent[]>,
    of: Pick<Append, 'graphId' | 'jobId'> & { readonly revision: number; readonly lastEventId: string | null },
  ): readonly Append[] {
    if (E.isLeft(decision) || decision.right.length === 0) return [];
    const { environment, worker } = this.dependencies;
    const events = newEvents(environment, decision.right, of.lastEventId, worker.id);
    return [{ graphId: of.graphId, jobId: of.jobId, expectedRevision: of.revision, events }];
  }

  private async write(appends: readonly Append[]): Promise<void> {
    const { log, environment, logger } = this.dependencies;
    for (const { events } of appends) this.sent.set(events[0]!.id, environment.now());
    const results = await log.append(appends);
    // The log fails for good: the worker stops.
    if (E.isLeft(results)) return;
    appends.forEach(({ graphId, jobId, events }, index) => {
      if (results.right[index]!.appended) {
        const what = jobId === null ? 'the deadline of a graph has passed' : 'a time limit of a job has run out';
        return logger.warn({ graphId, ...(jobId === null ? {} : { jobId }) }, what);
      }
      // Somebody has written to the stream. What that was comes from the log, and is looked at then.
      this.sent.delete(events[0]!.id);
    });
  }
}

function waitAfter({ looks }: Watched): number {
  return Math.min(again.least * 2 ** (looks - 1), again.most);
}
