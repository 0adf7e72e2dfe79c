import { defined } from '../../../prelude/defined.js';
import type { JobInfo } from '../../../store/graph-info.js';
import { jobs } from '../../../store/jobs.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import { readLabels, readWholeNumber } from '../../input/flag-values.js';
import { type AskedStatus, readStatuses } from '../../input/job-filters.js';
import { refuseUnusedTypes, splitValues } from '../../input/known-types.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import { resolveGraph } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { coloured } from '../../output/phrases.js';
import { type Fit, tableLines } from '../../output/table.js';
import { remark, type RowsContext, took } from './job-rows.js';

export interface JobsOptions extends CommonOptions {
  readonly status?: readonly string[];
  readonly type?: readonly string[];
  readonly graph?: readonly string[];
  readonly label?: readonly string[];
  readonly limit?: string;
  readonly after?: string;
  readonly at?: string;
}

export async function jobsCommand(invocation: Invocation<JobsOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const labels = readLabels(options.label);
  const limit = readWholeNumber('--limit', options.limit, 1) ?? 50;
  const statuses = readStatuses(options.status);
  const status = statuses === undefined ? undefined : ([...statuses] as AskedStatus[]);
  const type = splitValues(options.type);
  const { page, at, now } = await invocation.withStore(async (store) => {
    const graphId = await readGraphs(store, options.graph);
    const asOf = await asOfLog(store, options.at);
    const request = defined({ status, type, graphId, labels, limit, after: options.after });
    const found = await jobs(store, { ...request, ...asOf });
    if (found.items.length === 0) await refuseUnusedTypes(store, type);
    return { page: found, at: asOf, now: store.environment.now() };
  });
  terminal.document({ ...page, ...at });
  if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
  for (const { graphId, reason } of page.unreadable) {
    terminal.note(`graph ${graphId} is left out: ${reason}; ${invocation.hint('verify')} says more`);
  }
  if (page.items.length === 0) return terminal.note('no jobs');
  terminal.sayCut(...rowsOf(page.items, { now, paint: terminal.paint, columns: terminal.columns }));
  if (page.next === null) return;
  terminal.note({
    lead: 'there are more:',
    command: invocation.hint('jobs', ...wordsOf(options), '--limit', String(limit), '--after', page.next),
  });
}

async function readGraphs(store: Store, given: readonly string[] | undefined): Promise<readonly string[] | undefined> {
  const found: string[] = [];
  for (const text of splitValues(given) ?? []) {
    found.push(await resolveGraph(store, text, { advice: 'give its graph alone' }));
  }
  return given === undefined ? undefined : found;
}

function rowsOf(items: readonly JobInfo[], { now, paint, columns }: RowsContext): string[] {
  const rows = items.map((job) => [
    `${job.graphId}/${job.id}`,
    job.type,
    coloured(job.derivedStatus, paint),
    job.attempt === 0 ? '-' : String(job.attempt),
    took(job, now),
    remark(job),
  ]);
  const fit: Fit = { columns, cut: { 0: 'middle', 1: 'middle', 5: 'end' }, last: 0 };
  return tableLines(['job', 'type', 'status', 'attempt', 'took', ''], rows, paint, fit);
}

/** The flags again, for the next page. */
function wordsOf({ status, type, graph, label, at }: JobsOptions): string[] {
  const flags = defined({ status, type, graph, label, at: at === undefined ? undefined : [at] });
  return Object.entries(flags).flatMap(([name, values]) => values.flatMap((value) => [`--${name}`, value]));
}
