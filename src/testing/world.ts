import type { RecordedEvent } from '../domain/events.js';
import type { GraphState } from '../domain/graph.js';
import type { Handlers } from '../handlers/handler.js';
import { openLog } from '../log/open-log.js';
import type { EventLog } from '../log/event-log.js';
import { isAtEnd } from '../store/event-history.js';
import { type GraphInfo, toGraphInfo } from '../domain/graph-info.js';
import { loadWork } from '../store/load-work.js';
import type { Store } from '../store/store.js';
import { transactGraph } from '../store/submit.js';
import { start } from '../worker/start.js';
import type { WorkerOptions } from '../worker/worker.js';
import { type Duration, msOf, signedMsOf } from '../prelude/duration.js';
import { type AnyGraph, type GraphDetails, graphFrom } from './graph-form.js';
import { GraphWatch } from './graph-watch.js';
import { heldHandlers } from './held-handlers.js';
import { assertOptions, invalid } from './known.js';
import { loseLease } from './lose-lease.js';
import { type AppendMatch, LogFaults } from './log-faults.js';
import { LogTraffic } from './log-traffic.js';
import { Machine } from './machine.js';
import { OverseerError } from '../prelude/errors.js';
import { story } from './story.js';
import { TestWorker } from './test-worker.js';
import { unending } from './unending.js';
import { type VirtualClock, VirtualTime } from './virtual-time.js';
import { soundWire } from './wire.js';

export interface WorldOptions {
  /** Chance and ids follow from it: the same seed gives the same history. Default 1. */
  readonly seed?: number;
  /** When virtual time begins, as an ISO time. Default 2026-01-01T00:00:00.000Z. */
  readonly startAt?: string;
  /**
   * Whether time stands still while a handler is at work and does not wait for the virtual clock. Default: it does. With
   * false, time passes whatever handlers do, and a handler that waits for anything real may take any virtual time.
   */
  readonly holdTime?: boolean;
  /** How long, in milliseconds of real time, a handler may hold the virtual time before that is an error. Default 4000. */
  readonly patienceMs?: number;
}

export const worldOptionKeys = ['seed', 'startAt', 'holdTime', 'patienceMs'];

export interface Within {
  /** How much virtual time it may take. Default 24 h. */
  readonly within?: Duration;
}

/** A graph as it ended, and how it came to that. */
export interface GraphRun extends GraphInfo {
  /** All its events, in log order. */
  readonly history: readonly RecordedEvent[];
  /** The same in short: see {@link story}. */
  readonly story: readonly string[];
  /** From its submission to its last event, in milliseconds of virtual time. */
  readonly elapsedMs: number;
}

/** Handlers, or a function that makes them from the virtual clock they are to use. */
export type HandlersByClock = Handlers | ((clock: VirtualClock) => Handlers);

const dayMs = 86_400_000;

/**
 * A world for tests: a store in memory, a virtual clock, and workers on machines of their own, to which anything may
 * happen. Everything in it follows from the graph, the handlers and the seed.
 *
 *     await using world = await testWorld();
 *     const worker = await world.start(handlers);
 *     const graphId = await world.submit({ fetch: [], report: ['fetch'] });
 *     await world.clock.advance('10s');
 *     worker.kill();
 *     const run = await world.ended(graphId);
 */
export async function testWorld(options: WorldOptions = {}): Promise<TestWorld> {
  assertOptions(options, worldOptionKeys, 'testWorld');
  const { seed = 1, startAt = '2026-01-01T00:00:00.000Z', holdTime = true, patienceMs = 4000 } = options;
  const startMs = Date.parse(startAt);
  if (!Number.isFinite(startMs)) invalid(`startAt is ${JSON.stringify(startAt)}; give an ISO time`);
  if (!Number.isSafeInteger(seed)) invalid(`seed is ${String(seed)}; give a whole number`);
  const traffic = new LogTraffic();
  const time = new VirtualTime({ startMs, holdTime, patienceMs, isIdle: () => traffic.isIdle });
  const logClock = { setByMs: 0 };
  const log = await openLog('memory:', { now: () => time.now() + logClock.setByMs });
  return new TestWorld({ time, log, traffic, seed, logClock });
}

interface WorldParts {
  readonly time: VirtualTime;
  readonly log: EventLog;
  readonly traffic: LogTraffic;
  readonly seed: number;
  readonly logClock: { setByMs: number };
}

/** See {@link testWorld}. */
export class TestWorld {
  readonly clock: VirtualClock;
  /** For every function of `overseer`. Nothing goes wrong between it and the log. */
  readonly store: Store;
  private readonly faults: LogFaults;
  private readonly workers: TestWorker[] = [];
  private readonly jobIds = new Set<string>();
  private graphs = 0;
  private isClosed = false;

  /** @internal */
  constructor(private readonly parts: WorldParts) {
    const { time, log, traffic, seed } = parts;
    this.clock = time;
    this.faults = new LogFaults(time, () => [...this.jobIds]);
    this.store = new Machine({ name: 'test', seed, time, log, traffic, wire: soundWire }).store;
  }

  /**
   * Starts a worker on a machine of its own: `worker-1`, `worker-2` and so on. It works whenever time passes.
   *
   * @throws what `start` throws
   */
  async start(handlers: HandlersByClock, options: WorkerOptions = {}): Promise<TestWorker> {
    const { seed, ...parts } = this.parts;
    const number = this.workers.length + 1;
    const { time } = parts;
    const machine = new Machine({
      ...parts,
      name: `worker-${number}`,
      seed: seed + 1000 * number,
      wire: this.faults,
    });
    const given = typeof handlers === 'function' ? handlers(this.clock) : handlers;
    const running = await start(options, machine.store, heldHandlers(given, machine, time));
    const worker = new TestWorker(running, machine, time, Object.keys(given));
    this.workers.push(worker);
    return worker;
  }

  /**
   * Stores a graph, in any form, and returns its id: `graph-1`, `graph-2` and so on, unless it has one.
   *
   * @throws InvalidGraphError
   */
  async submit(graph: AnyGraph, details: GraphDetails = {}): Promise<string> {
    const built = graphFrom(graph, details, () => `graph-${(this.graphs += 1)}`);
    const { graphId } = await transactGraph(this.store, built);
    for (const jobId of Object.keys(built.jobs)) this.jobIds.add(jobId);
    return graphId;
  }

  /**
   * Lets time pass until a graph has ended, skipping all waits.
   *
   * @throws OverseerError `graph-unending`, saying what the graph waits for; `time-held`; `fault-never-struck` if a fault
   *   that was asked for had no occasion to strike; RejectedError `graph-not-found`
   */
  async ended(graphId: string, within: Within = {}): Promise<GraphRun> {
    const watch = await this.pass(graphId, { isDone: isAtEnd, forWhat: 'ended' }, within);
    const [idle] = this.faults.unstruck();
    if (idle !== undefined) {
      const message = `graph ${graphId} has ended, and ${idle} never struck: no such append was made, so the test did not test it`;
      throw new OverseerError('fault-never-struck', message);
    }
    const { events } = watch;
    const graph = await this.shown(await watch.look());
    const elapsedMs = Date.parse(graph.lastEventAt) - Date.parse(graph.submittedAt);
    return { ...graph, history: events, story: story(events), elapsedMs };
  }

  /**
   * Lets time pass until something holds for a graph, and returns the graph as it then is.
   *
   * @throws OverseerError `graph-unending`, saying what the graph waits for; `time-held`; RejectedError `graph-not-found`
   */
  async until(graphId: string, holds: (graph: GraphInfo) => boolean, within: Within = {}): Promise<GraphInfo> {
    const isDone = async (graph: GraphState) => holds(await this.shown(graph));
    const watch = await this.pass(graphId, { isDone, forWhat: 'come to what the test waits for' }, within);
    return await this.shown(await watch.look());
  }

  // ---- faults: each in one call

  /** The next append that matches does not reach the log, and the worker is told that it failed. */
  loseAppend(match: AppendMatch = {}): void {
    this.faults.loseAppend(match);
  }

  /** The next append that matches reaches the log, but its worker is told that it failed, as after a broken connection. */
  loseAnswer(match: AppendMatch = {}): void {
    this.faults.loseAnswer(match);
  }

  /** The next append that matches takes this long to reach the log. */
  delayAppend(by: Duration, match: AppendMatch = {}): void {
    this.faults.delayAppend(by, match);
  }

  /** The next claims of a job by two workers meet: both are on their way at once, and the later one wins. */
  race(job: string): void {
    this.faults.race(job);
  }

  /** The log cannot be reached for this long: from one worker, or from all. */
  outage(lasts: Duration, worker?: TestWorker): void {
    this.faults.outage(lasts, worker?.name ?? null);
  }

  /** Takes a running job from its worker, as another worker does when the lease is over. Its signal aborts. */
  async loseLease(graphId: string, jobId: string): Promise<void> {
    await loseLease(this.store, graphId, jobId);
  }

  /** Sets the clock of the log itself, which gives events their times: `'+2h'` without the sign, or `'-3h'`. */
  setLogClock(by: Duration): void {
    this.parts.logClock.setByMs += signedMsOf(by, 'the time to set the clock by');
  }

  /**
   * Stops the workers, which abort the signals of what still runs, and closes the store. Nothing of the world is left: no
   * timer, no handle. Call it after each test, or write `await using world = await testWorld()`.
   */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { time, log } = this.parts;
    this.faults.clear();
    time.letPass();
    await Promise.all(this.workers.map((worker) => worker.end()));
    time.end();
    await log.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async shown(graph: GraphState): Promise<GraphInfo> {
    return toGraphInfo(graph, { now: this.clock.now(), work: await loadWork(this.store) });
  }

  private async pass(
    graphId: string,
    {
      isDone,
      forWhat,
    }: { readonly isDone: (graph: GraphState) => boolean | Promise<boolean>; readonly forWhat: string },
    options: Within,
  ): Promise<GraphWatch> {
    assertOptions(options, ['within'], 'the wait');
    const withinMs = msOf(options.within ?? dayMs, 'within');
    const { time, traffic } = this.parts;
    const watch = new GraphWatch(this.store, graphId, traffic);
    const passed = await time.pass(async () => await isDone(await watch.look()), time.elapsedMs + withinMs);
    if (passed === 'done') return watch;
    const workers = this.workers.filter((worker) => worker.isWorking);
    throw await unending({
      store: this.store,
      graphId,
      forWhat,
      waitedMs: passed === 'time is over' ? withinMs : null,
      handled: [...new Set(workers.flatMap(({ types }) => types))],
      workers: workers.length,
    });
  }
}
