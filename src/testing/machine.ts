import { type Append, type AppendResult, type EventLog, LogError, type SubscriptionMessage } from '../log/event-log.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { E, type Either } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import { Store } from '../store/store.js';
import type { Network } from './log-faults.js';
import type { LogTraffic } from './log-traffic.js';
import { idsFrom, randomFrom } from './seeded.js';
import type { Owner, VirtualTime } from './virtual-time.js';

export interface MachineOptions {
  readonly name: string;
  readonly seed: number;
  readonly time: VirtualTime;
  /** The log that all machines share. */
  readonly log: EventLog;
  /** What goes wrong between this machine and the log; null for one that nothing happens to. */
  readonly network: Network | null;
  /** Is told what was appended. */
  readonly traffic: LogTraffic;
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
  private mode: 'running' | 'suspended' | 'dead' = 'running';
  private readonly onRunning = new Set<() => void>();
  private readonly subscriptions = new Set<() => void>();

  constructor(private readonly options: MachineOptions) {
    const { name, seed, time, log } = options;
    const random = randomFrom(seed);
    // Only differences on such a clock mean something.
    const switchedOnMs = Math.floor(random() * 1e9);
    this.name = name;
    this.environment = {
      now: () => time.now() + this.clockSetByMs,
      monotonic: () => switchedOnMs + time.elapsedMs,
      setTimer: (ms, callback, timer) => time.setTimer(ms, callback, this, timer?.isRoutine),
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
    this.mode = 'dead';
    this.options.time.released();
    for (const close of this.subscriptions) close();
  }

  /** Resolves while the machine runs; for a dead one, never. */
  private async running(): Promise<void> {
    while (this.mode !== 'running') await new Promise<void>((resolve) => void this.onRunning.add(resolve));
  }

  private reach(log: EventLog): EventLog {
    const call =
      <Args extends readonly unknown[], A>(method: (...args: Args) => () => Promise<Either<LogError, A>>) =>
      (...args: Args) =>
      () =>
        this.read(method(...args));
    return {
      ...log,
      append: (requests) => () => this.append(log, requests),
      subscribe: (request) => this.subscription(log, request),
      install: call(() => log.install()),
      readStream: call((stream, range?) => log.readStream(stream, range)),
      readGraph: call((graphId, upTo?) => log.readGraph(graphId, upTo)),
      readGraphs: call((graphIds, upTo, accept) => log.readGraphs(graphIds, upTo, accept)),
      readAll: call((request) => log.readAll(request)),
      readStored: call((request) => log.readStored(request)),
      restore: call((events) => {
        this.options.traffic.restored();
        return log.restore(events);
      }),
      positionAt: call((moment) => log.positionAt(moment)),
      loadSnapshot: call((name) => log.loadSnapshot(name)),
      saveSnapshot: call((name, snapshot) => log.saveSnapshot(name, snapshot)),
    };
  }

  private async read<A>(work: () => Promise<Either<LogError, A>>): Promise<Either<LogError, A>> {
    await this.running();
    if (this.isCutOff) return E.left(this.unreachable(false));
    const result = await this.options.time.call(work);
    await this.running();
    return result;
  }

  private async append(log: EventLog, requests: readonly Append[]): Promise<Either<LogError, readonly AppendResult[]>> {
    const { time, network } = this.options;
    await this.running();
    if (this.isCutOff) return E.left(this.unreachable(true));
    const fate = network?.fateOf(this, requests) ?? { kind: 'arrives' };
    if (fate.kind === 'lost') return E.left(this.unreachable(true));
    // Once it is on its way, it arrives, whatever becomes of its machine.
    if (fate.kind === 'held') await fate.until;
    const result = await time.call(log.append(requests));
    if (E.isRight(result)) this.options.traffic.appended(requests, result.right);
    if (fate.kind === 'held') fate.onArrival?.();
    await this.running();
    return fate.kind === 'answer-lost' ? E.left(this.unreachable(true)) : result;
  }

  private subscription(log: EventLog, request: Parameters<EventLog['subscribe']>[0]) {
    const { network } = this.options;
    const inner = log.subscribe(request);
    const close = () => inner.close();
    const { subscriptions } = this;
    subscriptions.add(close);
    const messages = async function* (this: Machine): AsyncGenerator<SubscriptionMessage> {
      try {
        for await (const message of inner) {
          await this.running();
          if (this.isCutOff) {
            yield { kind: 'interrupted', error: this.unreachable(false) };
            await network!.up(this);
            await this.running();
          }
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

  private get isCutOff(): boolean {
    return this.options.network?.isDown(this) ?? false;
  }

  private unreachable(outcomeUnknown: boolean): LogError {
    return new LogError(
      'store-unavailable',
      `the log cannot be reached from ${this.name}: a fault that belongs to the test`,
      { isTransient: true, outcomeUnknown },
    );
  }
}
