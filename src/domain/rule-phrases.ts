/** What the rules of dependencies mean, in words. */
import type { DependencyRule } from './dependency-rules.js';

/** When a job that waits becomes ready. */
export const whenReady: Readonly<Record<DependencyRule, string>> = {
  'all-finished': 'when all its parents are finished',
  'none-failed': 'when all its parents are finished or skipped',
  'all-ended': 'when all its parents have ended, in whatever way',
  'any-finished': 'when the first of its parents finishes',
  'any-failed': 'when the first of its parents fails, is aborted or can never run',
};

/** Why a job is skipped whose parents have made it so. By two of the rules, none is. */
export const whySkipped: Readonly<Record<DependencyRule, string>> = {
  'all-finished': 'it needs the results of jobs that were skipped',
  'none-failed': 'its parents have ended',
  'all-ended': 'its parents have ended',
  'any-finished': 'it runs when one of its parents finishes, and none did',
  'any-failed': 'it runs when one of its parents fails, and none did',
};
