import type { Worker, WorkerStatistics } from '../worker/worker.js';
import { type Duration, msOf, signedMsOf } from '../prelude/duration.js';
import { invalid } from './known.js';
import type { Machine } from './machine.js';
import type { VirtualTime } from './virtual-time.js';

/** A worker of a test's world, on a machine of its own. */
export class TestWorker implements Worker {
  private hasStopped = false;

  /** @internal */
  constructor(
    private readonly worker: Worker,
    private readonly machine: Machine,
    private readonly time: VirtualTime,
    /** The types of jobs it has handlers for. */
    readonly types: readonly string[],
  ) {
    const noteStop = () => void (this.hasStopped = true);
    worker.stopped.then(noteStop, noteStop);
  }

  /** The name of its machine: `worker-1`. */
  get name(): string {
    return this.machine.name;
  }

  /** What the events that it writes have as their actor. */
  get id(): string {
    return this.worker.id;
  }

  get statistics(): Readonly<WorkerStatistics> {
    return this.worker.statistics;
  }

  get stopped(): Promise<void> {
    return this.worker.stopped;
  }

  /** Whether it has neither stopped nor died. A suspended worker may come back. */
  get isWorking(): boolean {
    return !this.hasStopped && !this.machine.isDead;
  }

  /**
   * It dies, without a word to anybody. What it ran is lost, and is taken over by others when the lease is over. Its
   * handlers go on in this process, since nothing can stop a function; but what they do no longer reaches the log.
   */
  kill(): void {
    this.machine.kill();
  }

  /** Its process is suspended: it does nothing until {@link resume}, or for this long. Others take over what it holds. */
  suspend(duration?: Duration): void {
    this.machine.suspend();
    if (duration === undefined) return;
    this.time.setTimer(msOf(duration, 'the length of the suspension'), () => this.resume());
  }

  /** A suspended worker goes on where it was. What has been taken from it meanwhile, it cannot write about any more. */
  resume(): void {
    this.machine.resume();
  }

  /** Sets its machine's clock on the wall by this much: `'2h'`, or `'-3h'`. */
  setClock(by: Duration): void {
    this.machine.clockSetByMs += signedMsOf(by, 'the time to set the clock by');
  }

  /**
   * Stops it as `Worker.stop` does. Lets as much time pass as that takes.
   *
   * @throws OverseerError `testing-invalid` for a suspended worker, which hears of nothing
   */
  async stop(): Promise<void> {
    if (!this.machine.isRunning && !this.machine.isDead)
      invalid(`${this.name} is suspended; resume it before it can stop`);
    const stopping = this.worker.stop();
    stopping.catch(() => {});
    const isDone = () => this.hasStopped || this.machine.isDead;
    await this.time.pass(isDone, Infinity);
    if (this.hasStopped) await stopping;
  }

  /** @internal Stops it as far as that is possible, and then for certain. */
  async end(): Promise<void> {
    if (this.machine.isRunning) await this.stop().catch(() => {});
    this.machine.kill();
  }
}
