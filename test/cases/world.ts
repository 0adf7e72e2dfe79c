/**
 * The set-up of the cases: real stores of every engine, real workers on them, and ways to wait for them.
 */
import type { DomainEvent, NewEvent, RecordedEvent } from '../../src/domain/events.js';
import { type Anomaly, GraphState } from '../../src/domain/graph.js';
import {
  type Environment,
  type ErrorReporter,
  type FullGraph,
  type GraphInfo,
  type GraphOptions,
  type Handlers,
  history,
  install,
  jobGraph,
  type JobInfo,
  jobInfo,
  type Logger,
  type RunningJob,
  start,
  Store,
  store,
  systemEnvironment,
  transactGraph,
  type TypeGraph,
  waitForGraph,
  type Worker,
  type WorkerOptions,
} from '../../src/index.js';
import type { AppendResult } from '../../src/log/event-log.js';
import { orThrow } from '../../src/store/or-throw.js';
import { eventually as untilHolds } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { assert, type describe } from '../support/spec.js';
import { type Engine, engines, freshPlace, missingFor, type Place } from '../support/stores.js';
import { separateHandle } from './logs.js';

type Spec = ReturnType<typeof describe>;

/** Shorter than the time a test may take. */
const patienceMs = 8000;

/**
 * Registers a test once for each engine. The body gets a world of its own; whatever it started there is stopped, and
 * whatever it wrote into the log must follow from the events before it.
 */
export function onEveryStore(
  spec: Spec,
  title: string,
  body: (world: World) => Promise<void>,
  makeEnvironment: () => Environment = () => systemEnvironment,
  /** Set by a test that tells the log what time it is. */
  { setsTheLogsClock = false } = {},
): void {
  for (const engine of engines) {
    const named = `${title} [${engine}]`;
    const hasOwnClock = setsTheLogsClock && engine === 'eventstoredb';
    const missing = missingFor(engine) ?? (hasOwnClock ? 'its clock is that of its server' : null);
    if (missing !== null) {
      spec.skip(named, missing);
      continue;
    }
    spec.test(named, async () => {
      const world = await World.open(engine, makeEnvironment());
      try {
        await body(world);
        if (!world.mayHoldAnomalies) assert.equal(await world.anomalies(), []);
      } finally {
        await world.close();
      }
    });
  }
}

/** A store, the workers on it, and what else a test needs around it. */
export class World {
  /** Set by a test that writes impossible events itself. */
  mayHoldAnomalies = false;
  private readonly workers: Worker[] = [];
  private readonly others: Store[] = [];

  private constructor(
    readonly engine: Engine,
    readonly environment: Environment,
    private readonly place: Place,
    readonly store: Store,
  ) {}

  static async open(engine: Engine, environment: Environment): Promise<World> {
    const place = freshPlace(engine);
    const opened = await store(place.address, { environment, namespace: place.namespace });
    await install(opened);
    return new World(engine, environment, place, opened);
  }

  /** One more handle on the same log, such as another process would have. Closing it is like that process's death. */
  async another(environment: Environment = this.environment): Promise<Store> {
    const opened =
      this.engine === 'memory'
        ? new Store(separateHandle(this.store.log), environment)
        : await store(this.place.address, { environment, namespace: this.place.namespace });
    this.others.push(opened);
    return opened;
  }

  /** Starts a worker, on the world's own store unless told otherwise. */
  async work(handlers: Handlers, options: WorkerOptions = {}, on: Store = this.store): Promise<Worker> {
    const worker = await start({ stopTimeout: 1000, ...options }, on, handlers);
    this.workers.push(worker);
    return worker;
  }

  /** Stores a graph and returns its id. */
  async submit(
    definition: TypeGraph | FullGraph,
    args?: Readonly<Record<string, unknown>>,
    options?: GraphOptions,
  ): Promise<string> {
    const { graphId } = await transactGraph(this.store, jobGraph(definition, args, options));
    return graphId;
  }

  /** How the graph ended. */
  async ended(graphId: string): Promise<GraphInfo> {
    return await waitForGraph(this.store, graphId, { timeoutMs: patient(patienceMs) });
  }

  /** Stores a graph, runs it to its end with one worker, and returns how it ended. */
  async run(definition: TypeGraph | FullGraph, handlers: Handlers, options?: WorkerOptions): Promise<GraphInfo> {
    const graphId = await this.submit(definition);
    await this.work(handlers, options);
    return await this.ended(graphId);
  }

  async job(graphId: string, jobId: string): Promise<JobInfo> {
    return await jobInfo(this.store, graphId, jobId);
  }

  /** The events of a graph or of one of its jobs, in log order. */
  async events(graphId: string, jobId?: string): Promise<readonly RecordedEvent[]> {
    return await collect(history(this.store, graphId, jobId === undefined ? {} : { jobId }));
  }

  /** The types of these events. */
  async eventTypes(graphId: string, jobId?: string): Promise<readonly string[]> {
    return (await this.events(graphId, jobId)).map((event) => event.type);
  }

  /** Waits until the log holds `count` events of a type about a job, and returns them. */
  async eventually(graphId: string, jobId: string, type: RecordedEvent['type'], count = 1) {
    return await eventually(`${count} × ${type} of ${jobId}`, async () => {
      const found = (await this.events(graphId, jobId)).filter((event) => event.type === type);
      return found.length >= count && found;
    });
  }

  /** Events in the log that cannot follow from those before them. */
  async anomalies(): Promise<readonly Anomaly[]> {
    const graphs = new Map<string, GraphState>();
    for (const event of await this.wholeLog()) {
      const graph = graphs.get(event.graphId) ?? new GraphState(event.graphId);
      graphs.set(event.graphId, graph);
      graph.apply(event);
    }
    return [...graphs.values()].flatMap((graph) => graph.anomalies);
  }

  async wholeLog(): Promise<readonly RecordedEvent[]> {
    return await orThrow(this.store.log.readAll({ limit: 1_000_000 }));
  }

  /** Appends one event without asking the rules. */
  async append(
    graphId: string,
    jobId: string | null,
    expectedRevision: number,
    event: DomainEvent,
  ): Promise<AppendResult> {
    const created: NewEvent = { id: systemEnvironment.newId(), event, causationId: null, actor: 'test' };
    const append = { graphId, jobId, expectedRevision, events: [created] };
    const [result] = await orThrow(this.store.log.append([append]));
    return result!;
  }

  /** Claims a job for a worker that is never heard of again. */
  async claimedByGhost(graphId: string, jobId: string, leaseMs: number): Promise<void> {
    const data = { attempt: 1, worker: { id: 'ghost', host: 'elsewhere', pid: 1 }, leaseMs };
    const result = await this.append(graphId, jobId, -1, { type: 'JobStarted', data });
    assert.ok(result.appended);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await Promise.all([this.store, ...this.others].map((each) => each.close()));
  }
}

export async function collect<A>(items: AsyncIterable<A>): Promise<A[]> {
  const collected: A[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

type Seen<A> = Exclude<A, false | null | undefined>;

/** Looks again and again until there is something to see, and returns it; fails when that takes too long. */
export async function eventually<A>(what: string, look: () => A | Promise<A>): Promise<Seen<A>> {
  let seen: A | undefined;
  const isThere = async () => {
    seen = await look();
    return seen !== false && seen !== null && seen !== undefined;
  };
  await untilHolds(what, isThere, patienceMs);
  return seen as Seen<A>;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A promise and how to resolve it, for handlers that wait for their test. */
export class Gate<A = void> {
  readonly passed: Promise<A>;
  open: (value: A) => void = () => {};

  constructor() {
    this.passed = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A logger that remembers what it was told. */
export function rememberingLogger(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Logger) => (details: object, message: string) => {
    lines.push({ level, message, details: details as LogLine['details'] });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A reporter that remembers what it was told. */
export function rememberingReporter(): ErrorReporter & { readonly reported: readonly unknown[] } {
  const reported: unknown[] = [];
  return { reported, report: (error) => void reported.push(error), close: () => Promise.resolve() };
}

/** A job for handlers that are called without a worker. */
export function runningJob(overrides: Partial<RunningJob> = {}): RunningJob {
  return {
    graphId: 'graph',
    id: 'job',
    type: 'job',
    status: 'started',
    attempt: 1,
    args: {},
    inputs: {},
    parents: {},
    labels: {},
    details: null,
    signal: new AbortController().signal,
    heartbeat: () => Promise.resolve(),
    spawn: () => [],
    ...overrides,
  };
}

/** The edges of a graph, child first, as "child→parent". */
export function edgesOf(jobs: Readonly<Record<string, { readonly id: string; readonly parents: readonly string[] }>>) {
  return Object.values(jobs)
    .flatMap((job) => job.parents.map((parent) => `${job.id}→${parent}`))
    .sort();
}
