import { finisherOf } from '../../../domain/answer-phrases.js';
import type { ForkedRun } from '../../../history/fork/plan.js';
import { resolveMoment } from '../../../history/moments/moment.js';
import { type Fork, forkGraph, type ForkRequest } from '../../../history/fork/fork.js';
import type { Store } from '../../../store/store.js';
import { UsageError } from '../../failure.js';
import { readArgs, readLabels, readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { type Fit, tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { plural, thousands } from '../../../prelude/phrases.js';

export interface ForkOptions extends CommonOptions {
  readonly from?: readonly string[];
  readonly args?: string;
  readonly keep?: readonly string[];
  readonly failed?: boolean;
  readonly at?: string;
  readonly dryRun?: boolean;
  readonly id?: string;
  readonly label?: readonly string[];
  readonly priority?: string;
  readonly limit?: string;
}

/** How many jobs a preview lists, unless `--limit` says otherwise. */
const listedMost = 50;

export async function forkCommand(invocation: Invocation<ForkOptions>, text: string): Promise<void> {
  const { options, terminal } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? listedMost;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    if (jobId !== null) {
      const message = `a graph is forked, not a job: overseer fork ${graphId} --from ${jobId}`;
      throw new UsageError('reference-invalid', message);
    }
    if (options.from === undefined && options.failed !== true && options.args === undefined) {
      throw new UsageError('usage', 'say what to run again: --from JOB, --failed, or other --args');
    }
    if (options.keep !== undefined && options.args === undefined) {
      throw new UsageError(
        'usage',
        '--keep goes with --args: without other args, finished jobs keep their results anyway',
      );
    }
    const fork = await forkGraph(store, graphId, await requestOf(store, graphId, options));
    const isDryRun = options.dryRun === true;
    terminal.document(isDryRun && options.id === undefined ? { ...fork, graphId: null } : fork);
    if (isDryRun) preview(fork, limit, terminal);
    else tell(fork, terminal);
  });
}

async function requestOf(store: Store, graphId: string, options: ForkOptions): Promise<ForkRequest> {
  const { from, keep, failed, at, dryRun, id, label, priority } = options;
  const given = {
    from,
    keep,
    args: readArgs(options.args),
    failed,
    dryRun,
    id,
    labels: label === undefined ? undefined : readLabels(label),
    priority: readWholeNumber('--priority', priority, -Infinity),
    asOf: at === undefined ? undefined : await resolveMoment(store, graphId, at),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function tell({ graphId, stored, runs, carried, dropped }: Fork, terminal: Terminal): void {
  terminal.say(graphId);
  const anew = dropped.length === 0 ? '' : `, ${thousands(dropped.length)} to be spawned anew`;
  if (stored) terminal.note(`${plural(runs.length, 'job')} will run, ${thousands(carried.length)} carried over${anew}`);
  else terminal.note('this fork exists already; nothing was changed');
}

/** What would run and why, what would be carried over, and what left out. */
function preview({ forkedFrom, runs, carried, dropped }: Fork, limit: number, terminal: Terminal): void {
  const { paint, columns } = terminal;
  const rows = [
    ...runs.map((run) => [run.id, run.type, paint.cyan('runs'), reasonText(run)]),
    ...carried.map(({ id, type, graphId, attempt }) => [
      id,
      type,
      paint.green('carried over'),
      `${finisherOf(attempt)} it${graphId === forkedFrom.graphId ? '' : ` in ${graphId}`}`,
    ]),
    ...dropped.map(({ id, type, below }) => [id, type, paint.dim('left out'), `${below} runs, and spawns anew`]),
  ];
  const fit: Fit = { columns, cut: { 0: 'middle', 1: 'middle', 3: 'end' }, last: 0 };
  terminal.sayCut(...tableLines(['job', 'type', 'in the fork', 'because'], rows.slice(0, limit), paint, fit));
  const leaving = dropped.length === 0 ? '' : `, and leave out ${thousands(dropped.length)} that were spawned`;
  const left = rows.length - limit;
  if (left > 0) terminal.sayCut(paint.dim(`… and ${plural(left, 'job')} more (--limit)`));
  terminal.saySentences(
    '',
    `a fork of ${forkedFrom.graphId} as of @${forkedFrom.position} would run ${plural(runs.length, 'job')} and carry over ${thousands(carried.length)}${leaving}; nothing was stored`,
  );
}

function reasonText({ reason, below }: ForkedRun): string {
  switch (reason) {
    case 'chosen':
      return 'it was chosen';
    case 'args-changed':
      return 'its args are others';
    case 'below-chosen':
      return `it depends on ${below}`;
    case 'parent-runs':
      return `it depends on ${below}, which may come out otherwise`;
    case 'failed':
      return 'it failed';
    case 'aborted':
      return 'it was aborted';
    case 'blocked':
      return 'a job it depends on failed';
    case 'skipped':
      return 'it was skipped because of a job it depends on';
    case 'not-finished':
      return 'it has not finished';
  }
}
