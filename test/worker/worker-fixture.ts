/** The set-up of the tests of workers: a fresh store for each test, and workers that are stopped after it. */
import {
  type Handlers,
  history,
  jobGraph,
  type RecordedEvent,
  start,
  type Store,
  transactGraph,
  type Worker,
  type WorkerOptions,
} from '../../src/index.js';
import type { describe } from '../support/spec.js';
import { type Engine, freshStore } from '../support/stores.js';

export class WorkerFixture {
  db!: Store;
  private readonly workers: Worker[] = [];

  constructor(spec: ReturnType<typeof describe>, engine: Engine) {
    spec.beforeEach(async () => {
      this.db = await freshStore(engine);
    });
    spec.afterEach(async () => {
      await this.stopAll();
      await this.db.close();
    });
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.stop()));
  }

  async begin(handlers: Handlers, options: WorkerOptions = {}, on = this.db): Promise<Worker> {
    const worker = await start({ stopTimeout: 200, ...options }, on, handlers);
    this.workers.push(worker);
    return worker;
  }

  async submit(jobs: object, id = 'g', options: object = {}): Promise<void> {
    await transactGraph(this.db, jobGraph({ jobs } as never, {}, { id, ...options }));
  }

  async events(graphId = 'g'): Promise<readonly RecordedEvent[]> {
    const all: RecordedEvent[] = [];
    for await (const event of history(this.db, graphId)) all.push(event);
    return all;
  }

  /** The types of a graph's events, or of one job's, in log order. */
  async types(graphId = 'g', jobId?: string): Promise<string[]> {
    const all = await this.events(graphId);
    return all.filter((event) => jobId === undefined || event.jobId === jobId).map((event) => event.type);
  }
}

/** This many equal jobs: `j0`, `j1` and so on. */
export function many(count: number, job: object): Record<string, object> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`j${n}`, job]));
}

/** A promise and how to resolve it, for handlers that wait for their test. */
export function gate<A = void>() {
  let open!: (value: A) => void;
  const promise = new Promise<A>((resolve) => (open = resolve));
  return { promise, open };
}

export const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

export const nap = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
