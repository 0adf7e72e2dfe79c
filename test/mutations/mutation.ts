/** A known bug that can be put into the sources, and what is tried to catch it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Mutation {
  /** What is wrong, in words. No two have the same. */
  readonly name: string;
  /** The file it is in, below `src`, or in `projections/`. */
  readonly file: string;
  /** The text that it replaces, which occurs there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The test files that are run, in this order, until a test fails. What is compiled stays sound. */
  readonly tests: readonly string[];
}

/** Where a mutation is, as a path from the root of the repository. */
export function placeOf({ file }: Mutation): string {
  return file.startsWith('projections/') ? file : `src/${file}`;
}

/** The text of the file with the bug in it, or a sentence that says why it cannot be put there. */
export function mutated(root: string, mutation: Mutation): { readonly text: string } | { readonly problem: string } {
  const place = placeOf(mutation);
  const path = join(root, place);
  if (!existsSync(path)) return { problem: `${place} does not exist` };
  const [before, ...after] = readFileSync(path, 'utf8').split(mutation.find);
  if (after.length !== 1) return { problem: `its text occurs ${after.length} times in ${place}, not once` };
  if (mutation.find === mutation.replace) return { problem: 'it replaces its text by the same text' };
  return { text: `${before}${mutation.replace}${after[0]}` };
}

/** What is out of date in a catalogue, one sentence each. */
export function staleEntries(root: string, catalogue: readonly Mutation[]): readonly string[] {
  const names = catalogue.map(({ name }) => name);
  return catalogue.flatMap((mutation, index) => {
    const made = mutated(root, mutation);
    const problems = 'problem' in made ? [made.problem] : [];
    if (names.indexOf(mutation.name) < index) problems.push('another entry has the same name');
    if (mutation.tests.length === 0) problems.push('it names no test');
    for (const test of mutation.tests) {
      if (!test.endsWith('.test.ts') || !existsSync(join(root, test))) problems.push(`there is no test file ${test}`);
    }
    return problems.map((problem) => `${mutation.name}: ${problem}`);
  });
}
