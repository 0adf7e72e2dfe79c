import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { mainFile } from '../../places.js';

export interface WorkerProcessListener {
  /** One ended without being told to stop. Its jobs will run again. */
  note(sentence: string): void;
  /** One could not be started, or its exit code says that something went wrong. */
  trouble(sentence: string): void;
}

/**
 * Worker processes beside this one. Each leads a process group of its own, so that Ctrl+C in the terminal reaches this
 * process alone. They stop when their connection to this process ends, which it also does if this process dies. No signal
 * stops them from here: if a supervisor signals them as well, that must be their first signal, not their second.
 */
export class WorkerProcesses {
  private readonly running = new Set<ChildProcess>();
  private readonly ended: Promise<void>[] = [];
  private isStopping = false;
  /** An end by a signal is an end at once. */
  private readonly killAll = (code: number) => {
    if (code > 128) for (const child of this.running) child.kill('SIGKILL');
  };

  /** @param words what follows `overseer` on each one's command line */
  constructor(
    count: number,
    words: readonly string[],
    private readonly listener: WorkerProcessListener,
  ) {
    for (let number = 1; number <= count; number++) this.ended.push(this.spawn(words));
    process.on('exit', this.killAll);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    for (const child of this.running) if (child.connected) child.disconnect();
    await Promise.all(this.ended);
    process.off('exit', this.killAll);
  }

  private spawn(words: readonly string[]): Promise<void> {
    const child = fork(mainFile, [...words, '--of-run'], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.running.add(child);
    // Their output passes through here, since something may be drawn on the terminal.
    const outlets = [passedOn(child.stdout!, process.stdout), passedOn(child.stderr!, process.stderr)];
    // Not `close`: there is none after the connection was ended from here.
    const exited = new Promise<void>((resolve) => {
      child.on('error', ({ message }) => {
        this.listener.trouble(`a worker process could not be started: ${message}`);
        resolve();
      });
      child.on('exit', (code, signal) => {
        this.running.delete(child);
        const sentence = `worker process ${child.pid} ended, by ${signal ?? `exit code ${code}`}`;
        if (code !== null && code !== 0) this.listener.trouble(sentence);
        else if (!this.isStopping) this.listener.note(sentence);
        resolve();
      });
    });
    return Promise.all([exited, ...outlets]).then(() => {});
  }
}

/** Resolves when there is nothing more to pass on. */
function passedOn(from: Readable, to: NodeJS.WriteStream): Promise<void> {
  from.on('data', (chunk: Buffer) => to.write(chunk));
  return new Promise((resolve) => from.once('close', resolve));
}

/** In a worker process of a run: calls `stop` when the run stops, or is gone. */
export function onParentGone(stop: () => void): void {
  process.once('disconnect', stop);
  // Listening must not keep the process alive.
  process.channel?.unref();
  if (!process.connected) stop();
}
