import type { Failure, JobDefinition } from '../domain/events.js';
import { decideGraph, type GraphCommand } from '../domain/graph-decisions.js';
import { decideJob, type JobCommand } from '../domain/job-decisions.js';
import type { JobNode } from '../domain/graph.js';
import type { SpawnedJobs } from '../domain/job-graph.js';
import { inspected } from '../handlers/output.js';
import { spawnerOf } from '../domain/spawn.js';
import { InvalidSpawnError, Spawning } from '../handlers/spawning.js';
import { E, type Either } from '../prelude/fp.js';
import { OverseerError } from '../prelude/errors.js';
import type { Rejection } from '../domain/rejection.js';
import { loadGraph } from '../store/load-graph.js';
import { newEvents } from '../store/new-events.js';
import { appendOrThrow } from '../store/or-throw.js';
import { assertKnown } from './known.js';
import type { TestWorld } from './world.js';

/** Who did what no fact names somebody for. */
export const somebody = 'somebody';
const leaseMs = 30_000;

type Failing = Extract<JobCommand, { readonly kind: 'fault' }>;

/** A graph whose past is being told, fact by fact, by the rules that hold for workers and operators. */
export class Past {
  /** @param fact the one that is being told, for messages */
  constructor(
    private readonly world: TestWorld,
    private readonly graphId: string,
    private readonly fact: string,
  ) {}

  /** Claims a job for a worker that is not there. One that backs off, or is delayed, has waited for as long as it must. */
  async start(jobId: string, worker = somebody, lease = leaseMs): Promise<void> {
    const { startsFrom, status } = await this.job(jobId);
    if (status === 'unstarted' && startsFrom !== null) await this.until(startsFrom);
    const identity = { id: worker, host: worker, pid: 1 };
    await this.decide(jobId, { kind: 'start', worker: identity, leaseMs: lease, hasWaited: true }, worker);
  }

  /** What the owner of a job wrote about it. A job that nobody had claimed was claimed before. */
  async byOwner(jobId: string, commandOf: (attempt: number, owner: string) => JobCommand): Promise<void> {
    if ((await this.job(jobId)).status !== 'started') await this.start(jobId);
    const { attempt, worker } = (await this.job(jobId)).state;
    const owner = worker?.id ?? somebody;
    await this.decide(jobId, commandOf(attempt, owner), owner);
  }

  /** The end of an attempt that went wrong. */
  async failing(
    jobId: string,
    cause: Failing['cause'],
    thrown: { readonly failure: Failure; readonly errorNames: readonly string[]; readonly retryAfterMs?: number },
  ): Promise<void> {
    const { environment } = this.world.store;
    const fate = { now: environment.now(), random: environment.random() };
    await this.byOwner(jobId, (attempt) => ({ kind: 'fault', attempt, cause, ...thrown, ...fate }));
  }

  /** What the owner of a job has spawned so far. */
  async spawned(jobId: string, jobs: SpawnedJobs): Promise<void> {
    const spawning = new Spawning(spawnerOf(await this.job(jobId)), () => true);
    try {
      spawning.spawn(jobs);
    } catch (error) {
      if (error instanceof InvalidSpawnError) this.impossible(error.message);
      throw error;
    }
    for (const part of spawning.parts()) {
      await this.byOwner(jobId, (attempt) => ({ kind: 'spawn', attempt, spawned: part }));
    }
  }

  /** The next time limit of a job runs out. */
  async expired(jobId: string): Promise<void> {
    const { expiry } = await this.job(jobId);
    if (expiry === null) return this.impossible(`no time limit of job ${JSON.stringify(jobId)} is running`);
    await this.until(expiry.at);
    const { status, state } = await this.job(jobId);
    const attempt = status === 'started' ? state.attempt : undefined;
    await this.decide(jobId, { kind: 'expire', expiry, attempt }, state.worker?.id ?? somebody);
  }

  private async until(at: number): Promise<void> {
    await this.world.clock.advance(Math.max(0, at - this.world.clock.now()));
  }

  async byOperator(jobId: string, by: string, command: JobCommand): Promise<void> {
    await this.decide(jobId, command, by);
  }

  async definitionOf(jobId: string): Promise<JobDefinition> {
    return (await this.job(jobId)).definition;
  }

  async ofGraph(command: GraphCommand): Promise<void> {
    const graph = await loadGraph(this.world.store, this.graphId);
    const events = this.allowed(decideGraph(graph, command));
    const created = newEvents(this.world.store.environment, events, graph.lastEventId, command.by);
    if (created.length === 0) this.impossible(`graph ${this.graphId} is ${graph.status}, so this changes nothing`);
    const append = { graphId: this.graphId, jobId: null, expectedRevision: graph.revision, events: created };
    await appendOrThrow(this.world.store.log, [append]);
  }

  async passed(duration: number | string): Promise<void> {
    await this.world.clock.advance(duration);
  }

  /** @throws OverseerError `past-impossible` always */
  impossible(why: string): never {
    throw new OverseerError('past-impossible', `the past is impossible at ${this.fact}: ${why}`);
  }

  private async decide(jobId: string, command: JobCommand, actor: string): Promise<void> {
    const job = await this.job(jobId);
    const { revision, lastEventId } = job.state;
    const decided = this.allowed(decideJob(job.subject(), command));
    if (decided.length === 0) this.impossible(`job ${JSON.stringify(jobId)} is ${job.status} already`);
    const events = newEvents(this.world.store.environment, decided, lastEventId ?? job.record.above.readyCause, actor);
    const append = { graphId: this.graphId, jobId, expectedRevision: revision, events };
    await appendOrThrow(this.world.store.log, [append]);
  }

  private async job(jobId: string): Promise<JobNode> {
    const graph = await loadGraph(this.world.store, this.graphId);
    const job = graph.jobs.get(jobId);
    if (job === undefined) assertKnown(jobId, [...graph.jobs.keys()], `${this.fact}: the job`);
    return job!;
  }

  private allowed<A>(decision: Either<Rejection, A>): A {
    if (E.isRight(decision)) return decision.right;
    return this.impossible(`${decision.left.message} (${decision.left.code})`);
  }
}

/** What is recorded of something that a handler threw. */
export function asThrown(error: unknown, kind: 'threw' | 'timed-out' = 'threw') {
  const { failure, errorNames } = inspected(error, kind);
  return { failure, errorNames };
}
