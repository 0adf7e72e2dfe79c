import { defined } from '../../../prelude/defined.js';
import {
  abortMatching,
  type MatchingOptions,
  type MatchingOutcome,
  retryMatching,
  type Selection,
} from '../../../store/operate-matching.js';
import { graphInfo, jobInfo } from '../../../store/graph-info.js';
import type { Store } from '../../../store/store.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { readLabels, readWholeNumber } from '../../input/flag-values.js';
import { resolveGraph, resolveReference } from '../../input/reference.js';
import { inShort, plural } from '../../../prelude/phrases.js';
import { tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { reasonFor, type ReasonOptions } from './reason-flags.js';

export type Action = 'abort' | 'retry';

export interface MatchingFlags extends ReasonOptions {
  readonly label?: readonly string[];
  readonly status?: string;
  readonly type?: string;
  readonly limit?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** In the past tense, of something that was done. */
const doneWords = { abort: 'aborted', retry: 'reopened' } as const;

export function selectsByFlags({ label, status, type }: MatchingFlags): boolean {
  return label !== undefined || status !== undefined || type !== undefined;
}

/**
 * Aborts or retries everything that matches flags. Many things are hit by a few words, so without `--yes` it only says how
 * many; it never asks, since nobody answers in a script.
 */
export async function operateMatching(
  invocation: Invocation<MatchingFlags>,
  text: string | undefined,
  action: Action,
): Promise<ExitCode> {
  const { terminal, options } = invocation;
  return await invocation.withStore(async (store) => {
    const selection = await selectionOf(store, options, text);
    const isSure = options.yes === true && options.dryRun !== true;
    const onOutcome = (outcome: MatchingOutcome) => terminal.say(outcomeLine(action, outcome));
    const how = isSure ? { ...reasonFor(store, options), onOutcome } : { dryRun: true };
    const outcomes = await outcomesOf(store, action, selection, how);
    if (outcomes.length === 0) {
      terminal.document(report(action, outcomes, !isSure));
      terminal.note(`nothing that could be ${doneWords[action]} matches; nothing was changed`);
      return exitCodes.good;
    }
    if (options.dryRun === true) {
      preview(action, outcomes, terminal);
      return exitCodes.good;
    }
    if (!isSure) {
      const message = `this would ${action} ${countOf(outcomes)}; add --yes to do it, or --dry-run to see what it is`;
      throw new UsageError('usage', message);
    }
    terminal.document(report(action, outcomes, false));
    const failed = outcomes.filter(({ error }) => error !== null);
    const done = outcomes.filter((outcome) => outcome.done);
    terminal.say(`${done.length === 0 ? 'nothing' : countOf(done)} ${doneWords[action]}`);
    if (failed.length > 0) terminal.note(`${countOf(failed)} could not be ${doneWords[action]}, see above`);
    return failed.length === 0 ? exitCodes.good : exitCodes.failed;
  });
}

/** What a command on one graph or job would change. */
export async function previewNamed(
  invocation: Invocation<MatchingFlags>,
  text: string,
  action: Action,
): Promise<ExitCode> {
  const { terminal } = invocation;
  return await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const chosen =
      jobId === null ? await jobsOf(store, graphId, action) : await jobOf(store, { graphId, jobId }, action);
    if (chosen.length > 0) preview(action, chosen, terminal);
    else {
      terminal.document(report(action, chosen, true));
      terminal.note(`${text}: there is nothing that could be ${doneWords[action]}`);
    }
    return exitCodes.good;
  });
}

/** All jobs that a command on their graph would change. */
async function jobsOf(store: Store, graphId: string, action: Action): Promise<readonly MatchingOutcome[]> {
  const open: readonly string[] = action === 'abort' ? ['unstarted', 'started'] : ['failed', 'aborted'];
  const jobs = Object.values((await graphInfo(store, graphId)).jobs).filter(({ status }) => open.includes(status));
  return jobs.map(({ id, type, derivedStatus: status }) => {
    return { graphId, jobId: id, type, status, jobs: 1, done: false, error: null };
  });
}

/** The job, if the command can be given to it. */
async function jobOf(store: Store, { graphId, jobId }: { graphId: string; jobId: string }, action: Action) {
  const { type, status } = await jobInfo(store, graphId, jobId);
  const selection = { graphId, type, ...(status === 'skipped' ? { status } : {}) };
  const ofType = await outcomesOf(store, action, selection, { dryRun: true });
  return ofType.filter((each) => each.jobId === jobId);
}

async function selectionOf(store: Store, options: MatchingFlags, text: string | undefined): Promise<Selection> {
  const { status, type } = options;
  if (!selectsByFlags(options)) {
    throw new UsageError('usage', 'nothing is named; give GRAPH[/JOB], or --label, --status or --type');
  }
  if (text !== undefined && options.label !== undefined) {
    throw new UsageError('usage', `--label selects graphs, and ${text} names one; leave one of them out`);
  }
  const advice = 'jobs of a graph are selected by --status and --type, so give its graph alone';
  const graphId = text === undefined ? undefined : await resolveGraph(store, text, { advice });
  const labels = options.label === undefined ? undefined : readLabels(options.label);
  return defined({ graphId, labels, status, type, limit: readWholeNumber('--limit', options.limit, 1) });
}

async function outcomesOf(store: Store, action: Action, selection: Selection, options: MatchingOptions) {
  return await (action === 'abort' ? abortMatching : retryMatching)(store, selection, options);
}

function preview(action: Action, chosen: readonly MatchingOutcome[], terminal: Terminal): void {
  terminal.document(report(action, chosen, true));
  const ofJobs = chosen[0]!.jobId !== null;
  const headings = ofJobs ? ['graph', 'job', 'type', 'status'] : ['graph', 'status', 'jobs'];
  const rows = chosen.map(({ graphId, jobId, type, status, jobs }) =>
    ofJobs ? [graphId, jobId!, type!, status] : [graphId, status, String(jobs)],
  );
  terminal.say(
    ...tableLines(headings, rows, terminal.paint),
    `${countOf(chosen)} would be ${doneWords[action]}; nothing was changed`,
  );
}

function report(action: Action, outcomes: readonly MatchingOutcome[], dryRun: boolean) {
  const failed = outcomes.filter(({ error }) => error !== null).length;
  const done = outcomes.filter((outcome) => outcome.done).length;
  return { action, dryRun, matched: outcomes.length, done, failed, outcomes };
}

function outcomeLine(action: Action, { graphId, jobId, error }: MatchingOutcome): string {
  const what = jobId === null ? graphId : `${graphId}/${jobId}`;
  return error === null ? `${what} ${doneWords[action]}` : `${what} left as it is: ${inShort(error.message, 500)}`;
}

/** `3 graphs (12 jobs)`, `3 jobs of 2 graphs` */
function countOf(chosen: readonly MatchingOutcome[]): string {
  const jobs = chosen.reduce((sum, each) => sum + each.jobs, 0);
  const graphs = plural(new Set(chosen.map(({ graphId }) => graphId)).size, 'graph');
  return chosen[0]!.jobId === null ? `${graphs} (${plural(jobs, 'job')})` : `${plural(jobs, 'job')} of ${graphs}`;
}
