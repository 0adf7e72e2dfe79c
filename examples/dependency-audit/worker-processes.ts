import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The worker processes of an audit, as the submitting process sees them. It needs them only to run; none is special. */
export class WorkerProcesses {
  private readonly processes: readonly ChildProcess[];
  private isStopping = false;

  /** @param onDeath called when one ends that was not told to; `left` says how many others there are */
  constructor(address: string, howMany: number, onDeath: (pid: number, how: string, left: number) => void) {
    this.processes = Array.from({ length: howMany }, () => startWorker(address));
    for (const child of this.processes) {
      child.once('exit', (code, signal) => {
        if (this.isStopping) return;
        onDeath(child.pid ?? 0, signal ?? `exit code ${code}`, this.alive.length);
      });
    }
  }

  get pids(): readonly (number | undefined)[] {
    return this.processes.map(({ pid }) => pid);
  }

  /** Tells all that are alive to stop, and waits for them: they end the jobs they hold, and let go of the store. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const ends = this.alive.map(async (child) => {
      const end = once(child, 'exit');
      child.kill('SIGTERM');
      await end;
    });
    await Promise.all(ends);
  }

  private get alive(): readonly ChildProcess[] {
    return this.processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  }
}

function startWorker(address: string): ChildProcess {
  const file = join(import.meta.dirname, `worker${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`);
  // With the options this process was started with, so that TypeScript is read there as it is here.
  return spawn(process.execPath, [...process.execArgv, file], {
    env: { ...process.env, OVERSEER_STORE: address },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
