/**
 * `npm run mutate`: puts each bug of the catalogue into a copy of the sources, and says which test catches it. Exits with 1
 * if one survives, if the catalogue is out of date, or if a test is red without any bug.
 *
 *     npm run mutate -- --only sqlite      only the bugs whose name or file contains the word
 *     npm run mutate -- --jobs 4           so many at once; 2 unless given
 *     npm run mutate -- --list             only says which there are
 *     npm run mutate -- --worlds 200       plays so many worlds of the simulation with each bug, too, and says which went wrong
 *     npm run mutate -- --write            writes the page of the documents too
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { killTestFiles } from '../support/test-file.js';
import { catalogue } from './catalogue.js';
import { failureIn, hunt, inEach, tryTests, type Verdict } from './hunt.js';
import { placeOf, staleEntries } from './mutation.js';
import { mutationsPage, pagePath } from './page.js';
import { WorkingCopy } from './working-copy.js';

const root = resolve(import.meta.dirname, '../..');

function optionsGiven() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: '2' },
      worlds: { type: 'string', default: '0' },
      list: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isSafeInteger(jobs) || jobs < 1) throw new Error(`--jobs is ${values.jobs}; it is a number from 1`);
  const worlds = Number(values.worlds);
  if (!Number.isSafeInteger(worlds) || worlds < 0)
    throw new Error(`--worlds is ${values.worlds}; it is a number from 0`);
  if (values.write && values.only !== '') throw new Error('--write needs all of them, so it does not go with --only');
  return { ...values, jobs, worlds };
}

const { only, jobs, worlds, list, write } = optionsGiven();
const chosen = catalogue.filter((mutation) => `${placeOf(mutation)} ${mutation.name}`.includes(only));
const copies: WorkingCopy[] = [];

function removeCopies(): void {
  for (const copy of copies.splice(0)) copy.remove();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killTestFiles();
    removeCopies();
    process.exit(1);
  });
}

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** How long each test file takes without a bug; null if one is red, which is said. */
async function usualTimes(): Promise<ReadonlyMap<string, number> | null> {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests))];
  const runs = await inEach(copies, files, (file, copy) => tryTests(copy, file));
  const red = runs.filter((run) => failureIn(run) !== null);
  for (const run of red) {
    console.log(`RED      ${run.file}: ${failureIn(run)!.title}\n${run.output.trimEnd().replace(/^/gm, '    | ')}`);
  }
  if (red.length > 0) console.log(`\n${red.length} of ${files.length} test files are red without any bug.`);
  return red.length > 0 ? null : new Map(runs.map(({ file, durationMs }) => [file, durationMs]));
}

function tell({ mutation, caughtBy, seed, durationMs }: Verdict): void {
  const what = `${placeOf(mutation)}: ${mutation.name}`;
  const by = caughtBy === null ? `by none of ${mutation.tests.join(', ')}` : `by ${caughtBy.file}: ${caughtBy.title}`;
  const inWorld = seed === null ? '' : `; the simulation finds it with seed ${seed}`;
  console.log(
    `${caughtBy === null ? 'SURVIVED' : 'caught  '} ${what}\n           ${by} (${inSeconds(durationMs)})${inWorld}`,
  );
}

async function huntAll(): Promise<boolean> {
  const startedAt = performance.now();
  for (let job = 0; job < Math.min(jobs, chosen.length); job++) copies.push(WorkingCopy.of(root));
  const usual = await usualTimes();
  if (usual === null) return false;
  console.log(`${usual.size} test files are green without a bug (${inSeconds(performance.now() - startedAt)}).\n`);
  const verdicts = await inEach(copies, chosen, async (mutation, copy) => {
    const verdict = await hunt(copy, mutation, (file) => usual.get(file)!, { worlds });
    tell(verdict);
    return verdict;
  });
  const caught = verdicts.filter(({ caughtBy }) => caughtBy !== null).length;
  console.log(`\n${caught} of ${verdicts.length} caught (${inSeconds(performance.now() - startedAt)})`);
  if (worlds > 0) {
    const found = verdicts.filter(({ seed }) => seed !== null).length;
    console.log(`${found} of them found by ${worlds} worlds of the simulation`);
  }
  if (write) writeFileSync(join(root, pagePath), await mutationsPage(verdicts, worlds));
  return caught === verdicts.length;
}

const stale = staleEntries(root, catalogue);
if (stale.length > 0) console.log(`The catalogue is stale:\n${stale.map((each) => `  ${each}`).join('\n')}`);
else if (chosen.length === 0) console.log(`No bug has ${JSON.stringify(only)} in its name or file.`);
else if (list) for (const mutation of chosen) console.log(`${placeOf(mutation)}: ${mutation.name}`);

if (stale.length > 0 || chosen.length === 0) process.exitCode = 1;
else if (!list) {
  try {
    if (!(await huntAll())) process.exitCode = 1;
  } finally {
    removeCopies();
  }
}
