/**
 * `npm test`: runs every test file in a process of its own, so that files share nothing and one that crashes or hangs
 * takes no other down, and counts what they did. `npm test -- sqlite lease` runs only the files whose path contains
 * one of the words. A file may take three minutes on a quiet machine, or what a comment in its first lines says:
 * `// time-limit: 300s`. `support/patience.ts` says how much longer that may be on a busy one. Files that take long begin first,
 * so that all lanes end together: those that say so, `// takes: 40s`, by how long, and the others by their size.
 */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestResult } from './support/spec.js';
import { killTestFiles, runTestFile, statedMs, type TestFileRun } from './support/test-file.js';

/** One more than there are cores, since some files wait for time to pass. */
const filesAtOnce = availableParallelism() + 1;

function findTestFiles(words: readonly string[]): string[] {
  return readdirSync('test', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative('.', join(entry.parentPath, entry.name)))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();
}

const byLength = (a: string, b: string): number =>
  (statedMs(b, 'takes') ?? 0) - (statedMs(a, 'takes') ?? 0) || statSync(b).size - statSync(a).size;

function count(results: readonly TestResult[], status: TestResult['status']): number {
  return results.filter((result) => result.status === status).length;
}

function inWords(results: readonly TestResult[]): string {
  const skipped = count(results, 'skipped');
  const counts = `${count(results, 'passed')} passed, ${count(results, 'failed')} failed`;
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts;
}

function printFile({ file, durationMs, results, output }: TestFileRun): void {
  const hasFailed = count(results, 'failed') > 0;
  console.log(`${hasFailed ? 'FAILED' : 'ok    '} ${file}: ${inWords(results)} (${(durationMs / 1000).toFixed(1)} s)`);
  if (hasFailed) console.log(output.trimEnd().replace(/^/gm, '    | '));
}

/** Names what was skipped, grouped by what was missing: often many tests lack the same thing. */
function printSkipped(reports: readonly TestFileRun[]): void {
  const byReason = new Map<string, string[]>();
  for (const { file, results } of reports) {
    for (const { title, reason } of results) {
      if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), `    ${file}: ${title}`]);
    }
  }
  if (byReason.size > 0) console.log('\nSkipped:');
  for (const [reason, titles] of byReason) console.log(`  ${reason}\n${titles.join('\n')}`);
}

function printFailed(reports: readonly TestFileRun[]): void {
  const lines = reports.flatMap(({ file, results }) =>
    results
      .filter((result) => result.status === 'failed')
      .map(({ title, error = '' }) => `  ${file}: ${title}\n    ${error.split('\n', 1)[0]}`),
  );
  if (lines.length > 0) console.log(`\nFailed:\n${lines.join('\n')}`);
}

async function runAll(files: readonly string[]): Promise<TestFileRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'overseer-tests-'));
  const reports: TestFileRun[] = [];
  const waiting = [...files]
    .sort(byLength)
    .map((file, index) => ({ file, resultsFile: join(folder, `${index}.json`) }));
  const takeTurns = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const report = await runTestFile(next);
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
    killTestFiles();
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
