/**
 * Ends the process if one input takes for ever: a loop without an end lets nothing else of its thread run. So the watchdog
 * is a thread of its own, which reads in shared memory what the process is doing.
 */
import { Worker } from 'node:worker_threads';

const nameBytes = 1000;

const watching = `
  const { workerData: { shared, patienceMs } } = require('node:worker_threads');
  const count = new Int32Array(shared, 0, 2);
  const name = Buffer.from(shared, 8);
  let seen = -1;
  let since = Date.now();
  setInterval(() => {
    const now = Atomics.load(count, 0);
    if (now !== seen || now % 2 === 0) [seen, since] = [now, Date.now()];
    if (Date.now() - since < patienceMs) return;
    const text = name.subarray(0, Atomics.load(count, 1)).toString();
    require('node:fs').writeSync(2, 'no end after ' + patienceMs / 1000 + ' s: ' + text + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 1000);
`;

export class Watchdog {
  private readonly shared = new SharedArrayBuffer(8 + nameBytes);
  /** How often an input began or ended (odd: one is under way), and the length of its name. */
  private readonly count = new Int32Array(this.shared, 0, 2);
  private readonly name = Buffer.from(this.shared, 8);
  private readonly thread: Worker;

  constructor(patienceMs: number) {
    this.thread = new Worker(watching, { eval: true, workerData: { shared: this.shared, patienceMs } });
    this.thread.unref();
  }

  begins(name: string): void {
    Atomics.store(this.count, 1, this.name.write(name));
    Atomics.add(this.count, 0, 1);
  }

  ends(): void {
    Atomics.add(this.count, 0, 1);
  }

  async stop(): Promise<void> {
    await this.thread.terminate();
  }
}
