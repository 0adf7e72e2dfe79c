import { absurd } from '../prelude/absurd.js';

/**
 * What a job asks of its parents before it may start. `all-finished` is the rule of a job that names none:
 *
 * - `all-finished`: every parent has finished.
 * - `none-failed`: every parent has finished or was skipped.
 * - `all-ended`: every parent has ended in whatever way, or can never run. For clean-ups.
 * - `any-finished`: a parent has finished.
 * - `any-failed`: a parent has failed for good, was aborted, or can never run. For alerts and compensation.
 */
export const dependencyRules = ['all-finished', 'none-failed', 'all-ended', 'any-finished', 'any-failed'] as const;
export type DependencyRule = (typeof dependencyRules)[number];

/**
 * How a job has come out, for the jobs that depend on it. `open` until it has ended. A job that is `blocked` can never run,
 * as things are; so are `skipped` and `aborted` jobs that their parents have made so.
 */
export type JobOutcome = 'open' | 'finished' | 'skipped' | 'failed' | 'blocked' | 'aborted';

/** What a job's parents mean for it, while it has not started. */
export type Prospect = 'ready' | 'waiting' | 'skipped' | 'blocked' | 'aborted';

/** How many parents of a job have come out how. One that was skipped and may be (`optional`) is in none of them. */
export interface ParentCounts {
  readonly openParents: number;
  readonly finishedParents: number;
  /** Failed, or blocked. */
  readonly failedParents: number;
  readonly abortedParents: number;
  /** Skipped, and not optional. */
  readonly skippedParents: number;
}

/** The counts of so many parents, none of which has ended. */
export function openCounts(openParents: number): ParentCounts {
  return { openParents, finishedParents: 0, failedParents: 0, abortedParents: 0, skippedParents: 0 };
}

/**
 * What a job may expect, by its rule. It follows from how the parents have come out, never from the order in which they did.
 * A job is skipped only when all its parents have ended: one that fails later would block it.
 */
export function prospectOf(rule: DependencyRule, parents: ParentCounts): Prospect {
  const { openParents, finishedParents, failedParents, abortedParents, skippedParents } = parents;
  switch (rule) {
    case 'all-finished':
    case 'none-failed':
      if (abortedParents > 0) return 'aborted';
      if (failedParents > 0) return 'blocked';
      if (openParents > 0) return 'waiting';
      return rule === 'all-finished' && skippedParents > 0 ? 'skipped' : 'ready';
    case 'all-ended':
      return openParents > 0 ? 'waiting' : 'ready';
    case 'any-finished':
      if (finishedParents > 0) return 'ready';
      if (openParents > 0) return 'waiting';
      if (failedParents > 0) return 'blocked';
      return abortedParents > 0 ? 'aborted' : 'skipped';
    case 'any-failed':
      if (failedParents > 0 || abortedParents > 0) return 'ready';
      return openParents > 0 ? 'waiting' : 'skipped';
    default:
      return absurd(rule);
  }
}

/** The counts after one parent, which is optional or not, has come out otherwise than before. */
export function afterChange(
  { openParents, finishedParents, failedParents, abortedParents, skippedParents }: ParentCounts,
  before: JobOutcome,
  after: JobOutcome,
  isOptional: boolean,
): ParentCounts {
  const counts = { openParents, finishedParents, failedParents, abortedParents, skippedParents };
  const [from, to] = [countOf(before, isOptional), countOf(after, isOptional)];
  if (from !== null) counts[from] -= 1;
  if (to !== null) counts[to] += 1;
  return counts;
}

/** Which of the counts a parent that has come out so is in; null if in none. */
function countOf(outcome: JobOutcome, isOptional: boolean): keyof ParentCounts | null {
  switch (outcome) {
    case 'open':
      return 'openParents';
    case 'finished':
      return 'finishedParents';
    case 'failed':
    case 'blocked':
      return 'failedParents';
    case 'aborted':
      return 'abortedParents';
    case 'skipped':
      return isOptional ? null : 'skippedParents';
    default:
      return absurd(outcome);
  }
}
