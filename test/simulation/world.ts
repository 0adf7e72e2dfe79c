import type { EventLog } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { inspect } from 'node:util';
import { OverseerError, start, type Store, type Worker } from '../../src/index.js';
import { allPartitions } from '../../src/domain/share.js';
import type { LiveFeed } from '../../src/store/live-feed.js';
import { LogTraffic } from '../../src/testing/log-traffic.js';
import { Machine } from '../../src/testing/machine.js';
import { VirtualTime } from '../../src/testing/virtual-time.js';
import { answer } from './answering.js';
import { between, Chances, chanceOf, hashed, oneOf } from './chance.js';
import { Coverage } from './coverage.js';
import { clockDriftMax, FaultyWire } from './faulty-wire.js';
import { scriptedHandlers } from './handlers.js';
import { heardLog } from './heard-log.js';
import { Judge } from './judge.js';
import { seenByOlder } from './older-release.js';
import { changeLimits, limitAtFirst, rulesFor } from './limits.js';
import { Follower, holdBack, isTransient, operate, submit } from './people.js';
import type { FaultKind } from './fault-kinds.js';
import type { Act, Plan } from './plan.js';
import { FailingDisk } from '../log/sqlite/failing-disk.js';
import { interfere, setUp } from './schedules.js';
import { faultySnapshots, type SavedSnapshots } from './snapshots.js';

const hour = 3_600_000;
/** After faults have ended, whatever was under way has come to its end by then. */
const calmAfterMs = 120_000;
const startMs = Date.parse('2026-01-01T00:00:00.000Z');

/** A machine, and what lies between it and the log. */
export interface Host {
  readonly machine: Machine;
  readonly wire: FaultyWire;
  readonly store: Store;
  readonly isOlder: boolean;
  /** The worker on it, once it has started. */
  worker: Worker | null;
  /** Whether the worker was told to stop, or has given up. */
  isLeaving: boolean;
}

/** A log, and all who use it: workers that are started again when they die, people, and whatever chance does to them. */
export class World {
  readonly time = new VirtualTime({ startMs, holdTime: false, patienceMs: 0, isIdle: () => false });
  readonly judge: Judge;
  readonly coverage = new Coverage();
  readonly chances: Chances;
  readonly log: EventLog;
  /** Graphs whose submission was acknowledged. */
  readonly expected = new Set<string>();
  readonly follower: Follower;
  /** What people are about, and workers that are being started. */
  readonly pending = new Set<Promise<void>>();
  readonly hosts = new Set<Host>();
  crashes = 0;
  /** Moments at which something happened. */
  steps = 0;
  private readonly traffic = new LogTraffic();
  private readonly saved: SavedSnapshots = new Map();
  private readonly numbers = new Map<string, number>();
  private logSetByMs = 0;
  private diskFullUntilMs = 0;
  private readonly disk: FailingDisk | null;

  constructor(
    readonly plan: Plan,
    engine: 'memory' | 'sqlite',
  ) {
    const areClocksTrue = !plan.faults.some((kind) => ofClocks.includes(kind));
    this.judge = new Judge(() => this.time.elapsedMs, areClocksTrue, plan.disturbedMs + calmAfterMs, rulesFor(plan));
    this.chances = new Chances(plan, () => this.time.elapsedMs);
    const now = () => Math.floor(this.time.now()) + this.logSetByMs;
    this.disk = engine === 'sqlite' ? new FailingDisk(now, this.chances) : null;
    const log = this.disk?.opened() ?? createMemoryLog({ now, subscriptionBatch: 1 + (plan.seed % 7) });
    this.log = heardLog(log, {
      judge: this.judge,
      mayJoin: plan.seed % 3 !== 0,
      isFull: () => this.time.elapsedMs < this.diskFullUntilMs,
      onEvent: (event) => this.coverage.note(event, this.chances.circumstances(machineOf(event.actor))),
    });
    this.follower = new Follower(this);
  }

  /** Stops every worker, and the one that follows the log. Resolves when all have stopped. */
  async end(): Promise<void> {
    this.follower.end();
    const working = this.working();
    for (const host of working) host.isLeaving = true;
    await Promise.all([...working.map(({ worker }) => worker!.stop()), ...this.pending]);
  }

  /** Sets everything going. */
  async begin(): Promise<void> {
    await this.disk?.install();
    await limitAtFirst(this);
    if (this.disk !== null) this.disk.onPowerCut = () => this.cutPower();
    for (let index = 0; index < this.plan.workers; index++) this.startWorker();
    for (const graph of this.plan.graphs) this.time.setTimer(graph.atMs, () => this.go(submit(this, graph)));
    for (const plan of this.plan.schedules) this.time.setTimer(plan.atMs, () => this.go(setUp(this, plan)));
    for (const act of this.plan.acts) this.time.setTimer(act.atMs, () => this.does(act));
    this.go(this.follower.run());
    for (let at = 20_000; at < this.plan.disturbedMs; at += 40_000)
      this.time.setTimer(at, () => this.compareProjections());
  }

  /** Faults end, and so does what they have begun. Whoever was cut off or suspended goes on. */
  calm(): void {
    this.chances.calm();
    this.diskFullUntilMs = 0;
    for (const { machine, wire } of this.hosts) {
      wire.mend();
      machine.resume();
    }
    // A rolling deployment comes to its end: there is a worker that can read everything.
    this.startWorker(false);
  }

  newHost(role: string, isOlder = false): Host {
    const number = (this.numbers.get(role) ?? 0) + 1;
    this.numbers.set(role, number);
    const name = `${role} ${number}`;
    const { time, chances, judge, traffic } = this;
    const { strikes, random } = chances.of(name, `the clock of ${name}`);
    const wire = new FaultyWire({ time, chances, judge });
    const clockRate = strikes('clock-drifting') ? 1 + (random() * 2 - 1) * clockDriftMax : 1;
    const log = faultySnapshots(isOlder ? seenByOlder(this.log) : this.log, name, chances, this.saved);
    const machine = new Machine({ name, seed: hashed(this.plan.seed, name), time, log, wire, traffic, clockRate });
    if (strikes('clock-skewed')) machine.clockSetByMs = Math.round((random() - 0.5) * (hour / 3));
    const host: Host = { machine, wire, store: machine.store, isOlder, worker: null, isLeaving: false };
    this.hosts.add(host);
    return host;
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.time.setTimer(ms, resolve));
  }

  /** Does something as a person would: again until the log can be reached, on another machine when this one has died. */
  async untilReached<A>(role: string, work: (store: Store) => Promise<A>): Promise<A> {
    for (let host = this.newHost(role); ; await this.pass(700)) {
      try {
        return await this.on(host, () => work(host.store));
      } catch (error) {
        if (error === died) host = this.newHost(role);
        else if (!isTransient(error)) throw error;
      }
    }
  }

  /** Does something on a machine. Rejects with {@link died} if it dies meanwhile. */
  async on<A>({ machine }: Host, work: () => Promise<A>): Promise<A> {
    const dies = machine.died.then(() => Promise.reject(died));
    dies.catch(() => {});
    return await Promise.race([work(), dies]);
  }

  /** Lets something go on meanwhile. That it fails is a problem of the world. */
  go(work: Promise<void>): void {
    const settled = work.catch((error: unknown) => {
      this.judge.problems.push(`something failed that must not: ${inspect(error)}`);
    });
    this.pending.add(settled);
    void settled.finally(() => this.pending.delete(settled));
  }

  /** Compares what every worker knows with what the log says. */
  compareProjections(): void {
    for (const { worker, isOlder, machine } of this.working()) {
      if (isOlder) continue;
      const { projection, partitions } = (worker as unknown as { readonly feed: LiveFeed }).feed;
      if (projection.reopened.size > 0) continue;
      const difference = this.judge.differenceOf(projection, partitions);
      if (difference !== null) this.judge.problems.push(`${machine.name}: ${difference}`);
    }
  }

  private does({ kind, seed, atMs }: Act): void {
    const random = chanceOf(seed, kind);
    const hosts = this.working();
    if (hosts.length === 0) return;
    const host = oneOf(random, hosts);
    const { machine, wire } = host;
    if (!this.chances.strike(concernAll.includes(kind) ? 'all' : machine.name, kind, `act ${kind} ${atMs}`)) return;
    const awhileMs = between(random, 100, 20_000);
    switch (kind) {
      case 'crash':
        return random() < 0.15 ? this.follower.kill() : machine.kill();
      case 'stop':
        return this.stopWorker(host);
      case 'paused':
        machine.suspend();
        return void this.time.setTimer(awhileMs, () => this.resumed(host));
      case 'partition':
        return wire.cut('all', awhileMs * 2);
      case 'half-partition':
        return wire.cut(random() < 0.5 ? 'reads' : 'writes', awhileMs * 2);
      case 'clock-jumps':
        machine.clockSetByMs += between(random, -5 * hour, 5 * hour);
        return;
      case 'log-clock-jumps':
        this.logSetByMs += between(random, -5 * hour, 5 * hour);
        return;
      case 'disk-full':
        this.diskFullUntilMs = this.time.elapsedMs + awhileMs;
        return;
      case 'locked':
        return this.disk?.lock(awhileMs / 200);
      case 'checkpoint':
        return this.disk?.checkpoint();
      case 'archive':
        return this.archive(random);
      case 'share-at-will':
        return followAtWill(host.worker!, random);
      case 'operator':
        return this.go(operate(this, seed));
      case 'answer':
        return this.go(answer(this, seed));
      case 'hold':
        return this.go(random() < 0.7 ? holdBack(this, seed) : changeLimits(this, seed));
      case 'schedule':
        return this.go(interfere(this, seed));
      default:
        throw new Error(`${kind} is not something that happens at a moment`);
    }
  }

  private archive(random: () => number): void {
    const { disk } = this;
    if (disk !== null) this.go(this.time.call(() => disk.archive(random)));
  }

  /** Everything that runs dies, and what was acknowledged must be there when the machines run again. */
  private cutPower(): void {
    for (const { machine } of this.hosts) machine.kill();
  }

  private working(): Host[] {
    return [...this.hosts].filter(
      ({ machine, worker, isLeaving }) => worker !== null && !isLeaving && machine.isRunning,
    );
  }

  private resumed({ machine, wire }: Host): void {
    wire.wasSuspended(machine.name);
    machine.resume();
  }

  private startWorker(isOlder?: boolean): void {
    const name = `worker ${(this.numbers.get('worker') ?? 0) + 1}`;
    const { strikes, random } = this.chances.of(name, `the start of ${name}`);
    const host = this.newHost('worker', isOlder ?? strikes('older-release'));
    const { machine, store } = host;
    void machine.died.then(() => {
      this.crashes += 1;
      this.replace(host);
    });
    const jobs = between(random, 1, 4);
    const ofType = random() < 0.5 ? { t: between(random, 1, 2) } : {};
    const types = Object.fromEntries(Object.entries(ofType).map(([type, concurrency]) => [type, { concurrency }]));
    const heartbeat = { sleepTime: 2000, tolerance: 3, monitorShutdown: false };
    this.judge.allowances.set(name, { jobs, ofType });
    const stopTimeout = between(random, 0, 4000);
    const handlers = scriptedHandlers({
      machine,
      time: this.time,
      chances: this.chances,
      judge: this.judge,
      canSpawn: !host.isOlder,
    });
    const begin = async () => {
      const worker = await this.started(host, () =>
        start({ concurrency: jobs, types, heartbeat, stopTimeout }, store, handlers),
      );
      if (worker === null) return;
      host.worker = worker;
      worker.stopped.catch((error: unknown) => this.gaveUp(host, error));
    };
    this.go(begin());
  }

  /** The worker, once the log could be reached; null if its machine has died before. */
  private async started(host: Host, begin: () => Promise<Worker>): Promise<Worker | null> {
    for (;;) {
      try {
        return await this.on(host, begin);
      } catch (error) {
        if (error === died) return null;
        if (!isTransient(error)) throw error;
      }
      await this.pass(1000);
    }
  }

  /** Whatever supervises workers starts another one. */
  private replace(host: Host): void {
    if (host.isLeaving) return;
    host.isLeaving = true;
    const random = chanceOf(this.plan.seed, `after ${host.machine.name}`);
    this.time.setTimer(between(random, 100, 3000), () => this.startWorker());
  }

  private gaveUp(host: Host, error: unknown): void {
    if (!isOrderly(error)) this.judge.problems.push(`${host.machine.name} failed: ${inspect(error)}`);
    this.replace(host);
  }

  private stopWorker(host: Host): void {
    this.replace(host);
    const stopped = this.on(host, () => host.worker!.stop());
    this.go(
      stopped.catch((error: unknown) =>
        error === died || isOrderly(error) ? undefined : Promise.reject(error as Error),
      ),
    );
  }
}

const died = new Error('the machine died');

/** Has a worker follow some partitions, whatever it should follow. (The graphs of a world fall into the first few.) */
function followAtWill(worker: Worker, random: () => number): void {
  const { shares } = worker as unknown as { readonly shares: { follow(wanted: ReadonlySet<number>): void } };
  const wanted = allPartitions.filter((partition) => random() < (partition < 5 ? 0.4 : 0.1));
  shares.follow(new Set(wanted));
}

/** What sets somebody's clock wrong. */
const ofClocks: readonly FaultKind[] = ['clock-skewed', 'clock-jumps', 'log-clock-jumps'];

/** What strikes no machine more than another. */
const concernAll: readonly FaultKind[] = [
  'log-clock-jumps',
  'disk-full',
  'locked',
  'checkpoint',
  'archive',
  'operator',
  'answer',
  'hold',
  'schedule',
];

/** Whether a worker stopped because of the log, or could not hand its jobs back. A defect is something else. */
function isOrderly(error: unknown): boolean {
  return error instanceof OverseerError && error.code === 'worker-failed' && !error.message.includes('defect');
}

/** The machine of an actor: a worker's id is made of its machine's name, a process id and sixteen digits. */
function machineOf(actor: string): string {
  return actor.replace(/-1-[0-9a-f]{16}$/, '');
}
