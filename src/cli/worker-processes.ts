import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Worker processes beside this one. Each leads a process group of its own, so that a Ctrl-C in the terminal reaches
 * this process alone, which then tells them; and each stops by itself should this process die without telling.
 */
export class WorkerProcesses {
  private readonly running = new Set<ChildProcess>();
  private readonly ended: Promise<void>[] = [];
  private isStopping = false;
  private readonly killAll = () => {
    for (const child of this.running) child.kill('SIGKILL');
  };

  /**
   * @param words what follows `overseer` on each one's command line
   * @param onLoss called when one ends that nobody told to
   */
  constructor(
    count: number,
    words: readonly string[],
    private readonly onLoss: (sentence: string) => void,
  ) {
    for (let number = 1; number <= count; number++) this.ended.push(this.spawn(words));
    process.on('exit', this.killAll);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    for (const child of this.running) child.kill('SIGTERM');
    await Promise.all(this.ended);
    process.off('exit', this.killAll);
  }

  private spawn(words: readonly string[]): Promise<void> {
    const main = fileURLToPath(new URL('./main.js', import.meta.url));
    const child = fork(main, words, { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.running.add(child);
    // What they say passes through here, since something may be drawn on the terminal.
    child.stdout?.on('data', (chunk: Buffer) => process.stdout.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    return new Promise((resolve) => {
      child.on('error', (error) => this.onLoss(`a worker process could not be started: ${error.message}`));
      child.on('close', (code, signal) => {
        this.running.delete(child);
        if (!this.isStopping) this.onLoss(`worker process ${child.pid} ended, by ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
  }
}

/** In a worker process that another process started: calls back when that one is gone. */
export function onParentGone(stop: () => void): void {
  if (process.channel === undefined) return;
  process.once('disconnect', stop);
  // Listening must not keep the process alive.
  process.channel?.unref();
}
