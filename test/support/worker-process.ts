import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { WorkerOptions } from '../../src/index.js';
import { eventually } from './eventually.js';
import type { Place } from './stores.js';

export interface Said {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** A worker in a process of its own, and what it has said so far. */
export class WorkerProcess {
  readonly said: Said[] = [];
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor({ address, namespace }: Place, options: WorkerOptions) {
    const script = join(import.meta.dirname, '../worker/worker-process.ts');
    this.child = spawn(process.execPath, ['--import', 'tsx', script, address, namespace, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    this.child.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      this.said.push(...lines.map((line) => JSON.parse(line) as Said));
    });
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async says(event: string, mostMs = 20_000): Promise<Said> {
    await eventually(`process ${this.pid} says ${event}`, () => this.said.some((line) => line.event === event), mostMs);
    return this.said.find((line) => line.event === event)!;
  }

  /** Stops it as a user would, and waits until it is gone. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exited;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
