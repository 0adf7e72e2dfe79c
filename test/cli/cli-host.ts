import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Ended } from './cli-sandbox.js';

/** A process that answers command lines, in the order in which they come: see `cli-host.mjs`. */
export class CliHost {
  private readonly child: ChildProcess;
  private last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.child = fork(join(import.meta.dirname, 'cli-host.mjs'), {
      cwd: folder,
      env,
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    process.once('exit', () => this.child.kill('SIGKILL'));
    this.release();
  }

  answerTo(words: readonly string[], variables: NodeJS.ProcessEnv): Promise<Ended> {
    const answer = this.last.then(() => this.ask({ words, variables }));
    this.last = answer.catch(() => {});
    return answer;
  }

  private ask(call: object): Promise<Ended> {
    // Only while somebody waits for an answer does the host keep this process alive.
    this.child.ref();
    this.child.channel!.ref();
    return new Promise<Ended>((resolve, reject) => {
      const onExit = () => reject(new Error(`the host ended at ${JSON.stringify(call)}`));
      this.child.once('exit', onExit);
      this.child.once('message', (answer) => {
        this.child.off('exit', onExit);
        this.release();
        resolve(answer as Ended);
      });
      this.child.send(call);
    });
  }

  private release(): void {
    this.child.unref();
    this.child.channel!.unref();
  }
}
