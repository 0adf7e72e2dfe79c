import { format, resolveConfig } from 'prettier';
import { placeOf } from './mutation.js';
import type { Verdict } from './hunt.js';

/** Where the page of mutations is checked in. */
export const pagePath = 'docs/reference/mutations.md';

/** The page that says which test catches which known bug. */
export async function mutationsPage(verdicts: readonly Verdict[], worlds: number): Promise<string> {
  const caught = verdicts.filter(({ caughtBy }) => caughtBy !== null).length;
  const seen = verdicts.filter(({ seed }) => seed !== null).length;
  const text = `# Mutations

<!-- Written by \`npm run mutate -- --write\`. -->

A test is worth what it finds. So \`npm run mutate\` puts known bugs into a copy of the sources, one at a time, and runs
tests until one of them fails. A bug that no test finds makes the command fail. Of these ${verdicts.length} bugs,
${caught} are caught. The bugs themselves are in \`test/mutations\`, each as the text that it replaces.

With each, ${worlds} worlds of the simulation were played too (seeds from 1, every fault at once): ${seen} bugs show there, at the
seed in the last column. The others are where no world comes (other engines, evidence, looking back), are no more than
lost time, or need more worlds than these.

| where | what is wrong | caught by | seed |
| --- | --- | --- | --- |
${verdicts.map(rowOf).join('\n')}
`;
  return await format(text, { ...(await resolveConfig(pagePath)), filepath: pagePath });
}

function rowOf({ mutation, caughtBy, seed }: Verdict): string {
  const by = caughtBy === null ? '**nothing**' : `\`${caughtBy.file}\`: ${cell(titleOf(caughtBy.title))}`;
  return `| \`${placeOf(mutation)}\` | ${cell(mutation.name)} | ${by} | ${seed ?? ''} |`;
}

/** The title alone: the name of the suite says little more than the file does. */
function titleOf(title: string): string {
  const [suite, ...rest] = title.split(' › ');
  return rest.length === 0 ? suite! : rest.join(' › ');
}

function cell(text: string): string {
  return text.replace(/[|<>*_\\`]/g, '\\$&');
}
