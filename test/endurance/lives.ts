/**
 * Long lives, each in one process: many jobs, many starts and stops, many years. Each tells what the process holds, again
 * and again, whenever nothing is under way.
 */
import { join } from 'node:path';
import {
  type Environment,
  fault,
  graphs,
  type Handlers,
  install,
  jobGraph,
  start,
  type Store,
  store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { testWorld } from '../../src/testing/index.js';
import { sqliteAddress, temporaryFolder } from '../support/stores.js';
import { type Holding, holding } from './measure.js';

/** What a life has been through, in figures. */
type Told = Readonly<Record<string, number>>;

export interface Life {
  readonly samples: readonly Holding[];
  readonly told: Told;
}

export type Engine = 'memory' | 'sqlite';

/** How often a life is looked at. */
export interface Pace {
  readonly samples: number;
}

const usual: Pace = { samples: 48 };
const jobsPerGraph = 50;
const graphsAtOnce = 10;
const dayMs = 86_400_000;

/** The clock on the wall, which somebody sets by years, forwards and backwards. */
class WildClock {
  leaps = 0;
  private offMs = 0;

  readonly environment: Environment = { ...systemEnvironment, now: () => Date.now() + this.offMs };

  leap(): void {
    this.leaps += 1;
    // Forwards and backwards in turn, up to ten years.
    this.offMs = (this.leaps % 2 === 0 ? -1 : 1) * ((this.leaps * 271) % 3650) * dayMs;
  }
}

function address(engine: Engine): string {
  return engine === 'memory' ? 'memory:' : sqliteAddress(join(temporaryFolder(), 'overseer.db'));
}

/** The jobs of a graph: chains of five, so that each has inputs; one in fifty faults once. */
function chains(): Record<string, object> {
  return Object.fromEntries(
    Array.from({ length: jobsPerGraph }, (_, n) => {
      const type = n === 0 ? 'flaky' : 'step';
      return [`j${n}`, { type, after: n % 5 === 0 ? [] : [`j${n - 1}`] }];
    }),
  );
}

const handlers: Handlers = {
  step: ({ inputs }) => Object.keys(inputs).length,
  flaky: ({ attempt }) => (attempt === 1 ? fault('once', { retryAfterMs: 1 }) : 'well'),
};

/** Runs graphs, some at a time, each waited for by a subscription of its own. */
async function runGraphs(db: Store, from: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, n) => `graph-${from + n}`);
  const next = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      await transactGraph(db, jobGraph({ jobs: chains() } as never, {}, { id }));
      const { status } = await waitForGraph(db, id);
      if (status !== 'finished') throw new Error(`${id} has ended as ${status}`);
    }
  };
  await Promise.all(Array.from({ length: graphsAtOnce }, next));
}

/**
 * Jobs through a worker, while the clock on the wall leaps. On SQLite one store and one worker see them all. What is in
 * memory keeps its whole history for as long as it is open: there, a new store and a new worker follow each other.
 */
export async function manyJobs(engine: Engine, jobs: number, pace = usual): Promise<Life> {
  const clock = new WildClock();
  const open = async () => {
    const db = await store(address(engine), { environment: clock.environment });
    await install(db);
    return { db, worker: await start({ concurrency: 20 }, db, handlers) };
  };
  const graphsPerSample = Math.max(1, Math.ceil(jobs / pace.samples / jobsPerGraph));
  const samples: Holding[] = [];
  let done = 0;
  let current = await open();
  for (let n = 0; n < pace.samples; n += 1) {
    await runGraphs(current.db, n * graphsPerSample, graphsPerSample);
    done += graphsPerSample * jobsPerGraph;
    clock.leap();
    if (engine === 'memory') {
      await current.worker.stop();
      await current.db.close();
      current = await open();
    }
    samples.push(await holding(done));
  }
  const { failed, aborted, leasesLost } = current.worker.statistics;
  await current.worker.stop();
  await current.db.close();
  return {
    samples,
    told: { jobs: done, 'leaps of the clock': clock.leaps, failed, aborted, 'leases lost': leasesLost },
  };
}

/** Stores that are opened and closed, and workers that start and stop on them, with some work for each. */
export async function manyStarts(engine: Engine, starts: number, pace = usual): Promise<Life> {
  const place = address(engine);
  const perSample = Math.max(1, Math.ceil(starts / pace.samples));
  const samples: Holding[] = [];
  let done = 0;
  for (let n = 0; n < pace.samples; n += 1) {
    for (let turn = 0; turn < perSample; turn += 1) await startOnce(place, (done += 1));
    samples.push(await holding(done));
  }
  return { samples, told: { starts: done } };
}

async function startOnce(place: string, number: number): Promise<void> {
  const db = await store(place);
  await install(db);
  const worker = await start({ concurrency: 2, stopTimeout: 60_000 }, db, { step: () => 1 });
  const id = `graph-${number}`;
  await transactGraph(db, jobGraph({ jobs: { a: { type: 'step' }, b: { type: 'step', after: ['a'] } } }, {}, { id }));
  await waitForGraph(db, id);
  await graphs(db, { limit: 1 });
  await worker.stop();
  await db.close();
}

/**
 * Years of virtual time, in worlds that follow each other: in each, jobs back off for weeks and for most of a year, which is
 * more than a timer of Node can count (2^31 ms are 24.8 days), and one works for minutes under heartbeats; clocks are set by
 * up to a year meanwhile, those of machines and that of the log, and workers die and are followed by others.
 */
export async function manyYears(years: number, pace = usual): Promise<Life> {
  const samples: Holding[] = [];
  let passedMs = 0;
  let leaps = 0;
  let worlds = 0;
  while (passedMs < years * 365 * dayMs || worlds < pace.samples) {
    worlds += 1;
    const lived = await oneWorld(worlds, Date.parse('2026-01-01T00:00:00.000Z') + passedMs);
    passedMs += lived.passedMs;
    leaps += lived.leaps;
    samples.push(await holding(worlds));
  }
  return { samples, told: { years: passedMs / 365 / dayMs, 'leaps of the clock': leaps } };
}

async function oneWorld(seed: number, startMs: number): Promise<{ readonly passedMs: number; readonly leaps: number }> {
  await using world = await testWorld({ seed, startAt: new Date(startMs).toISOString() });
  const heartbeat = { sleepTime: 60_000, tolerance: 3 };
  const laterBy = (days: number, attempt: number) =>
    attempt === 1 ? fault('later', { retryAfterMs: days * dayMs }) : 'well';
  const jobs = { a: { type: 'weeks' }, b: { type: 'year', after: ['a'] }, c: { type: 'works', after: ['b'] } };
  const begin = () =>
    world.start(
      (clock) => ({
        weeks: ({ attempt }) => laterBy(40, attempt),
        year: ({ attempt }) => laterBy(300, attempt),
        works: (job) => clock.sleep('10m', job.signal).then(() => 'slept'),
      }),
      { heartbeat },
    );
  let worker = await begin();
  let leaps = 0;
  for (let turn = 0; turn < 4; turn += 1) {
    const startedAt = world.clock.now();
    const id = await world.submit({ jobs });
    await world.clock.advance('10d');
    const days = ((seed * 4 + turn) * 37) % 365;
    worker.setClock(`${turn % 2 === 0 ? '-' : ''}${days + 1}d`);
    world.setLogClock(`${turn % 2 === 0 ? '' : '-'}${days + 1}d`);
    leaps += 2;
    const dies = turn === 2;
    if (dies) {
      worker.kill();
      worker = await begin();
    }
    const { status } = await world.ended(id, { within: '800d' });
    const tookMs = world.clock.now() - startedAt;
    if (status !== 'finished') throw new Error(`${id} has ended as ${status}`);
    // A worker that begins after the clocks were set cannot know how long a job has waited before.
    if (!dies && tookMs < 340 * dayMs) throw new Error(`${id} took ${tookMs / dayMs} days, and its waits are 340 days`);
  }
  return { passedMs: world.clock.now() - startMs, leaps };
}
