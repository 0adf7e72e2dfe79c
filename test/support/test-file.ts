/** Runs one test file in a process of its own, within a time limit, and reads what its tests came to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { patient } from './patience.js';
import type { FileResults, TestResult } from './spec.js';

export interface TestFileRequest {
  /** Of the repository that holds the file. Default: this one. */
  readonly root?: string;
  readonly file: string;
  /** Where the process leaves its results. */
  readonly resultsFile: string;
  /** Default: what the file itself says, or three minutes. */
  readonly limitMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestFileRun {
  readonly file: string;
  readonly durationMs: number;
  readonly results: readonly TestResult[];
  readonly output: string;
  /** Whether it was killed because it took longer than its limit. */
  readonly isLate: boolean;
}

interface Ending {
  readonly output: string;
  /** How the process ended, if not well. */
  readonly trouble: string | null;
  readonly isLate: boolean;
}

const defaultLimitMs = 180_000;
const running = new Set<ChildProcess>();

export async function runTestFile(request: TestFileRequest): Promise<TestFileRun> {
  const startedAt = performance.now();
  const { output, trouble, isLate } = await runProcess(request);
  const durationMs = Math.round(performance.now() - startedAt);
  const { file, resultsFile } = request;
  const results = existsSync(resultsFile)
    ? [...(JSON.parse(readFileSync(resultsFile, 'utf8')) as FileResults).results]
    : [];
  // The results of the tests count only if the process ended well.
  const error = trouble ?? (results.length === 0 ? 'it wrote no results' : null);
  if (error !== null && !results.some(({ status }) => status === 'failed')) {
    results.push({ title: 'the file as a whole', status: 'failed', error, durationMs });
  }
  return { file, durationMs, results, output, isLate };
}

/** Ends every test file that is running, and everything that these have started. */
export function killTestFiles(): void {
  running.forEach(killGroup);
}

/** What a comment in the first lines of a file says, in milliseconds; null if it says nothing. */
export function statedMs(path: string, name: 'time-limit' | 'takes'): number | null {
  const firstLines = readFileSync(path, 'utf8').split('\n', 10).join('\n');
  const seconds = new RegExp(`^// ${name}: (\\d+)s$`, 'm').exec(firstLines)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Ends a test file's process and everything it started: each file leads a process group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left, which is how it should be.
  }
}

function runProcess({ root = '.', file, resultsFile, limitMs, env = {} }: TestFileRequest): Promise<Ending> {
  const mostMs = limitMs ?? patient(statedMs(join(root, file), 'time-limit') ?? defaultLimitMs);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, TEST_RESULTS_FILE: resultsFile },
    });
    running.add(child);
    const chunks: Buffer[] = [];
    let trouble: string | null = null;
    let isLate = false;
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const timer = setTimeout(() => {
      isLate = true;
      trouble = `it took longer than its ${mostMs / 1000} s and was killed`;
      killGroup(child);
      // A process that left the group may hold the pipes open, and there would be no 'close'.
      child.stdout.destroy();
      child.stderr.destroy();
    }, mostMs);
    child.on('error', (error) => (trouble = `it could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (code !== 0) trouble ??= code === null ? `it was ended by ${signal}` : `it exited with ${code}`;
      killGroup(child);
    });
    child.on('close', () => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output: Buffer.concat(chunks).toString(), trouble, isLate });
    });
  });
}
