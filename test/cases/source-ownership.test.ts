/** The cases of Overseer (cases.md), from its source: who may speak for a job, and when its lease is over. */
import type { DomainEvent } from '../../src/domain/events.js';
import { decideJob, type JobCommand } from '../../src/domain/job-decisions.js';
import { LeaseLostError } from '../../src/index.js';
import { left } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { boom } from './graph-history.js';
import { appendsA, logWithAppends } from './logs.js';
import { onEveryStore, type World } from './world.js';
import { carryOut, hold, ManualClock, watchFor, watchOver } from './manual-worker.js';
import { loadGraph } from '../../src/store/load-graph.js';

const spec = describe('Part 2: ownership', { timeoutMs: 20_000 });

const leaseMs = 3000;
const over = { kind: 'fault', attempt: 1, failure: boom, errorNames: ['Error'], now: 0, random: 0 } as const;
const leaseExpired: JobCommand = { ...over, cause: 'lease-expired' };
const isLeaseLost = (error: unknown) => error instanceof LeaseLostError;

/** A job whose first owner was taken for dead, and which another worker has claimed since. */
async function withZombie(world: World) {
  const graphId = await world.submit({ job: [] });
  const zombie = await hold(world.store, graphId, 'job', 'zombie');
  await carryOut(world.store, graphId, 'job', leaseExpired);
  const owner = await hold(world.store, graphId, 'job', 'owner');
  return { graphId, zombie, owner };
}

/**
 * What a zombie writes is refused by the log at the zombie's revision, and by the rules when they are asked with the
 * current state. Nothing is written.
 */
async function assertUnheard(world: World, graphId: string, command: JobCommand, event: DomainEvent): Promise<string> {
  const before = (await world.events(graphId)).length;
  const result = await world.append(graphId, 'job', 0, event);
  assert.is(result.appended, false);
  const subject = (await loadGraph(world.store, graphId)).jobs.get('job')!.subject();
  const rejection = left(decideJob(subject, command));
  assert.is((await world.events(graphId)).length, before);
  return rejection.code;
}

onEveryStore(
  spec,
  'case 186: given a job taken back and run by another, when its first owner finishes it, then refused, and the new run goes on',
  async (world) => {
    const { graphId, zombie, owner } = await withZombie(world);
    const finish = { kind: 'finish', attempt: 1, result: 'from the grave' } as const;
    await assert.rejects(zombie.write(finish), isLeaseLost);
    const event = { type: 'JobFinished', data: { attempt: 1, result: 'from the grave' } } as const;
    assert.is(await assertUnheard(world, graphId, finish, event), 'attempt-superseded');
    const { status, attempt, worker } = await world.job(graphId, 'job');
    assert.equal([status, attempt, worker!.id], ['started', 2, 'owner']);
    await owner.write({ kind: 'finish', attempt: 2, result: 'good' });
    assert.is((await world.job(graphId, 'job')).result, 'good');
  },
);

onEveryStore(
  spec,
  'case 187: given the same, when its first owner faults, then refused, and the new run goes on',
  async (world) => {
    const { graphId, zombie, owner } = await withZombie(world);
    const fault: JobCommand = { ...over, cause: 'fault' };
    await assert.rejects(zombie.write(fault), isLeaseLost);
    const next = { kind: 'retry', notBefore: new Date(0).toISOString() } as const;
    const event = { type: 'JobFaulted', data: { attempt: 1, cause: 'fault', failure: boom, next } } as const;
    assert.is(await assertUnheard(world, graphId, fault, event), 'attempt-superseded');
    await owner.write({ kind: 'finish', attempt: 2, result: 'good' });
    assert.is((await world.job(graphId, 'job')).result, 'good');
  },
);

onEveryStore(
  spec,
  'case 188: given the same and the new run finished, when its first owner aborts, then refused, and it stays finished',
  async (world) => {
    const { graphId, zombie, owner } = await withZombie(world);
    await owner.write({ kind: 'finish', attempt: 2, result: 'good' });
    const abort = { kind: 'abort', attempt: 1, by: 'zombie', message: 'no', silent: false } as const;
    await assert.rejects(zombie.write(abort), isLeaseLost);
    const event = { type: 'JobAborted', data: { attempt: 1, by: 'zombie', message: 'no', silent: false } } as const;
    assert.is(await assertUnheard(world, graphId, abort, event), 'job-not-started');
    assert.is((await world.job(graphId, 'job')).status, 'finished');
  },
);

onEveryStore(
  spec,
  'case 189: given the same, when its first owner heartbeats, then refused, and the new run’s lease is not renewed',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    const zombie = await hold(world.store, graphId, 'job', 'zombie', leaseMs);
    await carryOut(world.store, graphId, 'job', leaseExpired);
    await hold(world.store, graphId, 'job', 'owner', leaseMs);
    const watch = watchOver(world.store);
    await watch.catchUp();
    await watch.look();
    await watchFor(watch, clock, leaseMs, 1000);
    const { heartbeatAt } = await world.job(graphId, 'job');
    await assert.rejects(zombie.write({ kind: 'heartbeat', attempt: 1 }), isLeaseLost);
    const event = { type: 'Heartbeat', data: { attempt: 1 } } as const;
    assert.is(await assertUnheard(world, graphId, { kind: 'heartbeat', attempt: 1 }, event), 'attempt-superseded');
    assert.is((await world.job(graphId, 'job')).heartbeatAt, heartbeatAt);
    await watchFor(watch, clock, 1, 1);
    const job = await world.job(graphId, 'job');
    assert.equal([job.status, job.lostLeases], ['unstarted', 2]);
  },
  () => new ManualClock(),
);

onEveryStore(
  spec,
  'case 190: given a job judged dead, when its owner heartbeats before it is reset, then the reset fails',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    const owner = await hold(world.store, graphId, 'job', 'owner', leaseMs);
    let isAlive = true;
    let resets = 0;
    const inBetween = logWithAppends(world.store.log, async (requests) => {
      if (!appendsA('JobFaulted', requests)) return null;
      resets += 1;
      if (isAlive) await owner.write({ kind: 'heartbeat', attempt: 1 });
      return null;
    });
    const watch = watchOver(world.store, inBetween);
    await watchFor(watch, clock, leaseMs + 2000, 1000);
    assert.is(resets, 1);
    assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted', 'Heartbeat']);
    assert.is((await world.job(graphId, 'job')).status, 'started');

    isAlive = false;
    await watchFor(watch, clock, leaseMs + 2000, 1000);
    assert.is((await world.job(graphId, 'job')).status, 'unstarted');
  },
  () => new ManualClock(),
);

onEveryStore(
  spec,
  'case 191: given a job reset by one monitor and reserved again, when another resets it by an old list, then nothing happens',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    await hold(world.store, graphId, 'job', 'one', leaseMs);
    const first = watchOver(world.store);
    const second = watchOver(await world.another());
    await Promise.all([first.catchUp(), second.catchUp()]);
    for (let passed = 0; passed <= leaseMs; passed += 1000) {
      await Promise.all([first.look(), second.look()]);
      await clock.advance(1000);
    }
    await first.look();
    assert.is((await world.job(graphId, 'job')).status, 'unstarted');
    await hold(world.store, graphId, 'job', 'two', leaseMs);
    await second.look();
    assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted', 'JobFaulted', 'JobStarted']);
    const job = await world.job(graphId, 'job');
    assert.equal([job.status, job.attempt, job.worker!.id], ['started', 2, 'two']);
  },
  () => new ManualClock(),
);

onEveryStore(
  spec,
  'case 192: given a job silent for exactly its lease, then it is not dead, and a second later it is',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    await hold(world.store, graphId, 'job', 'one', leaseMs);
    const watch = watchOver(world.store);
    await watch.catchUp();
    await watch.look();
    await watchFor(watch, clock, leaseMs, 1000);
    assert.is((await world.job(graphId, 'job')).status, 'started');
    await watchFor(watch, clock, 1000, 1000);
    assert.is((await world.job(graphId, 'job')).status, 'unstarted');
  },
  () => new ManualClock(),
);

onEveryStore(
  spec,
  'case 193: given a started job that never sends a heartbeat, then its start counts as one, and it is dead after its lease',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    await hold(world.store, graphId, 'job', 'one', leaseMs);
    const { startedAt, heartbeatAt } = await world.job(graphId, 'job');
    assert.is(heartbeatAt, startedAt);
    assert.type(heartbeatAt, 'string');
    await watchFor(watchOver(world.store), clock, leaseMs + 2000, 1000);
    assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted', 'JobFaulted']);
    assert.is((await world.job(graphId, 'job')).status, 'unstarted');
  },
  () => new ManualClock(),
);

const rounds = 1000;

function manyJobs() {
  return { jobs: Object.fromEntries(Array.from({ length: rounds }, (_, n) => [`job ${n}`, { type: 'job' }])) };
}

/** How many jobs of the graph have exactly these events, in this order. */
async function jobsWith(world: World, graphId: string, ...types: readonly string[]): Promise<number> {
  const ofJob = new Map<string, string[]>();
  for (const event of await world.events(graphId)) {
    if (event.jobId !== null) ofJob.set(event.jobId, [...(ofJob.get(event.jobId) ?? []), event.type]);
  }
  return [...ofJob.values()].filter((each) => each.join() === types.join()).length;
}

onEveryStore(
  spec,
  'case 194: given 1000 jobs, when each sends a heartbeat and finishes at the same moment, then neither is ever lost',
  async (world) => {
    const graphId = await world.submit(manyJobs());
    let beats = 0;
    const handler = (job: { heartbeat(details: number): Promise<void> }) => {
      void job.heartbeat(7).then(() => (beats += 1));
      return 'done';
    };
    const worker = await world.work({ job: handler }, { concurrency: 50 });
    const info = await world.ended(graphId);
    await worker.stop();
    assert.equal([info.status, info.counts.finished, beats], ['finished', rounds, rounds]);
    assert.is(await jobsWith(world, graphId, 'JobStarted', 'Heartbeat', 'JobFinished'), rounds);
    assert.is(worker.statistics.leasesLost, 0);
  },
);

onEveryStore(
  spec,
  'case 194: given 1000 held jobs, when the timer’s heartbeat and the handler’s end meet, then neither is ever lost',
  async (world) => {
    const round = async () => {
      const graphId = await world.submit({ job: [] });
      const held = await hold(world.store, graphId, 'job', 'one');
      const beat = held.write({ kind: 'heartbeat', attempt: 1 });
      const finish = held.write({ kind: 'finish', attempt: 1, result: null });
      const written = await Promise.allSettled([beat, finish]);
      const types = await world.eventTypes(graphId, 'job');
      return (
        written.every(({ status }) => status === 'fulfilled') && types.join() === 'JobStarted,Heartbeat,JobFinished'
      );
    };
    const kept = await Promise.all(Array.from({ length: rounds }, round));
    assert.is(kept.filter((isKept) => isKept).length, rounds);
  },
);

spec.run();
