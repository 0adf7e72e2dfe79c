import { deepStrictEqual } from 'node:assert';
import type { RecordedEvent } from '../domain/events.js';
import { type DerivedStatus, type GraphStatus, graphStatuses } from '../domain/graph.js';
import { defined } from '../prelude/defined.js';
import { E } from '../prelude/fp.js';
import { type Json, toJson } from '../prelude/json.js';
import { history } from '../store/event-history.js';
import type { GraphInfo } from '../domain/graph-info.js';
import { graphInfo } from '../store/graph-info.js';
import { abortGraph, abortJob, retryGraph, retryJob } from '../store/operate.js';
import { RejectedError } from '../store/or-throw.js';
import type { Reason } from '../store/reason.js';
import type { WorkerOptions } from '../worker/worker.js';
import type { Duration } from '../prelude/duration.js';
import type { Fact } from './facts.js';
import { type AnyGraph, graphDetailKeys, type GraphDetails } from './graph-form.js';
import { assertKnown, assertOptions, invalid } from './known.js';
import { Past } from './past.js';
import { story } from './story.js';
import {
  type HandlersByClock,
  testWorld,
  type TestWorld,
  type Within,
  type WorldOptions,
  worldOptionKeys,
} from './world.js';

/** Something that is done to a graph. Write your own, or use {@link workerRuns}, {@link timePasses} and so on. */
export type Action = (world: TestWorld, graphId: string) => Promise<unknown>;

/** What a scenario led to. Plain data. */
export interface Outcome {
  readonly status: GraphStatus;
  /** Ids of the jobs that a worker may claim now. */
  readonly ready: readonly string[];
  /** The status of each job. */
  readonly jobs: Readonly<Record<string, DerivedStatus>>;
  /** The results of the jobs that have finished. */
  readonly results: Readonly<Record<string, Json>>;
  /** What happened since the past that was given, in short: see {@link story}. */
  readonly happened: readonly string[];
  /** The same, as events. */
  readonly events: readonly RecordedEvent[];
  readonly graph: GraphInfo;
}

/** What is expected. What is left out may be anything; of `jobs` and `results`, only those that are named are compared. */
export interface Expected {
  readonly status?: GraphStatus;
  readonly ready?: readonly string[];
  readonly jobs?: Readonly<Record<string, DerivedStatus>>;
  readonly results?: Readonly<Record<string, unknown>>;
  readonly happened?: readonly string[];
}

export interface GivenOptions extends WorldOptions, GraphDetails {}

/**
 * States the past of a graph, to try what follows from it:
 *
 *     await given({ fetch: [], send: ['fetch'] }, [finished('fetch', { rows: 3 }), faulted('send')])
 *       .when(workerRuns(handlers))
 *       .expect({ happened: ['send started', 'send finished'], results: { send: 'receipt' } });
 *
 * Each scenario has a world of its own, which is gone when it has ended.
 */
export function given(graph: AnyGraph, past: readonly Fact[] = [], options: GivenOptions = {}): Scenario {
  assertOptions(options, [...worldOptionKeys, ...graphDetailKeys], 'given');
  return new Scenario(graph, past, options, []);
}

/** A past and what is done then. Nothing happens before `outcome`, `expect` or `expectRejection` is called. */
export class Scenario {
  /** @internal */
  constructor(
    private readonly graph: AnyGraph,
    private readonly past: readonly Fact[],
    private readonly options: GivenOptions,
    private readonly actions: readonly Action[],
  ) {}

  /** Does this then. Several are done one after another. */
  when(...actions: readonly Action[]): Scenario {
    return new Scenario(this.graph, this.past, this.options, [...this.actions, ...actions]);
  }

  /**
   * Plays it, and returns what it led to.
   *
   * @throws OverseerError `past-impossible`; and what an action throws
   */
  async outcome(): Promise<Outcome> {
    const { seed, startAt, holdTime, patienceMs, ...details } = this.options;
    const world = await testWorld(defined({ seed, startAt, holdTime, patienceMs }));
    try {
      const graphId = await world.submit(this.graph, details);
      for (const [index, { text, tell }] of this.past.entries()) {
        await tell(new Past(world, graphId, `fact ${index + 1}, ${text}`));
      }
      const before = (await eventsOf(world, graphId)).length;
      for (const action of this.actions) await action(world, graphId);
      return toOutcome(await graphInfo(world.store, graphId), (await eventsOf(world, graphId)).slice(before));
    } finally {
      await world.close();
    }
  }

  /**
   * Plays it, and compares what it led to with what is expected.
   *
   * @throws AssertionError of `node:assert`, which shows the difference; and what `outcome` throws
   */
  async expect(expected: Expected): Promise<Outcome> {
    assertOptions(expected, ['status', 'ready', 'jobs', 'results', 'happened'], 'expect');
    if (expected.status !== undefined) assertKnown(expected.status, graphStatuses, 'the status');
    const outcome = await this.outcome();
    const json = toJson(expected, 'expected');
    if (E.isLeft(json)) return invalid(json.left);
    deepStrictEqual(asAsked(outcome, expected), json.right);
    return outcome;
  }

  /**
   * Plays it, and checks that a rule refuses what is done, with this code: `expectRejection('job-not-ended')`.
   *
   * @throws AssertionError of `node:assert` if nothing was refused, or by another rule
   */
  async expectRejection(code: RejectedError['code']): Promise<RejectedError> {
    let refused: unknown = null;
    const actions: readonly Action[] = [
      async (world, graphId) => {
        try {
          for (const action of this.actions) await action(world, graphId);
        } catch (error) {
          refused = error;
        }
      },
    ];
    await new Scenario(this.graph, this.past, this.options, actions).outcome();
    if (refused !== null && !(refused instanceof RejectedError)) throw refused as Error;
    const rejection = refused;
    deepStrictEqual(rejection?.code ?? 'nothing was refused', code);
    return rejection!;
  }
}

/** A worker with these handlers works until the graph has ended, at most for `within`. */
export function workerRuns(handlers: HandlersByClock, options: WorkerOptions & Within = {}): Action {
  const { within, ...worker } = options;
  return async (world, graphId) => {
    await world.start(handlers, worker);
    await world.ended(graphId, defined({ within }));
  };
}

/** A worker with these handlers works for this long, and then stops. What still runs then is handed back. */
export function workerRunsFor(duration: Duration, handlers: HandlersByClock, options: WorkerOptions = {}): Action {
  return async (world) => {
    const worker = await world.start(handlers, options);
    await world.clock.advance(duration);
    await worker.stop();
  };
}

/** This much time passes. */
export function timePasses(duration: Duration): Action {
  return (world) => world.clock.advance(duration);
}

/** An operator aborts a job, or the whole graph. */
export function operatorAborts(job?: string, why?: Reason): Action {
  return async (world, graphId) => {
    if (job === undefined) return await abortGraph(world.store, graphId, why);
    await assertJob(world, graphId, job);
    await abortJob(world.store, graphId, job, why);
  };
}

/** An operator has a job run again, or all that failed or was aborted in the graph. */
export function operatorRetries(job?: string, why?: Reason): Action {
  return async (world, graphId) => {
    if (job === undefined) return await retryGraph(world.store, graphId, why);
    await assertJob(world, graphId, job);
    await retryJob(world.store, graphId, job, why);
  };
}

async function assertJob(world: TestWorld, graphId: string, job: string): Promise<void> {
  assertKnown(job, Object.keys((await graphInfo(world.store, graphId)).jobs), 'the job');
}

async function eventsOf(world: TestWorld, graphId: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of history(world.store, graphId)) events.push(event);
  return events;
}

function toOutcome(graph: GraphInfo, events: readonly RecordedEvent[]): Outcome {
  const jobs = Object.values(graph.jobs);
  return {
    status: graph.status,
    ready: jobs.filter((job) => job.derivedStatus === 'ready').map((job) => job.id),
    jobs: Object.fromEntries(jobs.map((job) => [job.id, job.derivedStatus])),
    results: Object.fromEntries(jobs.filter((job) => job.status === 'finished').map((job) => [job.id, job.result])),
    happened: story(events),
    events,
    graph,
  };
}

/** The outcome, as far as something is expected of it. */
function asAsked(outcome: Outcome, expected: Expected): Record<string, unknown> {
  const asked: Record<string, unknown> = {};
  for (const key of Object.keys(expected) as (keyof Expected)[]) {
    if (expected[key] === undefined) continue;
    const named = key === 'jobs' || key === 'results' ? Object.keys(expected[key]) : null;
    asked[key] = named === null ? outcome[key] : picked(outcome, key as 'jobs' | 'results', named);
  }
  return asked;
}

function picked({ jobs, ...outcome }: Outcome, key: 'jobs' | 'results', named: readonly string[]) {
  for (const id of named) assertKnown(id, Object.keys(jobs), `${key} of expect: the job`);
  const all: Readonly<Record<string, unknown>> = key === 'jobs' ? jobs : outcome.results;
  return Object.fromEntries(named.filter((id) => id in all).map((id) => [id, all[id]]));
}
