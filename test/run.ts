/**
 * `npm test`: runs every test file in a process of its own, so that files share nothing and one that crashes or hangs
 * takes no other down, and counts what they did. `npm test -- sqlite lease` runs only the files whose path contains
 * one of the words. A file may take three minutes on a quiet machine, or what a comment in its first lines says:
 * `// time-limit: 300s`. `support/patience.ts` says how much longer that may be on a busy one. Files that take long begin first,
 * so that all lanes end together: those that say so, `// takes: 40s`, by how long, and the others by their size.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { patient } from './support/patience.js';
import type { FileResults, TestResult } from './support/spec.js';

/** One more than there are cores, since some files wait for time to pass. */
const filesAtOnce = availableParallelism() + 1;
const defaultLimitMs = 180_000;

interface FileReport {
  readonly file: string;
  readonly durationMs: number;
  readonly results: readonly TestResult[];
  readonly output: string;
}

interface Ending {
  readonly output: string;
  /** How the process ended, if not well. */
  readonly trouble: string | null;
}

const running = new Set<ChildProcess>();

function findTestFiles(words: readonly string[]): string[] {
  return readdirSync('test', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative('.', join(entry.parentPath, entry.name)))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();
}

/** What a comment in the first lines of a file says, in milliseconds. */
function statedMs(file: string, name: 'time-limit' | 'takes'): number | null {
  const firstLines = readFileSync(file, 'utf8').split('\n', 10).join('\n');
  const seconds = new RegExp(`^// ${name}: (\\d+)s$`, 'm').exec(firstLines)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

const byLength = (a: string, b: string): number =>
  (statedMs(b, 'takes') ?? 0) - (statedMs(a, 'takes') ?? 0) || statSync(b).size - statSync(a).size;

/** Ends a test file's process and everything it started: each file leads a process group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left, which is how it should be.
  }
}

function runProcess(file: string, resultsFile: string): Promise<Ending> {
  const limitMs = patient(statedMs(file, 'time-limit') ?? defaultLimitMs);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TEST_RESULTS_FILE: resultsFile },
    });
    running.add(child);
    const chunks: Buffer[] = [];
    let trouble: string | null = null;
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const timer = setTimeout(() => {
      trouble = `it took longer than its ${limitMs / 1000} s and was killed`;
      killGroup(child);
      // A process that left the group may hold the pipes open, and there would be no 'close'.
      child.stdout.destroy();
      child.stderr.destroy();
    }, limitMs);
    child.on('error', (error) => (trouble = `it could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (code !== 0) trouble ??= code === null ? `it was ended by ${signal}` : `it exited with ${code}`;
      killGroup(child);
    });
    child.on('close', () => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output: Buffer.concat(chunks).toString(), trouble });
    });
  });
}

async function runFile(file: string, resultsFile: string): Promise<FileReport> {
  const startedAt = performance.now();
  const { output, trouble } = await runProcess(file, resultsFile);
  const durationMs = Math.round(performance.now() - startedAt);
  const results = existsSync(resultsFile)
    ? [...(JSON.parse(readFileSync(resultsFile, 'utf8')) as FileResults).results]
    : [];
  // The results of the tests count only if the process ended well.
  const error = trouble ?? (results.length === 0 ? 'it wrote no results' : null);
  if (error !== null && !results.some(({ status }) => status === 'failed')) {
    results.push({ title: 'the file as a whole', status: 'failed', error, durationMs });
  }
  return { file, durationMs, results, output };
}

function count(results: readonly TestResult[], status: TestResult['status']): number {
  return results.filter((result) => result.status === status).length;
}

function inWords(results: readonly TestResult[]): string {
  const skipped = count(results, 'skipped');
  const counts = `${count(results, 'passed')} passed, ${count(results, 'failed')} failed`;
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts;
}

function printFile({ file, durationMs, results, output }: FileReport): void {
  const hasFailed = count(results, 'failed') > 0;
  console.log(`${hasFailed ? 'FAILED' : 'ok    '} ${file}: ${inWords(results)} (${(durationMs / 1000).toFixed(1)} s)`);
  if (hasFailed) console.log(output.trimEnd().replace(/^/gm, '    | '));
}

/** Names what was skipped, grouped by what was missing: often many tests lack the same thing. */
function printSkipped(reports: readonly FileReport[]): void {
  const byReason = new Map<string, string[]>();
  for (const { file, results } of reports) {
    for (const { title, reason } of results) {
      if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), `    ${file}: ${title}`]);
    }
  }
  if (byReason.size > 0) console.log('\nSkipped:');
  for (const [reason, titles] of byReason) console.log(`  ${reason}\n${titles.join('\n')}`);
}

function printFailed(reports: readonly FileReport[]): void {
  const lines = reports.flatMap(({ file, results }) =>
    results
      .filter((result) => result.status === 'failed')
      .map(({ title, error = '' }) => `  ${file}: ${title}\n    ${error.split('\n', 1)[0]}`),
  );
  if (lines.length > 0) console.log(`\nFailed:\n${lines.join('\n')}`);
}

async function runAll(files: readonly string[]): Promise<FileReport[]> {
  const folder = mkdtempSync(join(tmpdir(), 'overseer-tests-'));
  const reports: FileReport[] = [];
  const waiting = [...files]
    .sort(byLength)
    .map((file, index) => ({ file, resultsFile: join(folder, `${index}.json`) }));
  const takeTurns = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const report = await runFile(next.file, next.resultsFile);
      printFile(report);
      reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, takeTurns));
  rmSync(folder, { recursive: true });
  return reports.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The test files lead groups of their own, which a Ctrl-C in the terminal does not reach.
  process.once(signal, () => {
    running.forEach(killGroup);
    process.exit(1);
  });
}

const reports = await runAll(findTestFiles(process.argv.slice(2)));
const results = reports.flatMap((report) => report.results);
writeFileSync(
  'test-results.json',
  JSON.stringify(
    reports.map(({ file, durationMs, results: ofFile }) => ({ file, durationMs, results: ofFile })),
    null,
    2,
  ),
);
printSkipped(reports);
printFailed(reports);
console.log(`\n${inWords(results)}`);
// That no test ran is a failure too: most likely the word on the command line is misspelt.
if (count(results, 'failed') > 0 || count(results, 'passed') === 0) process.exitCode = 1;
