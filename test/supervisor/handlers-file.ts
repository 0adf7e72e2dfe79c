import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/stores.js';

/**
 * Handlers for processes that are to be watched from outside. Each run leaves a file in `runs`, named after the job and the
 * process. `meet` ends when as many processes as its args say run it at the same time; `hold` when there is a file `go`.
 */
const text = `
import { appendFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
const at = (name) => new URL('./' + name, import.meta.url);
const until = async (holds) => { while (!holds()) await new Promise((done) => setTimeout(done, 5)); };
const note = (job) => writeFileSync(at('runs/' + job.graphId + '.' + job.id + '.' + job.attempt + '.' + process.pid), '');
export const handlers = {
  note: (job) => { note(job); return process.pid; },
  meet: async (job) => {
    note(job);
    writeFileSync(at('met/' + process.pid), '');
    await until(() => readdirSync(at('met')).length >= job.args.processes);
    return process.pid;
  },
  hold: async (job) => { note(job); await until(() => existsSync(at('go'))); return process.pid; },
};
export const graph = { hold: [], note: ['hold'] };
`;

/** A run of a job. */
export interface Run {
  readonly graphId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly pid: number;
}

/** A folder with such a file of handlers, and what its handlers have left there. */
export class HandlersFile {
  readonly file: string;

  constructor(readonly folder = temporaryFolder()) {
    this.file = join(folder, 'handlers.mjs');
    writeFileSync(this.file, text);
    for (const name of ['runs', 'met']) mkdirSync(join(folder, name));
  }

  runs(): readonly Run[] {
    return readdirSync(join(this.folder, 'runs')).map((name) => {
      const [graphId, jobId, attempt, pid] = name.split('.') as [string, string, string, string];
      return { graphId, jobId, attempt: Number(attempt), pid: Number(pid) };
    });
  }

  /** Waits until a job has begun. */
  async begun(jobId: string, attempt = 1): Promise<Run> {
    const found = () => this.runs().find((run) => run.jobId === jobId && run.attempt === attempt);
    await eventually(`attempt ${attempt} of ${jobId} has begun`, () => found() !== undefined, 20_000);
    return found()!;
  }

  letGo(): void {
    writeFileSync(join(this.folder, 'go'), '');
  }
}

/** Whether a process is there, and no zombie. */
export function isAlive(pid: number): boolean {
  if (existsSync('/proc/self/stat')) {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
