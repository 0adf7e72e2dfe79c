/** Hunts known bugs: puts each into a copy of the sources, and runs tests there until one of them fails. */
import { join } from 'node:path';
import { runTestFile, type TestFileRun } from '../support/test-file.js';
import type { Mutation } from './mutation.js';
import type { WorkingCopy } from './working-copy.js';

/** What a mutation came to. */
export interface Verdict {
  readonly mutation: Mutation;
  /** The test that failed; null for a survivor. */
  readonly caughtBy: { readonly file: string; readonly title: string } | null;
  readonly durationMs: number;
}

/** The title that stands for a test file that did not end in time. */
export const outOfTime = 'it does not end in time';

/** A file that takes this many times as long as without a bug, and at least so long, is taken to hang. */
const usualPatience: Readonly<Record<'times' | 'leastMs', number>> = { times: 10, leastMs: 60_000 };

/** Does work in each of several copies at once, on one item after another. Results are in the order of the items. */
export async function inEach<A, B>(
  copies: readonly WorkingCopy[],
  items: readonly A[],
  work: (item: A, copy: WorkingCopy) => Promise<B>,
): Promise<readonly B[]> {
  const results: B[] = new Array<B>(items.length);
  let next = 0;
  await Promise.all(
    copies.map(async (copy) => {
      for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!, copy);
    }),
  );
  return results;
}

/** Runs a test file in a copy of the repository. */
export async function tryTests(copy: WorkingCopy, file: string, limitMs?: number): Promise<TestFileRun> {
  const resultsFile = join(copy.besides, `${file.replaceAll('/', '-')}.${performance.now()}.json`);
  // A bug that makes a test wait for ever is to be told soon.
  const env = { TEST_ENDS_AT_FAILURE: 'yes', TEST_PATIENCE: '2' };
  return await runTestFile({ root: copy.root, file, resultsFile, env, ...(limitMs === undefined ? {} : { limitMs }) });
}

/** The first test that failed, or null. */
export function failureIn({ file, results, isLate }: TestFileRun): Verdict['caughtBy'] {
  const failed = results.find(({ status }) => status === 'failed');
  if (failed === undefined) return null;
  return { file, title: isLate ? outOfTime : failed.title };
}

/**
 * Puts one bug into a copy, and runs its tests.
 *
 * @param usualMs how long a test file takes without a bug
 */
export async function hunt(
  copy: WorkingCopy,
  mutation: Mutation,
  usualMs: (file: string) => number,
  patience = usualPatience,
): Promise<Verdict> {
  const startedAt = performance.now();
  const caughtBy = await copy.with(mutation, async () => {
    for (const file of mutation.tests) {
      const run = await tryTests(copy, file, Math.max(patience.leastMs, patience.times * usualMs(file)));
      const failure = failureIn(run);
      if (failure !== null) return failure;
    }
    return null;
  });
  return { mutation, caughtBy, durationMs: Math.round(performance.now() - startedAt) };
}
