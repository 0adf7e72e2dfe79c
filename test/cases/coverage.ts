/**
 * Which cases of `cases.md` are tested: a test that covers one begins its title with `case 12:`, or with
 * `cases 12, 13:` when it covers several. Titles are read from the sources, so that nothing has to run for this.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** The longer notes that the page was written from. They are not part of the repository. */
const notesFile = join(folder, '../../../shared/overseer/cases.md');

export interface Case {
  readonly number: number;
  /** `MATCH`, `BEAT`, `MATCH, BEAT` or `LEFT OUT`; the page says what each means. */
  readonly mark: string;
  /** What holds; for a case that is left out, what it was and why it has no test. */
  readonly sentence: string;
}

export interface Coverage {
  readonly covered: readonly number[];
  readonly leftOut: readonly Case[];
  /** What is wrong, one sentence each; none if each case is either tested or left out. */
  readonly problems: readonly string[];
}

export function readCoverage(): Coverage {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.test.ts') && name !== 'coverage.test.ts');
  const tested = new Set(sources.flatMap((name) => casesIn(readFileSync(join(folder, name), 'utf8'))));
  const cases = casesOf(readFileSync(join(folder, 'cases.md'), 'utf8'));
  return {
    covered: [...tested].sort((a, b) => a - b),
    leftOut: cases.filter(isLeftOut),
    problems: problemsOf(tested, cases),
  };
}

/** The numbers at the beginning of the titles in a source, except those of skipped tests. */
export function casesIn(source: string): readonly number[] {
  const titles = source.matchAll(/(?<!\bskip\(\s*)['"`]cases? (\d+(?:, \d+)*): \S/g);
  return [...titles].flatMap(([, numbers]) => numbers!.split(', ').map(Number));
}

/** The cases on a page such as `cases.md`. */
export function casesOf(page: string): readonly Case[] {
  const entries = page.matchAll(/^(\d+)\. +(MATCH|BEAT|MATCH, BEAT|LEFT OUT): (.+(?:\n {2,}.+)*)$/gm);
  return [...entries].map(([, number, mark, sentence]) => ({
    number: Number(number),
    mark: mark!,
    sentence: sentence!.replaceAll(/\s+/g, ' '),
  }));
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

const isLeftOut = ({ mark }: Case) => mark === 'LEFT OUT';

function problemsOf(tested: ReadonlySet<number>, cases: readonly Case[]): readonly string[] {
  const numbers = new Set(cases.map(({ number }) => number));
  return [
    ...cases.flatMap((each, index) => {
      const { number } = each;
      if (number !== index + 1) return [`case ${number} is where case ${index + 1} should be`];
      if (tested.has(number) && isLeftOut(each)) return [`case ${number} is tested and left out`];
      return tested.has(number) || isLeftOut(each) ? [] : [`case ${number} is neither tested nor left out`];
    }),
    ...[...tested].filter((number) => !numbers.has(number)).map((number) => `there is no case ${number}`),
  ];
}

/** Numbers and marks as the notes have them, each as `12 MATCH`; null where there are no notes. */
export function casesInNotes(): readonly string[] | null {
  if (!existsSync(notesFile)) return null;
  const notes = readFileSync(notesFile, 'utf8');
  const secondPart = notes.indexOf('# Part 2');
  return [...notes.matchAll(/^(\d+)\. \*\*.*$/gm)].map((entry) => {
    // The first part has no marks, since all of it must be matched.
    const marks = entry.index < secondPart ? ['MATCH'] : [...new Set(entry[0].match(/\b(MATCH|BEAT)\b/g))];
    return `${entry[1]} ${marks.join(', ')}`;
  });
}
