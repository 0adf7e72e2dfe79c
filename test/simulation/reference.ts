/**
 * A second opinion on what a history means: the rules of the contract in their plainest form. It knows no counters and no
 * caches; whatever is asked of a job is worked out from the facts about it and its ancestors, each time anew. It shares no
 * code with the domain, whose states are compared with it after every event.
 */
import type { JobDefinition, RecordedEvent } from '../../src/domain/events.js';

type Phase = 'unstarted' | 'started' | 'finished' | 'failed' | 'aborted';

export class ReferenceJob {
  phase: Phase;
  attempt = 0;
  /** The owner of the attempt that runs. */
  owner: string | null = null;
  /** The graph was aborted while the attempt ran, and the job's stream does not say so yet. */
  isInterrupted = false;
  parents: readonly ReferenceJob[] = [];

  constructor(readonly definition: JobDefinition) {
    this.phase = definition.carried === undefined ? 'unstarted' : 'finished';
  }

  get id(): string {
    return this.definition.id;
  }

  ancestors(found = new Set<ReferenceJob>()): ReadonlySet<ReferenceJob> {
    for (const parent of this.parents) {
      if (found.has(parent)) continue;
      found.add(parent);
      parent.ancestors(found);
    }
    return found;
  }
}

export class ReferenceGraph {
  readonly jobs = new Map<string, ReferenceJob>();
  exists = false;
  isAborted = false;
  isPaused = false;
  private parts = 0;

  constructor(readonly id: string) {}

  /** What is wrong with an event, given all before it; null if it may be there. */
  apply(event: RecordedEvent): string | null {
    return event.jobId === null ? this.applyToGraph(event) : this.applyToJob(event, event.jobId);
  }

  status(job: ReferenceJob): Phase {
    if (job.phase === 'finished' || job.phase === 'failed' || job.phase === 'aborted') return job.phase;
    const isCutOff = this.isAborted || [...job.ancestors()].some(({ phase }) => phase === 'aborted');
    return isCutOff ? 'aborted' : job.phase;
  }

  isReady(job: ReferenceJob): boolean {
    const hasParents = job.parents.every(({ phase }) => phase === 'finished');
    return this.exists && !this.isPaused && hasParents && this.status(job) === 'unstarted';
  }

  /** Whether a job may still run, or be run, to its end. */
  isAlive(job: ReferenceJob): boolean {
    const status = this.status(job);
    return (
      status === 'started' || (status === 'unstarted' && ![...job.ancestors()].some((each) => each.phase === 'failed'))
    );
  }

  get isSettled(): boolean {
    return this.exists && ![...this.jobs.values()].some((job) => this.isAlive(job));
  }

  get outcome(): 'running' | 'finished' | 'failed' | 'aborted' {
    if (this.isAborted) return 'aborted';
    if (!this.isSettled) return 'running';
    const all = [...this.jobs.values()];
    if (all.some(({ phase }) => phase === 'failed')) return 'failed';
    return all.every(({ phase }) => phase === 'finished') ? 'finished' : 'aborted';
  }

  private applyToGraph(event: RecordedEvent): string | null {
    switch (event.type) {
      case 'GraphSubmitted': {
        const { part, parts, jobs } = event.data;
        if (this.exists || part !== this.parts + 1) return `part ${part} follows part ${this.parts}`;
        this.parts = part;
        for (const definition of jobs) this.jobs.set(definition.id, new ReferenceJob(definition));
        if (part < parts) return null;
        for (const job of this.jobs.values()) job.parents = job.definition.parents.map((id) => this.jobs.get(id)!);
        this.exists = true;
        return null;
      }
      case 'GraphAborted':
        if (!this.exists || this.isAborted) return 'it was aborted already, or not there';
        this.isAborted = true;
        for (const job of this.jobs.values()) if (job.phase === 'started') this.interrupt(job);
        return null;
      case 'GraphReset':
        if (!this.isAborted) return 'it was not aborted';
        this.isAborted = false;
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

  private interrupt(job: ReferenceJob): void {
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
      case 'JobFinished':
      case 'JobFaulted':
        return this.write(job, event);
      case 'JobAborted':
        if (job.phase !== 'unstarted' && job.phase !== 'started') return `the job was ${job.phase}`;
        return this.leave(job, 'aborted');
      case 'JobReset':
        if (job.phase !== 'failed' && job.phase !== 'aborted') return `the job was ${job.phase}`;
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
    if (job.parents.some(({ phase }) => phase !== 'finished')) return 'a parent was not finished';
    if (this.status(job) === 'aborted') return 'the job was aborted';
    Object.assign(job, { phase: 'started', attempt, owner, isInterrupted: false });
    return null;
  }

  /** What the owner writes, or a monitor. */
  private write(job: ReferenceJob, event: RecordedEvent): string | null {
    if (event.type !== 'Heartbeat' && event.type !== 'JobFinished' && event.type !== 'JobFaulted') return null;
    const { attempt } = event.data;
    if (attempt !== job.attempt) return `it is of attempt ${attempt}, not of attempt ${job.attempt}`;
    if (job.isInterrupted) {
      if (event.type !== 'Heartbeat') job.isInterrupted = false;
      return null;
    }
    if (job.phase !== 'started') return `the job was ${job.phase}: a stale attempt was accepted`;
    if (event.type === 'Heartbeat') return null;
    if (event.type === 'JobFinished') return this.leave(job, 'finished');
    return this.leave(job, event.data.next.kind === 'failed' ? 'failed' : 'unstarted');
  }

  private leave(job: ReferenceJob, phase: Phase): null {
    Object.assign(job, { phase, owner: null, isInterrupted: false });
    return null;
  }
}
