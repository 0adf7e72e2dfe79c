import { format, resolveConfig } from 'prettier';
import { placeOf } from './mutation.js';
import type { Verdict } from './hunt.js';

/** Where the page of mutations is checked in. */
export const pagePath = 'docs/reference/mutations.md';

/** The page that says which test catches which known bug. */
export async function mutationsPage(verdicts: readonly Verdict[]): Promise<string> {
  const caught = verdicts.filter(({ caughtBy }) => caughtBy !== null).length;
  const text = `# Mutations

<!-- Written by \`npm run mutate -- --write\`. -->

A test is worth what it finds. So \`npm run mutate\` puts known bugs into a copy of the sources, one at a time, and runs
tests until one of them fails. A bug that no test finds makes the command fail. Of these ${verdicts.length} bugs,
${caught} are caught. The bugs themselves are in \`test/mutations\`, each as the text that it replaces.

| where | what is wrong | caught by |
| --- | --- | --- |
${verdicts.map(rowOf).join('\n')}
`;
  return await format(text, { ...(await resolveConfig(pagePath)), filepath: pagePath });
}

function rowOf({ mutation, caughtBy }: Verdict): string {
  const by = caughtBy === null ? '**nothing**' : `\`${caughtBy.file}\`: ${cell(titleOf(caughtBy.title))}`;
  return `| \`${placeOf(mutation)}\` | ${cell(mutation.name)} | ${by} |`;
}

/** The title alone: the name of the suite says little more than the file does. */
function titleOf(title: string): string {
  const [suite, ...rest] = title.split(' › ');
  return rest.length === 0 ? suite! : rest.join(' › ');
}

function cell(text: string): string {
  return text.replace(/[|<>*_\\`]/g, '\\$&');
}
