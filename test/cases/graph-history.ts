/** The history of one graph, written by hand, for cases that are about a rule and need no store. */
import type { DomainEvent, Failure } from '../../src/domain/events.js';
import { GraphState, type JobNode } from '../../src/domain/graph.js';
import { decideJob, type JobCommand } from '../../src/domain/job-decisions.js';
import { type JobStatus } from '../../src/domain/job.js';
import { partsOf } from '../../src/domain/submission.js';
import { type FullGraph, jobGraph, type TypeGraph } from '../../src/index.js';
import { E } from '../../src/prelude/fp.js';
import { Recorder } from '../support/given.js';

export const boom: Failure = { reason: 'system/exception', exception: 'Error', message: 'boom' };
const aWorker = { id: 'worker-1', host: 'here', pid: 1 };
const leaseMs = 300_000;

/** What must happen to a job for it to have each status. */
const waysTo: Readonly<Record<JobStatus, readonly ('start' | 'finish' | 'fail' | 'abort' | 'skip')[]>> = {
  unstarted: [],
  started: ['start'],
  finished: ['start', 'finish'],
  failed: ['start', 'fail'],
  aborted: ['abort'],
  skipped: ['start', 'skip'],
};

export class GraphHistory {
  readonly graph: GraphState;
  /** Milliseconds since the epoch. */
  now = Date.parse('2024-01-01T00:00:00.000Z');
  private readonly recorder = new Recorder();

  constructor(definition: TypeGraph | FullGraph) {
    const built = jobGraph(definition);
    this.graph = new GraphState(built.id);
    for (const event of partsOf(built)) this.tell(null, event);
  }

  /** A history of one job that ends with this status. */
  static ofJob(status: JobStatus): GraphHistory {
    const history = new GraphHistory({ job: [] });
    for (const step of waysTo[status]) history[step]('job');
    return history;
  }

  job(id: string): JobNode {
    const job = this.graph.jobs.get(id);
    if (job === undefined) throw new Error(`there is no job ${id}`);
    return job;
  }

  statuses(): Record<string, JobStatus> {
    return Object.fromEntries([...this.graph.jobs.values()].map((job) => [job.id, job.status]));
  }

  ready(): readonly string[] {
    return [...this.graph.jobs.values()].filter((job) => job.isReady).map((job) => job.id);
  }

  /** Adds an event, whether the rules allow it or not. */
  tell(jobId: string | null, event: DomainEvent): this {
    const recorded = this.recorder.record({ graphId: this.graph.id, jobId }, event);
    this.graph.apply({ ...recorded, recordedAt: new Date(this.now).toISOString() });
    return this;
  }

  /** The events that a command leads to, or the code of the rejection. */
  decide(jobId: string, command: JobCommand): readonly DomainEvent[] | string {
    const decision = decideJob(this.job(jobId).subject(), command);
    return E.isLeft(decision) ? decision.left.code : decision.right;
  }

  /** Adds the events that a command leads to; the rules must allow it. */
  do(jobId: string, command: JobCommand): this {
    const decided = this.decide(jobId, command);
    if (typeof decided === 'string') throw new Error(`${command.kind} of ${jobId} was refused: ${decided}`);
    for (const event of decided) this.tell(jobId, event);
    return this;
  }

  // ---- Overseer's operations, as commands of the attempt that runs

  reserving(): JobCommand {
    return { kind: 'start', worker: aWorker, leaseMs, hasWaited: true };
  }

  finishing(jobId: string): JobCommand {
    return { kind: 'finish', attempt: this.job(jobId).state.attempt, result: null };
  }

  failing(jobId: string, failure: Failure = boom): JobCommand {
    return { ...this.over(jobId), cause: 'exception', failure };
  }

  /** A reset as the monitor does it: the lease is over. */
  resetting(jobId: string): JobCommand {
    const failure = { reason: 'system/lease-expired', exception: 'LeaseExpired', message: 'silent' };
    return { ...this.over(jobId), cause: 'lease-expired', failure };
  }

  beating(jobId: string): JobCommand {
    return { kind: 'heartbeat', attempt: this.job(jobId).state.attempt };
  }

  aborting(): JobCommand {
    return { kind: 'abort', by: 'operator', message: 'not wanted', silent: true };
  }

  start(jobId: string): this {
    return this.do(jobId, this.reserving());
  }

  finish(jobId: string): this {
    return this.do(jobId, this.finishing(jobId));
  }

  fail(jobId: string): this {
    return this.do(jobId, this.failing(jobId));
  }

  reset(jobId: string): this {
    return this.do(jobId, this.resetting(jobId));
  }

  abort(jobId: string): this {
    return this.do(jobId, this.aborting());
  }

  skip(jobId: string): this {
    return this.do(jobId, { kind: 'skip', attempt: this.job(jobId).state.attempt, reason: 'nothing new' });
  }

  /** Starts and finishes a job. */
  pass(jobId: string): this {
    return this.start(jobId).finish(jobId);
  }

  private over(jobId: string) {
    const { attempt } = this.job(jobId).state;
    return { kind: 'fault', attempt, errorNames: ['Error'], now: this.now, random: 0 } as const;
  }
}
