import { isDeepStrictEqual } from 'node:util';
import {
  abort,
  abortGraph,
  abortJob,
  fault,
  forkGraph,
  type Handlers,
  type Memoize,
  jobGraph,
  pause,
  pauses,
  type PauseTarget,
  RejectedError,
  resume,
  retryGraph,
  retryJob,
  type RunningJob,
  start,
  transactGraph,
  type Worker,
} from '../../src/index.js';
import { GraphState } from '../../src/domain/graph.js';
import type { EventOf, RecordedEvent } from '../../src/domain/events.js';
import { isOfNamespace } from '../../src/domain/namespace-stream.js';
import { NamespaceCheck } from '../../src/history/verify/invariants.js';
import type { EventLog } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { rightOf } from '../support/right.js';
import { LogTraffic } from '../../src/testing/log-traffic.js';
import type { Machine } from '../../src/testing/machine.js';
import { randomFrom } from '../../src/testing/seeded.js';
import { VirtualTime } from '../../src/testing/virtual-time.js';
import { createHost, type Troubles } from './world.js';

const minute = 60_000;
const heartbeat = { sleepTime: 2000, tolerance: 3, monitorShutdown: false };

export interface SimulationResult {
  readonly events: readonly RecordedEvent[];
  readonly graphs: readonly GraphState[];
  readonly runs: number;
  readonly crashes: number;
  /** What is wrong with the history, in words; none if all is well. */
  readonly problems: readonly string[];
}

/** Plays a whole world through, from a seed, and judges the history it leaves. */
export async function simulate(seed: number): Promise<SimulationResult> {
  const simulation = new Simulation(seed);
  await simulation.play();
  const isStopped = await simulation.stopWorkers();
  const { log, graphIds, counts } = simulation;
  const events = await rightOf(log.readAll({ limit: 1_000_000 }));
  const graphs = fold(events);
  const problems = judge(events, graphs, graphIds);
  if (!isStopped) problems.push('a worker did not stop');
  await log.close();
  return { events, graphs, ...counts, problems };
}

const noTroubles: Troubles = { lost: 0, answerLost: 0, late: 0, lateMsMax: 0, unreachable: 0 };
const manyTroubles: Troubles = { lost: 0.05, answerLost: 0.05, late: 0.05, lateMsMax: 9000, unreachable: 0.03 };

/** A log, the workers on it, and an operator. A seed plays the same world only while the order of random calls stays. */
class Simulation {
  readonly counts = { runs: 0, crashes: 0 };
  readonly graphIds: string[] = [];
  readonly log: EventLog;
  private readonly traffic = new LogTraffic();
  private readonly time: VirtualTime;
  private readonly random: () => number;
  private readonly isRough: boolean;
  private readonly operator: Machine;
  private readonly workers = new Map<Machine, Worker>();
  private readonly pending = new Set<Promise<unknown>>();
  private hosts = 0;
  private forks = 0;
  /** The log's clock is set now and then, too. */
  private logSetByMs = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    const startMs = Date.parse('2026-01-01T00:00:00.000Z');
    this.time = new VirtualTime({ startMs, holdTime: false, patienceMs: 0, isIdle: () => false });
    this.log = createMemoryLog({ now: () => this.time.now() + this.logSetByMs });
    this.isRough = this.random() < 0.7;
    this.operator = this.newHost('operator', noTroubles);
  }

  /** Runs until every graph has ended, or for an hour. */
  async play(): Promise<void> {
    const { time, random } = this;
    for (let index = this.between(1, 4); index > 0; index--) await this.startWorker();
    for (let index = this.between(1, 4); index > 0; index--) this.submit();
    const disturbedUntil = this.between(1, 4) * minute;
    for (let at = 1000; at < disturbedUntil; at += this.between(500, 10_000)) {
      await time.pass(() => false, at);
      this.disturb();
      if (random() < 0.1) this.submit();
    }
    await time.pass(() => false, disturbedUntil);
    this.begin(this.resumeAll());
    // A rolling deployment comes to its end: there is a worker that can read everything.
    await this.startWorker(false);
    let looked = -1;
    await time.pass(async () => {
      if (this.pending.size > 0 || looked === this.traffic.changes) return false;
      looked = this.traffic.changes;
      return await allSettled(this.log, this.graphIds);
    }, 60 * minute);
  }

  /** Whether all workers have stopped within half an hour. */
  async stopWorkers(): Promise<boolean> {
    const stopping = Promise.all([...this.workers.values()].map((worker) => worker.stop()));
    let isStopped = false;
    void stopping.then(() => (isStopped = true));
    return (await this.time.pass(() => isStopped, this.time.elapsedMs + 30 * minute)) === 'done';
  }

  private newHost(name: string, troubles: Troubles, isOlder = false): Machine {
    const { time, random, log, traffic } = this;
    return createHost({ name, troubles, isOlder, time, random, log, traffic });
  }

  private between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  /** Lets something go on meanwhile; the rules may say no to it. */
  private begin(work: Promise<unknown>): void {
    const settled = work.catch((error: unknown) => {
      if (!(error instanceof RejectedError)) throw error;
    });
    this.pending.add(settled);
    void settled.finally(() => this.pending.delete(settled));
  }

  private async startWorker(isOlder = this.isRough && this.random() < 0.25): Promise<void> {
    const host = this.newHost(`host ${this.hosts++}`, this.isRough ? manyTroubles : noTroubles, isOlder);
    const options = { concurrency: this.between(1, 4), heartbeat, stopTimeout: 1000 };
    for (let isStarted = false; !isStarted;) {
      const starting = start(options, host.store, this.handlersOn(host)).then(
        (worker) => void this.workers.set(host, worker),
        // The log could not be reached. Whatever supervises the worker starts it again.
        () => {},
      );
      this.begin(starting);
      await this.time.pass(() => this.workers.has(host), this.time.elapsedMs + 1000);
      isStarted = this.workers.has(host);
    }
  }

  private handlersOn(host: Machine): Handlers {
    const { random, counts } = this;
    const sleep = (ms: number) => new Promise<void>((resolve) => void host.environment.setTimer(ms, resolve));
    const t = async (job: RunningJob) => {
      counts.runs += 1;
      await sleep(this.between(0, 4000));
      if (random() < 0.2) await job.heartbeat({ at: job.attempt });
      const fate = random();
      if (fate < 0.08) fault('not now', { retryAfterMs: this.between(0, 3000) });
      if (fate < 0.12) throw new Error('boom');
      if (fate < 0.13) abort('no need');
      if (fate < 0.16) await sleep(this.between(5000, 20_000));
      return { by: host.name, inputs: Object.keys(job.inputs).length };
    };
    return { t, u: t };
  }

  private submit(): void {
    const { random } = this;
    const id = `graph ${this.graphIds.length}`;
    this.graphIds.push(id);
    const someParents = (index: number) =>
      Array.from({ length: this.between(0, 2) }, () => `job ${this.between(0, index - 1)}`);
    const jobs = Object.fromEntries(
      Array.from({ length: this.between(1, 10) }, (_, index) => {
        const after = index === 0 ? [] : someParents(index);
        const retry = random() < 0.5 ? { retry: { maximumAttempts: 3, initialIntervalMs: 500 } } : {};
        const memoize = random() < 0.3 ? { memoize: this.someMemory() } : {};
        const type = random() < 0.5 ? 't' : 'u';
        return [`job ${index}`, { type, after, maximumLostLeases: 50, ...retry, ...memoize }];
      }),
    );
    this.begin(transactGraph(this.operator.store, jobGraph({ jobs }, {}, { id })));
  }

  private someMemory(): Memoize {
    const key = `key ${this.between(0, 2)}`;
    return this.random() < 0.5 ? { key } : { key, maxAgeMs: this.between(1, 30) * 1000 };
  }

  /** Does one or two of the things that operators, clocks and machines do at bad moments. */
  private disturb(): void {
    const { random, workers, time } = this;
    const graphId = this.graphIds[this.between(0, this.graphIds.length - 1)]!;
    const jobId = `job ${this.between(0, 9)}`;
    const fate = random();
    this.operate(fate, graphId, jobId);
    if (random() < 0.25) this.holdBack(graphId);
    const [host] = [...workers.keys()].sort(() => random() - 0.5);
    if (host === undefined || !this.isRough) return;
    if (random() < 0.2) this.setClock(host);
    if (fate > 0.9 && workers.size > 1) {
      host.kill();
      this.counts.crashes += 1;
      workers.delete(host);
      this.begin(this.startWorker());
    } else if (fate > 0.7) {
      host.suspend();
      time.setTimer(this.between(100, 20_000), () => host.resume());
    }
  }

  private operate(fate: number, graphId: string, jobId: string): void {
    const { store } = this.operator;
    if (fate < 0.15) this.begin(abortJob(store, graphId, jobId));
    else if (fate < 0.25) this.begin(abortGraph(store, graphId));
    else if (fate < 0.45) this.begin(retryJob(store, graphId, jobId));
    else if (fate < 0.65) this.begin(retryGraph(store, graphId));
    else if (fate < 0.7) this.fork(graphId, jobId);
  }

  private holdBack(graphId: string): void {
    const targets: readonly PauseTarget[] = [{ graphId }, { graphId }, { type: 't' }, { type: 'u' }, 'namespace'];
    const target = targets[this.between(0, targets.length - 1)]!;
    this.begin((this.random() < 0.5 ? pause : resume)(this.operator.store, target));
  }

  /** Ends every pause, once all that was begun before has been done. */
  private async resumeAll(): Promise<void> {
    await Promise.all([...this.pending]);
    const { store } = this.operator;
    for (const { scope, type, graphId } of await pauses(store)) {
      await resume(store, scope === 'namespace' ? scope : scope === 'type' ? { type: type! } : { graphId: graphId! });
    }
  }

  private fork(graphId: string, jobId: string): void {
    const id = `fork ${this.forks++}`;
    const what = this.random() < 0.5 ? { from: [jobId] } : { failed: true };
    const forked = forkGraph(this.operator.store, graphId, { ...what, id });
    this.begin(forked.then(() => this.graphIds.push(id)));
  }

  private setClock(host: Machine): void {
    const byMs = this.between(-30, 30) * 10 * minute;
    if (this.random() < 0.3) this.logSetByMs += byMs;
    else host.clockSetByMs += byMs;
  }
}

async function allSettled(log: EventLog, graphIds: readonly string[]): Promise<boolean> {
  const graphs = fold(await rightOf(log.readAll({ limit: 1_000_000 })));
  return graphs.length === graphIds.length && graphs.every((graph) => graph.isSettled);
}

function fold(events: readonly RecordedEvent[]): readonly GraphState[] {
  const graphs = new Map<string, GraphState>();
  for (const event of events) {
    if (isOfNamespace(event)) continue;
    const graph = graphs.get(event.graphId) ?? new GraphState(event.graphId);
    graphs.set(event.graphId, graph);
    graph.apply(event);
  }
  return [...graphs.values()];
}

/** What is remembered was made before, and is given unchanged. */
function wronglyRemembered(events: readonly RecordedEvent[]): string[] {
  const finishes = new Map<string, RecordedEvent & EventOf<'JobFinished'>>();
  const problems: string[] = [];
  for (const event of events) {
    if (event.type === 'ResultMemoized' && !finishes.has(event.data.eventId)) {
      problems.push(`${event.jobId} remembers a result that is not there`);
    }
    if (event.type !== 'JobFinished') continue;
    finishes.set(event.id, event);
    const { memoized, result } = event.data;
    if (memoized === undefined) continue;
    const source = finishes.get(memoized.eventId);
    const isSame = source?.data.memoized === undefined && isDeepStrictEqual(source?.data.result, result);
    if (!isSame) problems.push(`${event.graphId}/${event.jobId} was given another result than was remembered`);
  }
  return problems;
}

function judge(events: readonly RecordedEvent[], graphs: readonly GraphState[], graphIds: readonly string[]): string[] {
  const problems: string[] = [];
  const check = new NamespaceCheck();
  const ofWork = events.filter((event) => isOfNamespace(event) && event.jobId === null);
  for (const event of ofWork) problems.push(...check.check(event).map(({ problem }) => problem));
  if (graphs.length !== graphIds.length)
    problems.push(`${graphIds.length} graphs were submitted, ${graphs.length} are there`);
  for (const graph of graphs) {
    for (const anomaly of graph.anomalies) problems.push(`anomaly at ${anomaly.position}: ${anomaly.problem}`);
    if (!graph.isSettled) problems.push(`${graph.id} has not ended: ${JSON.stringify(graph.countByStatus())}`);
  }
  problems.push(...wronglyRemembered(events));
  const attempts = new Map<string, Set<number>>();
  const ends = new Map<string, number>();
  for (const event of events) {
    const key = `${event.graphId}/${event.jobId}`;
    if (event.type === 'JobStarted') {
      const seen = attempts.get(key) ?? new Set();
      attempts.set(key, seen);
      if (seen.has(event.data.attempt)) problems.push(`${key} has attempt ${event.data.attempt} twice`);
      seen.add(event.data.attempt);
    }
    if (event.type === 'JobFinished') ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  for (const graph of graphs) {
    for (const job of graph.jobs.values()) {
      // A result is recorded once. There may be another one only if it came too late, after an abort of the graph.
      const results = ends.get(`${graph.id}/${job.id}`) ?? 0;
      if (job.carried !== null && results > 0) problems.push(`${graph.id}/${job.id} was carried over, and ran`);
      const wasAborted = events.some((event) => event.graphId === graph.id && event.type === 'GraphAborted');
      if (results > 1 && !wasAborted) problems.push(`${graph.id}/${job.id} has ${results} results`);
    }
  }
  return problems;
}
