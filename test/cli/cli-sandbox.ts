import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/stores.js';
import { CliHost } from './cli-host.js';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');

/** How a command ended, and its output. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of commands: one time zone, and nothing of what happens to be set where the tests run. */
const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC' };

/** A folder of its own with some files, in which `overseer` is called as it ships. */
export class CliSandbox {
  readonly folder = temporaryFolder();
  private readonly hosts: CliHost[] = [];

  constructor(
    files: Readonly<Record<string, string>> = {},
    private readonly variables: NodeJS.ProcessEnv = {},
  ) {
    this.write(files);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The address of the store commands use unless told otherwise. */
  get store(): string {
    return `sqlite:${this.path('overseer.db')}`;
  }

  /** The same folder, with some environment variables set. */
  with(variables: NodeJS.ProcessEnv): Pick<CliSandbox, 'overseer' | 'begin' | 'answer'> {
    const same = Object.create(this, { variables: { value: { ...this.variables, ...variables } } }) as CliSandbox;
    return same;
  }

  begin(...words: readonly string[]): Command {
    return new Command(this.folder, [main, ...words], { ...environment, ...this.variables });
  }

  /** Begins a command whose stdout, and perhaps stderr, are open files. */
  beginInto(stdout: number, stderr: number | 'pipe', ...words: readonly string[]): Command {
    return new Command(this.folder, [main, ...words], { ...environment, ...this.variables }, null, [stdout, stderr]);
  }

  async overseer(...words: readonly string[]): Promise<Ended> {
    return await this.begin(...words).ended;
  }

  /** The same for a command of which only the answer matters, from a process that has answered others before. */
  async answer(...words: readonly string[]): Promise<Ended> {
    if (this.hosts.length === 0) this.hosts.push(new CliHost(this.folder, environment));
    return await this.hosts[0]!.answerTo(words, this.variables);
  }

  /** The same with something to read on stdin. */
  async reading(input: string, ...words: readonly string[]): Promise<Ended> {
    return await new Command(this.folder, [main, ...words], { ...environment, ...this.variables }, input).ended;
  }

  /** The one JSON document a command answers with. */
  async json<A = ReturnType<typeof JSON.parse>>(...words: readonly string[]): Promise<A> {
    return this.asDocument(words, await this.overseer(...words, '--json'));
  }

  /** The same from a process that has answered others before. */
  async jsonAnswer<A = ReturnType<typeof JSON.parse>>(...words: readonly string[]): Promise<A> {
    return this.asDocument(words, await this.answer(...words, '--json'));
  }

  private asDocument<A>(words: readonly string[], { stdout, stderr }: Ended): A {
    if (stdout === '') throw new Error(`no answer to ${words.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as A;
  }
}

/** The JSON lines a command has printed. */
export function jsonLines<A>(printed: string): A[] {
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as A);
}

/** A command that may still be running. */
export class Command {
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;

  constructor(
    folder: string,
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    input: string | null = null,
    outlets: readonly ['pipe' | number, 'pipe' | number] = ['pipe', 'pipe'],
  ) {
    const stdin = input === null ? 'ignore' : 'pipe';
    this.child = spawn(process.execPath, words, { cwd: folder, env, stdio: [stdin, ...outlets] });
    this.child.stdin?.end(input);
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((done) => {
      this.child.once('close', (code, signal) => done({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Closes its stdout. */
  stopListening(): void {
    this.child.stdout!.destroy();
  }

  /** Closes its stdout and its stderr. */
  stopListeningAtAll(): void {
    this.stopListening();
    this.child.stderr!.destroy();
  }

  async says(pattern: RegExp, mostMs = 20_000): Promise<void> {
    await eventually(`it says ${pattern.source}`, () => pattern.test(this.stdout + this.stderr), mostMs);
  }
}

/** A graph of three types with handlers: `start`, then `page-1` and `page-2`, then `report`. */
export const pagesFile = `
import type { Handlers } from 'overseer';
enum Kind { Fetch = 'fetch' }
export const graph = {
  jobs: {
    start: { type: 'start' },
    'page-1': { type: Kind.Fetch, after: ['start'], args: { page: 1 } },
    'page-2': { type: Kind.Fetch, after: ['start'], args: { page: 2 } },
    report: { type: 'report', after: ['page-1', 'page-2'] },
  },
  args: { org: 123 },
  labels: { team: 'billing' },
};
export const handlers: Handlers = {
  start: () => ({ rows: 3 }),
  fetch: (job) => ({ page: job.args.page, org: job.args.org }),
  report: (job) => Object.keys(job.inputs),
};
`;

/** A graph in which `middle` fails, so that `last` can never start; `aside` does not depend on them. */
export const failingFile = `
export const graph = { first: [], middle: ['first'], last: ['middle'], aside: [] };
export const handlers = {
  first: () => 1,
  middle: () => { throw new TypeError('no such table'); },
  last: () => 2,
  aside: () => 3,
};
`;
