import { defined } from '../../../prelude/defined.js';
import { jobs } from '../../../store/jobs.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import { flagWords, readLabels, readWholeNumber } from '../../input/flag-values.js';
import { type AskedStatus, readStatuses } from '../../input/job-filters.js';
import { refuseUnusedTypes, splitValues } from '../../input/known-types.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import { resolveGraph } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { jobTable } from './job-rows.js';

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
  const { paint, columns } = terminal;
  terminal.sayCut(...jobTable(page.items, { now, paint, columns }, ({ graphId, id }) => `${graphId}/${id}`));
  if (page.next === null) return;
  const { graph, label, at: moment } = options;
  const words = flagWords({
    status: options.status,
    type: options.type,
    graph,
    label,
    at: moment,
    limit: String(limit),
    after: page.next,
  });
  terminal.note({ lead: 'there are more:', command: invocation.hint('jobs', ...words) });
}

async function readGraphs(store: Store, given: readonly string[] | undefined): Promise<readonly string[] | undefined> {
  const found: string[] = [];
  for (const text of splitValues(given) ?? []) {
    found.push(await resolveGraph(store, text, { advice: 'give its graph alone' }));
  }
  return given === undefined ? undefined : found;
}
