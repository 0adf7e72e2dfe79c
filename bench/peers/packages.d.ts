/**
 * What is used of the peers' packages, so that the sources here can be checked where those are not installed. These come
 * before the packages' own descriptions.
 */
declare module 'bullmq' {
  interface Connection {
    readonly host: string;
    readonly port: number;
    readonly maxRetriesPerRequest: null;
  }
  interface Flow {
    readonly name: string;
    readonly queueName: string;
    readonly data: object;
    readonly children?: readonly Flow[];
  }
  export class Queue {
    constructor(name: string, options: { connection: Connection });
    addBulk(jobs: readonly { name: string; data: object }[]): Promise<unknown>;
    obliterate(options: { force: boolean }): Promise<void>;
    waitUntilReady(): Promise<unknown>;
    close(): Promise<void>;
  }
  export class FlowProducer {
    constructor(options: { connection: Connection });
    addBulk(flows: readonly Flow[]): Promise<unknown>;
    close(): Promise<void>;
  }
  export class Worker {
    constructor(
      name: string,
      process: () => Promise<unknown>,
      options: { connection: Connection; concurrency: number },
    );
    on(event: 'completed', listener: () => void): this;
    on(event: 'error' | 'failed', listener: (error: unknown) => void): this;
    close(): Promise<void>;
  }
}

declare module 'pg' {
  interface Client {
    on(event: 'error', listener: (error: Error) => void): this;
  }
  export class Pool {
    constructor(options: { connectionString: string; max?: number });
    query(text: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'connect', listener: (client: Client) => void): this;
    end(): Promise<void>;
  }
  const pg: { Pool: typeof Pool };
  export default pg;
}

declare module 'graphile-worker' {
  import type { Pool } from 'pg';
  export class Logger {
    constructor(factory: () => () => void);
  }
  interface WorkerUtils {
    migrate(): Promise<void>;
    addJobs(jobs: readonly { identifier: string; payload: object }[]): Promise<unknown>;
    release(): Promise<void>;
  }
  export function makeWorkerUtils(options: { pgPool: Pool; logger: Logger }): Promise<WorkerUtils>;
  interface Settings {
    readonly concurrentJobs: number;
    readonly localQueue?: { readonly size: number };
    readonly completeJobBatchDelay?: number;
    readonly failJobBatchDelay?: number;
  }
  export function run(options: {
    pgPool: Pool;
    logger: Logger;
    noHandleSignals: boolean;
    taskList: Record<string, () => unknown>;
    preset: { worker: Settings };
  }): Promise<{ stop(): Promise<void> }>;
}

declare module 'pg-boss' {
  interface FlowJob {
    readonly ref: string;
    readonly name: string;
    readonly dependsOn?: readonly string[];
  }
  export class PgBoss {
    constructor(options: { connectionString: string; supervise: boolean; schedule: boolean; max: number });
    on(event: 'error', listener: (error: unknown) => void): this;
    start(): Promise<unknown>;
    stop(options: { graceful: boolean }): Promise<void>;
    createQueue(name: string): Promise<void>;
    insert(name: string, jobs: readonly object[]): Promise<unknown>;
    flow(jobs: readonly FlowJob[]): Promise<unknown>;
    fetch(name: string, options: { batchSize: number }): Promise<readonly { readonly id: string }[]>;
    complete(name: string, ids: readonly string[]): Promise<unknown>;
    resolveFlow(): Promise<void>;
  }
}
