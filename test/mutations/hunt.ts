/** Hunts known bugs: puts each into a copy of the sources, and runs tests there until one of them fails. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runTestFile, type TestFileRun } from '../support/test-file.js';
import type { Mutation } from './mutation.js';
import type { WorkingCopy } from './working-copy.js';

/** What a mutation came to. */
export interface Verdict {
  readonly mutation: Mutation;
  /** The test that failed; null for a survivor. */
  readonly caughtBy: { readonly file: string; readonly title: string } | null;
  /** The seed of the first world of the simulation that went wrong too; null if none did, or none was played. */
  readonly seed: number | null;
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
  const env = { TEST_ENDS_AT_FAILURE: 'yes' };
  return await runTestFile({ root: copy.root, file, resultsFile, env, ...(limitMs === undefined ? {} : { limitMs }) });
}

/** The first test that failed, or null. */
export function failureIn({ file, results, isLate }: TestFileRun): Verdict['caughtBy'] {
  const failed = results.find(({ status }) => status === 'failed');
  if (failed === undefined) return null;
  return { file, title: isLate ? outOfTime : failed.title };
}

export interface HuntOptions {
  readonly patience?: typeof usualPatience;
  /** How many worlds of the simulation are played too; none unless given. */
  readonly worlds?: number;
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
  { patience = usualPatience, worlds = 0 }: HuntOptions = {},
): Promise<Verdict> {
  const startedAt = performance.now();
  return await copy.with(mutation, async () => {
    const caughtBy = await firstFailure(copy, mutation, (file) =>
      Math.max(patience.leastMs, patience.times * usualMs(file)),
    );
    const durationMs = Math.round(performance.now() - startedAt);
    return { mutation, caughtBy, seed: worlds > 0 ? await firstWrongWorld(copy, worlds) : null, durationMs };
  });
}

async function firstFailure(
  copy: WorkingCopy,
  { tests }: Mutation,
  limitMs: (file: string) => number,
): Promise<Verdict['caughtBy']> {
  for (const file of tests) {
    const failure = failureIn(await tryTests(copy, file, limitMs(file)));
    if (failure !== null) return failure;
  }
  return null;
}

/** The seed of the first world that goes wrong, of so many with every fault at once. */
async function firstWrongWorld({ root }: WorkingCopy, worlds: number): Promise<number | null> {
  const flags = ['--quick', '--seed', '1', '--worlds', String(worlds), '--jobs', '1', '--faults', 'all'];
  const played = promisify(execFile)(process.execPath, ['--import', 'tsx', 'test/simulation/run.ts', ...flags], {
    cwd: root,
  });
  return await played.then(
    () => null,
    ({ stdout, message }: { readonly stdout?: string; readonly message: string }) => {
      const seed = /^seed (\d+)/m.exec(stdout ?? '')?.[1];
      if (seed === undefined) throw new Error(`the simulation could not be played: ${message}`);
      return Number(seed);
    },
  );
}
