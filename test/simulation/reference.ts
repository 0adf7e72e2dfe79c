/**
 * A second opinion on what a history means: the rules of the contract in their plainest form. It knows no counters and no
 * caches; whatever is asked of a job is worked out from the facts about it and its ancestors, each time anew. It shares no
 * code with the domain, whose states are compared with it after every event.
 */
import type { JobDefinition, RecordedEvent } from '../../src/domain/events.js';

type Phase = 'unstarted' | 'started' | 'finished' | 'failed' | 'aborted' | 'skipped';

/** What a job has come to, or what its parents let it expect. */
type Fate = 'finished' | 'failed' | 'aborted' | 'skipped' | 'blocked' | 'ready' | 'waiting' | 'running';

export class ReferenceJob {
  phase: Phase;
  attempt = 0;
  /** The owner of the attempt that runs. */
  owner: string | null = null;
  /** The graph was aborted while the attempt ran, and the job's stream does not say so yet. */
  isInterrupted = false;
  parents: readonly ReferenceJob[] = [];
  /** Whether its parents have ever let it start. */
  wasReady = false;
  /** What its attempt has spawned so far. */
  spawning: readonly JobDefinition[] = [];
  /** Since when it may be run or answered, as far as its parents say; null if it may not. What runs or has ended keeps it. */
  readyAt: number | null = null;
  /** When an operator last opened it again since. */
  reopenedAt = 0;
  /** From when on it may be tried again, after its last attempt. */
  againAt = 0;
  /** All whose answers were recorded, those that came too late among them. */
  readonly answeredBy: string[] = [];

  constructor(
    readonly definition: JobDefinition,
    /** The job that spawned it, here or in the graph that this one is a fork of. */
    readonly spawnedBy: string | undefined = definition.spawnedBy,
  ) {
    const { carried, carriedStatus } = definition;
    this.phase = carried === undefined ? 'unstarted' : carriedStatus === undefined ? 'finished' : 'skipped';
  }

  get id(): string {
    return this.definition.id;
  }

  /** What it has come to, as far as its graph's abort is left out. */
  fate(): Fate {
    if (this.phase === 'started') return 'running';
    return this.phase === 'unstarted' ? this.prospect() : this.phase;
  }

  private prospect(): Fate {
    const fates = this.parents.map((parent) => parent.fate());
    const any = (...wanted: readonly Fate[]) => fates.some((fate) => wanted.includes(fate));
    const isOpen = any('ready', 'waiting', 'running');
    const { when = 'all-finished', optional = [] } = this.definition;
    if (when === 'all-ended') return isOpen ? 'waiting' : 'ready';
    if (when === 'any-failed') {
      if (any('failed', 'blocked', 'aborted')) return 'ready';
      return isOpen ? 'waiting' : 'skipped';
    }
    if (when === 'any-finished') {
      if (any('finished')) return 'ready';
      if (isOpen) return 'waiting';
      if (any('failed', 'blocked')) return 'blocked';
      return any('aborted') ? 'aborted' : 'skipped';
    }
    if (any('aborted')) return 'aborted';
    if (any('failed', 'blocked')) return 'blocked';
    if (isOpen) return 'waiting';
    const mayBeSkipped = ({ id }: ReferenceJob) =>
      optional.some((each) => each === id || (id.startsWith(`${each}/`) && !this.definition.parents.includes(id)));
    const lacks = this.parents.some((parent) => parent.fate() === 'skipped' && !mayBeSkipped(parent));
    return lacks && when === 'all-finished' ? 'skipped' : 'ready';
  }
}

/** When a job may start, and when its time runs out. */
export interface ReferenceTimes {
  readonly from: number;
  readonly endsAt: number;
}

export class ReferenceGraph {
  readonly jobs = new Map<string, ReferenceJob>();
  exists = false;
  isAborted = false;
  isPaused = false;
  private parts = 0;
  private startAfter = 0;
  private deadline: string | undefined;
  private deadlineMs = Infinity;
  /** When it is aborted if it has not ended. */
  deadlineAt = Infinity;

  constructor(readonly id: string) {}

  /** What is wrong with an event, given all before it; null if it may be there. */
  apply(event: RecordedEvent): string | null {
    const problem = event.jobId === null ? this.applyToGraph(event) : this.applyToJob(event, event.jobId);
    if (!this.exists) return problem;
    for (const job of this.jobs.values()) {
      const isReady = job.fate() === 'ready';
      job.wasReady ||= isReady;
      if (job.phase !== 'unstarted') continue;
      if (!isReady) job.readyAt = null;
      else job.readyAt ??= Date.parse(event.recordedAt);
    }
    if (event.type === 'JobReset') this.reopen(event, [this.jobs.get(event.jobId!)!]);
    if (event.type === 'GraphReset') this.reopen(event, [...this.jobs.values()]);
    return problem;
  }

  private reopen({ recordedAt }: RecordedEvent, jobs: readonly ReferenceJob[]): void {
    for (const job of jobs) if (job.readyAt !== null) job.reopenedAt = Date.parse(recordedAt);
  }

  /** By the log's clock. Null for a job that may neither be run nor answered, and does not run. */
  timesOf(job: ReferenceJob): ReferenceTimes | null {
    const { readyAt, definition } = job;
    const mayRun = job.phase === 'started' || (job.phase === 'unstarted' && job.fate() === 'ready');
    if (readyAt === null || !mayRun) return null;
    const { startAfter, delayMs = 0, scheduleToStartMs = Infinity, scheduleToCloseMs = Infinity } = definition;
    const due = Math.max(readyAt + delayMs, this.startAfter, startAfter === undefined ? 0 : Date.parse(startAfter));
    const reopenedAt = job.reopenedAt >= readyAt ? job.reopenedAt : 0;
    const closesAt = Math.max(due, reopenedAt) + scheduleToCloseMs;
    const startsBy = Math.max(due, reopenedAt, job.againAt) + scheduleToStartMs;
    return {
      from: Math.max(due, job.againAt),
      endsAt: job.phase === 'started' ? closesAt : Math.min(closesAt, startsBy),
    };
  }

  status(job: ReferenceJob): Phase {
    if (job.phase !== 'unstarted' && job.phase !== 'started') return job.phase;
    const fate = job.fate();
    if (fate === 'skipped') return 'skipped';
    return this.isAborted || fate === 'aborted' ? 'aborted' : job.phase;
  }

  isReady(job: ReferenceJob): boolean {
    if (job.definition.external !== undefined) return false;
    return this.exists && !this.isPaused && job.fate() === 'ready' && this.status(job) === 'unstarted';
  }

  /** Whether somebody outside may answer it. A pause does not matter. */
  isAwaiting(job: ReferenceJob): boolean {
    const isAsked = job.definition.external !== undefined && job.fate() === 'ready';
    return this.exists && isAsked && this.status(job) === 'unstarted';
  }

  /** Whether a job may still run, or be run, to its end. */
  isAlive(job: ReferenceJob): boolean {
    const status = this.status(job);
    return status === 'started' || (status === 'unstarted' && job.fate() !== 'blocked');
  }

  get isSettled(): boolean {
    return this.exists && ![...this.jobs.values()].some((job) => this.isAlive(job));
  }

  get outcome(): 'running' | 'finished' | 'failed' | 'aborted' {
    if (this.isAborted) return 'aborted';
    if (!this.isSettled) return 'running';
    const all = [...this.jobs.values()];
    if (all.some(({ phase }) => phase === 'failed')) return 'failed';
    return all.every((job) => ['finished', 'skipped'].includes(this.status(job))) ? 'finished' : 'aborted';
  }

  private applyToGraph(event: RecordedEvent): string | null {
    switch (event.type) {
      case 'GraphSubmitted': {
        const { part, parts, jobs, startAfter, deadline, deadlineMs } = event.data;
        if (this.exists || part !== this.parts + 1) return `part ${part} follows part ${this.parts}`;
        this.parts = part;
        if (part === 1) {
          this.startAfter = startAfter === undefined ? 0 : Date.parse(startAfter);
          this.deadline = deadline;
          this.deadlineMs = deadlineMs ?? Infinity;
        }
        for (const definition of jobs) this.jobs.set(definition.id, new ReferenceJob(definition));
        if (part < parts) return null;
        this.findParents();
        this.exists = true;
        this.deadlineAt =
          this.deadline === undefined ? Date.parse(event.recordedAt) + this.deadlineMs : Date.parse(this.deadline);
        return null;
      }
      case 'GraphAborted':
        if (!this.exists || this.isAborted) return 'it was aborted already, or not there';
        // A wrong clock may have written it too early.
        if (event.data.deadline !== undefined && Date.parse(event.recordedAt) < this.deadlineAt) return null;
        this.isAborted = true;
        for (const job of this.jobs.values()) if (job.phase === 'started') this.interrupt(job);
        return null;
      case 'GraphReset':
        if (!this.isAborted) return 'it was not aborted';
        this.isAborted = false;
        this.deadlineAt = Infinity;
        return null;
      case 'GraphPaused':
      case 'GraphResumed': {
        const isPause = event.type === 'GraphPaused';
        if (!this.exists || this.isPaused === isPause) return `it was ${isPause ? 'paused already' : 'not paused'}`;
        this.isPaused = isPause;
        return null;
      }
      default:
        return `${event.type} is not an event of a graph`;
    }
  }

  /** A job waits for those it names, and for all that was spawned below those of which it says so. */
  private findParents(): void {
    for (const job of this.jobs.values()) {
      const { parents, withSpawned = [] } = job.definition;
      const below = [...this.jobs.values()].filter((each) => withSpawned.some((id) => this.isBelow(each, id)));
      job.parents = [...new Set([...parents.map((id) => this.jobs.get(id)!), ...below])];
    }
  }

  private isBelow(job: ReferenceJob, spawner: string): boolean {
    if (job.spawnedBy === undefined) return false;
    return job.spawnedBy === spawner || this.isBelow(this.jobs.get(job.spawnedBy)!, spawner);
  }

  private interrupt(job: ReferenceJob): void {
    job.spawning = [];
    job.phase = 'unstarted';
    job.owner = null;
    job.isInterrupted = true;
  }

  private applyToJob(event: RecordedEvent, id: string): string | null {
    const job = this.jobs.get(id);
    if (job === undefined || !this.exists) return 'there is no such job';
    switch (event.type) {
      case 'JobStarted':
        return this.start(job, event.data.attempt, event.data.worker.id);
      case 'Heartbeat':
      case 'JobsSpawned':
      case 'JobFinished':
      case 'JobFaulted':
      case 'JobSkipped':
      case 'JobDeferred':
        return this.write(job, event);
      case 'JobAnswered':
        return this.answer(job, event);
      case 'JobExpired':
        return event.data.attempt === undefined ? this.expire(job, event) : this.write(job, event);
      case 'ClaimRevoked':
        if (job.phase !== 'unstarted') return `the job was ${job.phase}`;
        return event.data.attempt === job.attempt + 1 ? null : `it is of attempt ${event.data.attempt}`;
      case 'JobAborted':
        if (job.phase !== 'unstarted' && job.phase !== 'started') return `the job was ${job.phase}`;
        return this.leave(job, 'aborted');
      case 'JobReset':
        if (job.phase !== 'failed' && job.phase !== 'aborted' && job.phase !== 'skipped')
          return `the job was ${job.phase}`;
        job.againAt = 0;
        return this.leave(job, 'unstarted');
      default:
        return `${event.type} is not an event of a job`;
    }
  }

  private start(job: ReferenceJob, attempt: number, owner: string): string | null {
    if (attempt !== job.attempt + 1) return `attempt ${attempt} follows attempt ${job.attempt}`;
    if (this.isAborted && job.phase === 'unstarted') {
      // The claim was under way when the graph was aborted, and has no effect.
      job.attempt = attempt;
      job.isInterrupted = true;
      return null;
    }
    if (job.phase !== 'unstarted') return `the job was ${job.phase}`;
    if (job.definition.external !== undefined) return 'no worker runs the job';
    if (!this.mayGoOn(job)) return `its parents had it ${job.fate()}`;
    Object.assign(job, { phase: 'started', attempt, owner, isInterrupted: false, againAt: 0 });
    return null;
  }

  private answer(job: ReferenceJob, { data }: RecordedEvent & { readonly type: 'JobAnswered' }): string | null {
    if (job.definition.external === undefined) return 'workers run the job';
    job.answeredBy.push(data.by);
    if (job.phase !== 'unstarted') return `the job was ${job.phase}`;
    // Under way when the graph was aborted, it has no effect.
    if (this.isAborted) return null;
    if (!this.mayGoOn(job)) return `its parents had it ${job.fate()}`;
    return this.leave(job, data.failure === undefined ? 'finished' : 'failed');
  }

  /** Said of a job that nobody runs. It has no effect if it comes too early, or after its graph's abort. */
  private expire(
    job: ReferenceJob,
    { data, recordedAt }: RecordedEvent & { readonly type: 'JobExpired' },
  ): string | null {
    if (job.definition[`${data.limit}Ms`] === undefined) return `the job has no ${data.limit}Ms`;
    if (job.phase !== 'unstarted') return `the job was ${job.phase}`;
    const times = this.isAborted ? null : this.timesOf(job);
    return times === null || Date.parse(recordedAt) < times.endsAt ? null : this.leave(job, 'failed');
  }

  /** By a rule of its own, a claim or an answer may come after the reset of a parent that it was made before. */
  private mayGoOn(job: ReferenceJob): boolean {
    const mayBeLate = job.definition.when !== undefined || job.definition.optional !== undefined;
    return job.fate() === 'ready' || (mayBeLate && job.wasReady);
  }

  /** What the owner writes, or a monitor. */
  private write(job: ReferenceJob, event: RecordedEvent): string | null {
    if (event.type === 'JobAborted' || !('attempt' in event.data)) return null;
    const { attempt } = event.data;
    if (attempt !== job.attempt) return `it is of attempt ${attempt}, not of attempt ${job.attempt}`;
    if (job.isInterrupted) {
      if (event.type !== 'Heartbeat' && event.type !== 'JobsSpawned') job.isInterrupted = false;
      return null;
    }
    if (job.phase !== 'started') return `the job was ${job.phase}: a stale attempt was accepted`;
    if (event.type === 'Heartbeat') return null;
    if (event.type === 'JobsSpawned') {
      job.spawning = [...job.spawning, ...event.data.jobs];
      return null;
    }
    if (event.type === 'JobFinished') {
      const problem = this.grow(job);
      this.leave(job, 'finished');
      return problem;
    }
    if (event.type === 'JobSkipped') return this.leave(job, 'skipped');
    if (event.type === 'JobExpired') return this.leave(job, 'failed');
    job.againAt = Date.parse(event.recordedAt) + waitAfter(event);
    return this.leave(job, event.type === 'JobFaulted' && event.data.next.kind === 'failed' ? 'failed' : 'unstarted');
  }

  private grow(spawner: ReferenceJob): string | null {
    for (const definition of spawner.spawning) {
      if (this.jobs.has(definition.id)) return `it spawned ${definition.id}, which was there`;
      this.jobs.set(definition.id, new ReferenceJob(definition, spawner.id));
    }
    this.findParents();
    return null;
  }

  private leave(job: ReferenceJob, phase: Phase): null {
    Object.assign(job, { phase, owner: null, isInterrupted: false, spawning: [] });
    return null;
  }
}

/** How long a job has to wait after an attempt. */
function waitAfter(event: RecordedEvent): number {
  if (event.type === 'JobDeferred') return event.data.delayMs;
  if (event.type !== 'JobFaulted' || event.data.next.kind === 'failed') return 0;
  const isHandedOn = event.data.cause === 'lease-expired' || event.data.cause === 'released';
  return isHandedOn ? 0 : (event.data.next.delayMs ?? 0);
}
