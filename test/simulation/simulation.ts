import {
  abort,
  abortGraph,
  abortJob,
  fault,
  forkGraph,
  type Handlers,
  jobGraph,
  RejectedError,
  retryGraph,
  retryJob,
  type RunningJob,
  start,
  transactGraph,
  type Worker,
} from '../../src/index.js';
import { GraphState } from '../../src/domain/graph.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { rightOf } from '../support/right.js';
import { Host, randomFrom, type Troubles, VirtualTime } from './world.js';

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
  const random = randomFrom(seed);
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const time = new VirtualTime();
  /** The log's clock is set now and then, too. */
  let logSetByMs = 0;
  const log = createMemoryLog({ now: () => Date.parse('2026-01-01T00:00:00.000Z') + time.now + logSetByMs });
  const rough = random() < 0.7;
  const troubles: Troubles = rough
    ? { lost: 0.05, answerLost: 0.05, late: 0.05, lateMsMax: 9000, readFails: 0.03 }
    : { lost: 0, answerLost: 0, late: 0, lateMsMax: 0, readFails: 0 };
  const operator = new Host(
    'operator',
    time,
    random,
    { ...troubles, lost: 0, answerLost: 0, late: 0, readFails: 0 },
    log,
  );
  const counts = { runs: 0, crashes: 0 };
  const playing = new Set<Promise<unknown>>();
  const play = (work: Promise<unknown>) => {
    const settled = work.catch((error: unknown) => {
      if (!(error instanceof RejectedError)) throw error;
    });
    playing.add(settled);
    void settled.finally(() => playing.delete(settled));
  };

  const handlersOn = (host: Host): Handlers => {
    const sleep = (ms: number) => new Promise<void>((resolve) => void host.environment.setTimer(ms, resolve));
    const t = async (job: RunningJob) => {
      counts.runs += 1;
      await sleep(between(0, 4000));
      if (random() < 0.2) await job.heartbeat({ at: job.attempt });
      const fate = random();
      if (fate < 0.08) fault('not now', { retryAfterMs: between(0, 3000) });
      if (fate < 0.12) throw new Error('boom');
      if (fate < 0.13) abort('no need');
      if (fate < 0.16) await sleep(between(5000, 20_000));
      return { by: host.name, inputs: Object.keys(job.inputs).length };
    };
    return { t, u: t };
  };

  let hosts = 0;
  const workers = new Map<Host, Worker>();
  const hire = async (isOlder = rough && random() < 0.25) => {
    const host = new Host(`host ${hosts++}`, time, random, troubles, log);
    host.isOlder = isOlder;
    const started = start({ concurrency: between(1, 4), heartbeat, stopTimeout: 1000 }, host.store, handlersOn(host));
    play(started.then((worker) => workers.set(host, worker)));
    for (let turn = 0; turn < 20; turn++) await time.step(time.now);
  };

  const graphIds: string[] = [];
  const submit = () => {
    const id = `graph ${graphIds.length}`;
    graphIds.push(id);
    const jobs = Object.fromEntries(
      Array.from({ length: between(1, 10) }, (_, index) => {
        const after = index === 0 ? [] : Array.from({ length: between(0, 2) }, () => `job ${between(0, index - 1)}`);
        const retry = random() < 0.5 ? { retry: { maximumAttempts: 3, initialIntervalMs: 500 } } : {};
        return [`job ${index}`, { type: random() < 0.5 ? 't' : 'u', after, maximumLostLeases: 50, ...retry }];
      }),
    );
    play(transactGraph(operator.store, jobGraph({ jobs }, {}, { id })));
  };

  let forks = 0;
  const fork = (graphId: string, jobId: string) => {
    const id = `fork ${forks++}`;
    const what = random() < 0.5 ? { from: [jobId] } : { failed: true };
    play(forkGraph(operator.store, graphId, { ...what, id }).then(() => graphIds.push(id)));
  };

  const setClock = (host: Host) => {
    const byMs = between(-30, 30) * 10 * minute;
    if (random() < 0.3) logSetByMs += byMs;
    else host.clockSetByMs += byMs;
  };

  const disturb = () => {
    const graphId = graphIds[between(0, graphIds.length - 1)]!;
    const jobId = `job ${between(0, 9)}`;
    const fate = random();
    if (fate < 0.15) play(abortJob(operator.store, graphId, jobId));
    else if (fate < 0.25) play(abortGraph(operator.store, graphId));
    else if (fate < 0.45) play(retryJob(operator.store, graphId, jobId));
    else if (fate < 0.65) play(retryGraph(operator.store, graphId));
    else if (fate < 0.7) fork(graphId, jobId);
    const [host] = [...workers.keys()].sort(() => random() - 0.5);
    if (host === undefined || !rough) return;
    if (random() < 0.2) setClock(host);
    if (fate > 0.9 && workers.size > 1) {
      host.isCrashed = true;
      counts.crashes += 1;
      workers.delete(host);
      play(hire());
    } else if (fate > 0.7) {
      host.pausedUntil = time.now + between(100, 20_000);
    }
  };

  for (let index = between(1, 4); index > 0; index--) await hire();
  for (let index = between(1, 4); index > 0; index--) submit();
  const disturbedUntil = between(1, 4) * minute;
  let nextDisturbance = 1000;
  const end = 60 * minute;
  let isReplaced = false;
  while (time.now < end) {
    // A rolling deployment comes to its end: there is a worker that can read everything.
    if (time.now >= disturbedUntil && !isReplaced) {
      isReplaced = true;
      await hire(false);
    }
    if (time.now >= nextDisturbance && time.now < disturbedUntil) {
      disturb();
      nextDisturbance = time.now + between(500, 10_000);
      if (random() < 0.1) submit();
    }
    if (!(await time.step(end))) break;
    if (time.now > disturbedUntil && playing.size === 0 && (await allSettled(log, graphIds))) break;
  }
  const stopping = Promise.all([...workers.values()].map((worker) => worker.stop()));
  let isStopped = false;
  void stopping.then(() => (isStopped = true));
  const patience = time.now + 30 * minute;
  while (!isStopped && (await time.step(patience)));
  const events = await rightOf(log.readAll({ limit: 1_000_000 }));
  const graphs = fold(events);
  const problems = judge(events, graphs, graphIds);
  if (!isStopped) problems.push('a worker did not stop');
  await log.close();
  return { events, graphs, ...counts, problems };
}

async function allSettled(log: ReturnType<typeof createMemoryLog>, graphIds: readonly string[]): Promise<boolean> {
  const graphs = fold(await rightOf(log.readAll({ limit: 1_000_000 })));
  return graphs.length === graphIds.length && graphs.every((graph) => graph.isSettled);
}

function fold(events: readonly RecordedEvent[]): readonly GraphState[] {
  const graphs = new Map<string, GraphState>();
  for (const event of events) {
    const graph = graphs.get(event.graphId) ?? new GraphState(event.graphId);
    graphs.set(event.graphId, graph);
    graph.apply(event);
  }
  return [...graphs.values()];
}

function judge(events: readonly RecordedEvent[], graphs: readonly GraphState[], graphIds: readonly string[]): string[] {
  const problems: string[] = [];
  if (graphs.length !== graphIds.length)
    problems.push(`${graphIds.length} graphs were submitted, ${graphs.length} are there`);
  for (const graph of graphs) {
    for (const anomaly of graph.anomalies) problems.push(`anomaly at ${anomaly.position}: ${anomaly.problem}`);
    if (!graph.isSettled) problems.push(`${graph.id} has not ended: ${JSON.stringify(graph.countByStatus())}`);
  }
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
      // A result is recorded once; another one may stand in the history only if it came too late, behind an abort.
      const results = ends.get(`${graph.id}/${job.id}`) ?? 0;
      if (job.carried !== null && results > 0) problems.push(`${graph.id}/${job.id} was carried over, and ran`);
      const wasAborted = events.some((event) => event.graphId === graph.id && event.type === 'GraphAborted');
      if (results > 1 && !wasAborted) problems.push(`${graph.id}/${job.id} has ${results} results`);
    }
  }
  return problems;
}
