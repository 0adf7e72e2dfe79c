/**
 * Which of the conformance cases are tested: a test that stands for one begins its title with `case 12:`, or with
 * `cases 12, 13:` when it stands for several. Titles are read from the sources, so that nothing has to run for this.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leftOut } from './left-out.js';

const folder = import.meta.dirname;

/** The cases themselves, where they are at hand. */
const casesFile = join(folder, '../../../shared/overseer/cases.md');

const caseCount = 228;

export interface Coverage {
  readonly covered: readonly number[];
  readonly leftOut: readonly (readonly [number: number, reason: string])[];
  /** What is wrong, one sentence each; none if each case is either tested or left out for a reason. */
  readonly problems: readonly string[];
}

export function readCoverage(): Coverage {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.test.ts') && name !== 'coverage.test.ts');
  const tested = new Set(sources.flatMap((name) => casesIn(readFileSync(join(folder, name), 'utf8'))));
  const reasons = Object.entries(leftOut).map(([number, reason]) => [Number(number), reason] as const);
  return {
    covered: [...tested].sort((a, b) => a - b),
    leftOut: reasons,
    problems: problemsOf(tested, new Map(reasons)),
  };
}

/** The numbers at the beginning of the titles in a source, those of skipped tests excepted. */
export function casesIn(source: string): readonly number[] {
  const titles = source.matchAll(/(?<!\bskip\(\s*)['"`]cases? (\d+(?:, \d+)*): \S/g);
  return [...titles].flatMap(([, numbers]) => numbers!.split(', ').map(Number));
}

/** Numbers in words: `1–19, 22, 24–30`. */
export function ranges(numbers: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = found.at(-1);
    if (range?.[1] === number - 1) range[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}

function problemsOf(tested: ReadonlySet<number>, reasons: ReadonlyMap<number, string>): readonly string[] {
  const all = Array.from({ length: caseCount }, (_, index) => index + 1);
  const problems = all.flatMap((number) => {
    if (tested.has(number) && reasons.has(number)) return [`case ${number} is tested and left out`];
    if (!tested.has(number) && !reasons.has(number)) return [`case ${number} is neither tested nor left out`];
    return reasons.get(number)?.trim() === '' ? [`case ${number} is left out without a reason`] : [];
  });
  const named = [...tested, ...reasons.keys()];
  const known = knownCases() ?? new Set(all);
  for (const number of named) if (!known.has(number)) problems.push(`there is no case ${number}`);
  for (const number of known) if (number > caseCount) problems.push(`case ${number} is new and unknown here`);
  return problems;
}

/** The numbers in the list of cases, or null if the list is not at hand. */
function knownCases(): ReadonlySet<number> | null {
  if (!existsSync(casesFile)) return null;
  const numbers = readFileSync(casesFile, 'utf8').matchAll(/^(\d+)\. \*\*/gm);
  return new Set([...numbers].map(([, number]) => Number(number)));
}
