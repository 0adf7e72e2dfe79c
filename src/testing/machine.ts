import type { Append, AppendResult, EventLog, LogError, Subscribe, SubscriptionMessage } from '../log/event-log.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { E, type Either } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import { Store } from '../store/store.js';
import type { LogTraffic } from './log-traffic.js';
import { idsFrom, randomFrom } from './seeded.js';
import type { Owner, VirtualTime } from './virtual-time.js';
import type { Answer, Wire } from './wire.js';

export interface MachineOptions {
  readonly name: string;
  readonly seed: number;
  readonly time: VirtualTime;
  /** The log that all machines share. */
  readonly log: EventLog;
  /** What lies between this machine and the log. */
  readonly wire: Wire;
  /** Is told what was appended. */
  readonly traffic: LogTraffic;
  /** How fast its clocks go: 1, unless given, for one that is right. */
  readonly clockRate?: number;
}

/**
 * A machine of a test's world, with a store and a clock of its own. It is in one of three modes. *running*. *suspended*:
 * its timers, its calls of the log and their answers wait until it runs again. *dead*: they wait for ever. What its
 * handlers do in this process cannot be stopped; but none of it reaches the log.
 */
export class Machine implements Owner {
  readonly name: string;
  readonly environment: Environment;
  readonly store: Store;
  /** How far its clock on the wall has been set. */
  clockSetByMs = 0;
  /** Resolves when the machine dies. */
  readonly died: Promise<void>;
  private mode: 'running' | 'suspended' | 'dead' = 'running';
  private tellDeath = () => {};
  private readonly onRunning = new Set<() => void>();
  private readonly subscriptions = new Set<() => void>();

  constructor(private readonly options: MachineOptions) {
    const { name, seed, time, log, clockRate = 1 } = options;
    const random = randomFrom(seed);
    // Only differences on such a clock mean something.
    const switchedOnMs = Math.floor(random() * 1e9);
    this.name = name;
    this.died = new Promise((resolve) => {
      this.tellDeath = resolve;
    });
    this.environment = {
      now: () => Math.floor(time.startMs + time.elapsedMs * clockRate) + this.clockSetByMs,
      monotonic: () => switchedOnMs + time.elapsedMs * clockRate,
      setTimer: (ms, callback, timer) => time.setTimer(ms / clockRate, callback, this, timer?.isRoutine),
      newId: idsFrom(randomFrom(seed + 1)),
      random,
      host: name,
      pid: 1,
    };
    this.store = new Store(this.reach(log), this.environment);
  }

  get isRunning(): boolean {
    return this.mode === 'running';
  }

  get isDead(): boolean {
    return this.mode === 'dead';
  }

  suspend(): void {
    if (this.mode !== 'running') return;
    this.mode = 'suspended';
    this.options.time.released();
  }

  resume(): void {
    if (this.mode !== 'suspended') return;
    this.mode = 'running';
    for (const callback of this.onRunning) callback();
    this.onRunning.clear();
  }

  kill(): void {
    if (this.mode === 'dead') return;
    this.mode = 'dead';
    this.options.time.released();
    for (const close of this.subscriptions) close();
    this.tellDeath();
  }

  /** Resolves while the machine runs; for a dead one, never. */
  private async running(): Promise<void> {
    while (this.mode !== 'running') await new Promise<void>((resolve) => void this.onRunning.add(resolve));
  }

  private reach(log: EventLog): EventLog {
    const { wire, time, traffic } = this.options;
    const call =
      <Args extends readonly unknown[], A>(name: string, method: (...args: Args) => () => Answer<A>) =>
      (...args: Args) =>
      () =>
        this.whileRunning(() => wire.read(this, name, () => time.call(method(...args))));
    const send = (requests: readonly Append[]) => async (): Answer<readonly AppendResult[]> => {
      const result = await time.call(log.append(requests));
      if (E.isRight(result)) traffic.appended(requests, result.right);
      return result;
    };
    return {
      ...log,
      append: (requests) => () => this.whileRunning(() => wire.append(this, requests, send(requests))),
      subscribe: (request) => this.subscription(log, request),
      install: call('install', () => log.install()),
      readStream: call('readStream', (stream, range?) => log.readStream(stream, range)),
      readGraph: call('readGraph', (graphId, upTo?) => log.readGraph(graphId, upTo)),
      readGraphs: call('readGraphs', (graphIds, upTo, accept) => log.readGraphs(graphIds, upTo, accept)),
      readAll: call('readAll', (request) => log.readAll(request)),
      readStored: call('readStored', (request) => log.readStored(request)),
      restore: call('restore', (events) => {
        traffic.restored();
        return log.restore(events);
      }),
      positionAt: call('positionAt', (moment) => log.positionAt(moment)),
      ...(log.graphsAfter !== undefined && {
        graphsAfter: call('graphsAfter', (request) => log.graphsAfter!(request)),
      }),
      ...(log.claimantsAfter !== undefined && {
        claimantsAfter: call('claimantsAfter', (position) => log.claimantsAfter!(position)),
      }),
      loadSnapshot: call('loadSnapshot', (name) => log.loadSnapshot(name)),
      saveSnapshot: call('saveSnapshot', (name, snapshot) => log.saveSnapshot(name, snapshot)),
    };
  }

  /** A suspended machine makes no call, and hears no answer. */
  private async whileRunning<A>(work: () => Answer<A>): Promise<Either<LogError, A>> {
    await this.running();
    const result = await work();
    await this.running();
    return result;
  }

  private subscription(log: EventLog, request: Subscribe = {}) {
    const { wire } = this.options;
    const inner = log.subscribe(request);
    const close = () => inner.close();
    const { subscriptions } = this;
    subscriptions.add(close);
    const messages = async function* (this: Machine): AsyncGenerator<SubscriptionMessage> {
      try {
        for await (const message of wire.messages(this, inner, request)) {
          await this.running();
          yield message;
        }
        // To a dead machine, nothing comes any more, not even the end.
        await this.running();
      } finally {
        subscriptions.delete(close);
      }
    };
    return { [Symbol.asyncIterator]: () => endingAtOnce(messages.call(this), close), close };
  }
}
