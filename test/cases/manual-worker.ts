/** The parts of a worker, driven by hand: its clock, its claims and its monitor. */
import { LiveFeed } from '../../src/store/live-feed.js';
import { decideJob, type JobCommand } from '../../src/domain/job-decisions.js';
import { evolveJob } from '../../src/domain/job.js';
import { type Environment, type Store, systemEnvironment, type WorkerIdentity } from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { ClaimedJob } from '../../src/worker/claimed-job.js';
import { silentLogger } from '../../src/worker/logger.js';
import { Monitor } from '../../src/worker/monitor.js';
import { Outbox } from '../../src/worker/outbox.js';
import { retryingLog } from '../../src/worker/retrying-log.js';
import { right, rightOf } from '../support/right.js';
import { loadGraph } from '../../src/store/load-graph.js';

/** An environment whose clock stands still until it is advanced. */
export class ManualClock implements Environment {
  readonly host = 'here';
  readonly pid = 1;
  private elapsedMs = 0;
  private readonly timers = new Set<{
    readonly dueAt: number;
    readonly isRoutine: boolean;
    readonly callback: () => void;
  }>();

  constructor(private readonly epochMs = Date.parse('2024-01-01T00:00:00.000Z')) {}

  now(): number {
    return this.epochMs + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  setTimer(ms: number, callback: () => void, { isRoutine = false } = {}): () => void {
    const timer = { dueAt: this.elapsedMs + ms, isRoutine, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  newId(): string {
    return systemEnvironment.newId();
  }

  random(): number {
    return 0;
  }

  /** Whether something is to be done in exactly this time, besides what is done again and again. */
  hasTimerDueIn(ms: number): boolean {
    return [...this.timers].some((timer) => !timer.isRoutine && timer.dueAt - this.elapsedMs === ms);
  }

  /** Lets time pass and fires each timer when it is due; what follows from it gets a turn of the event loop. */
  async advance(ms: number): Promise<void> {
    const until = this.elapsedMs + ms;
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
      if (due === undefined) break;
      this.timers.delete(due);
      this.elapsedMs = Math.max(this.elapsedMs, due.dueAt);
      due.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.elapsedMs = until;
  }
}

const nobodysHealth = { failed() {}, worked() {}, lost() {} };

/** Decides a command on a job's current state, and appends the events at its revision. */
export async function carryOut(on: Store, graphId: string, jobId: string, command: JobCommand, actor = 'test') {
  const subject = (await loadGraph(on, graphId)).jobs.get(jobId)!.subject();
  const { revision: expectedRevision, lastEventId: causationId } = subject.state;
  const events = right(decideJob(subject, command)).map((event) => {
    return { id: on.environment.newId(), event, causationId, actor };
  });
  const [result] = await rightOf(on.log.append([{ graphId, jobId, expectedRevision, events }]));
  if (!result!.appended) throw new Error(`somebody else was faster to write about ${jobId}`);
  return { subject, event: events[0]!, result: result! };
}

/** Claims a job as a worker does, and returns what the worker would hold. */
export async function hold(
  on: Store,
  graphId: string,
  jobId: string,
  workerId: string,
  leaseMs = 300_000,
): Promise<ClaimedJob> {
  const { environment, log } = on;
  const worker: WorkerIdentity = { id: workerId, host: environment.host, pid: environment.pid };
  const claim: JobCommand = { kind: 'start', worker, leaseMs, hasWaited: true };
  const { subject, event, result } = await carryOut(on, graphId, jobId, claim, workerId);
  const { revision } = result;
  const recordedAt = new Date(environment.now()).toISOString();
  const state = evolveJob(subject.state, { id: event.id, revision, recordedAt, ...event.event });
  const persistent = retryingLog({
    log,
    environment,
    logger: silentLogger,
    health: nobodysHealth,
    giveUp: new AbortController().signal,
  });
  const outbox = new Outbox(persistent, (error) => {
    throw error;
  });
  return new ClaimedJob({ outbox, environment, worker }, { ...subject, state, status: state.status });
}

/** The monitor of a worker, without the worker. */
export interface Watch {
  /** Reads what is new in the log. */
  catchUp(): Promise<void>;
  /** Takes back the jobs that have been silent for too long, as far as it has read. */
  look(): Promise<void>;
}

export function watchOver(on: Store, through: EventLog = on.log): Watch {
  const feed = new LiveFeed(on.log);
  const { environment } = on;
  const monitor = new Monitor({
    projection: feed.projection,
    environment,
    worker: { id: 'monitor', host: environment.host, pid: environment.pid },
    logger: silentLogger,
    log: through,
    health: nobodysHealth,
    isHeld: () => false,
  });
  return { catchUp: () => feed.catchUp(), look: () => monitor.look() };
}

/** Lets time pass while a monitor reads and looks at regular intervals, as it does in a worker. */
export async function watchFor(watch: Watch, clock: ManualClock, ms: number, everyMs: number): Promise<void> {
  for (let passed = 0; passed < ms;) {
    const step = Math.min(everyMs, ms - passed);
    await clock.advance(step);
    passed += step;
    await watch.catchUp();
    await watch.look();
  }
}
