import { type GraphStatus, graphStatuses } from '../../../domain/graph.js';
import { defined } from '../../../prelude/defined.js';
import { graphs } from '../../../store/listings.js';
import { shownName } from '../../../prelude/known-names.js';
import { closeTo } from '../../../prelude/nearest.js';
import { loadWork } from '../../../store/load-work.js';
import type { GraphSummary } from '../../../domain/graph-info.js';
import type { AsOf } from '../../../store/graph-info.js';
import type { Store } from '../../../store/store.js';
import { readNames } from '../../input/chosen-names.js';
import { flagWords, readLabels, readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import type { CommonOptions } from '../../call/settings.js';
import { pauseLine } from '../../../domain/pause-phrases.js';
import { type Fit, tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { coloured } from '../../../domain/status-phrases.js';
import { duration, inShort, localTime } from '../../../prelude/phrases.js';

export interface GraphsOptions extends CommonOptions {
  readonly status?: readonly string[];
  readonly label?: readonly string[];
  readonly search?: string;
  readonly limit?: string;
  readonly after?: string;
  readonly at?: string;
}

const lookedThrough = 1000;

/** Keys of labels that no graph has, where another key is near. */
async function labelSlips(store: Store, keys: readonly string[], at: AsOf): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const { items } = await graphs(store, { limit: lookedThrough, ...at });
  const there = new Set(items.flatMap((graph) => Object.keys(graph.labels)));
  return keys.flatMap((key) => {
    const near = there.has(key) ? null : closeTo(key, there);
    return near === null ? [] : [`none has a label ${shownName(key)}; did you mean ${near}?`];
  });
}

export async function graphsCommand(invocation: Invocation<GraphsOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const { after, search } = options;
  const statuses = readNames('--status', options.status, { what: 'status of a graph', known: graphStatuses });
  const labels = readLabels(options.label);
  const limit = readWholeNumber('--limit', options.limit, 1) ?? 50;
  const status = statuses === undefined ? undefined : ([...statuses] as GraphStatus[]);
  const request = defined({ labels, limit, status, after, search });
  const slips: string[] = [];
  const page = await invocation.withStore(async (store) => {
    const at = await asOfLog(store, options.at);
    const { pause } = await loadWork(store, at.asOf);
    const found = await graphs(store, { ...request, ...at });
    if (found.items.length === 0) slips.push(...(await labelSlips(store, Object.keys(labels), at)));
    return { ...found, pause, ...at };
  });
  terminal.document(page);
  if (page.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(page.asOf, options.at)}`));
  if (page.pause !== null) {
    terminal.say(terminal.paint.yellow(pauseLine({ scope: 'namespace', type: null, graphId: null, ...page.pause })));
  }
  for (const { graphId, reason } of page.unreadable) {
    terminal.note(`graph ${graphId} is left out: ${reason}; ${invocation.hint('verify')} says more`);
  }
  if (page.items.length === 0) return terminal.note(['no graphs', ...slips].join('; '));
  const rows = page.items.map((graph) => rowOf(graph, terminal));
  // A reference to a graph may be shortened to its beginning, so the end of an id can go.
  const fit: Fit = { columns: terminal.columns, cut: { 0: 'end', 6: 'end' }, last: 0 };
  const headings = ['graph', 'status', 'done', 'failed', 'submitted', 'active', 'labels'];
  terminal.sayCut(...tableLines(headings, rows, terminal.paint, fit));
  if (page.next === null) return;
  const { status: asked, at } = options;
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const words = flagWords({ status: asked, label, search, limit: String(limit), at, after: page.next });
  terminal.note({ lead: 'there are more:', command: invocation.hint('graphs', ...words) });
}

function rowOf(
  { id, status, pause, counts, submittedAt, lastEventAt, labels }: GraphSummary,
  { paint }: Terminal,
): string[] {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    id,
    `${coloured(status, paint)}${pause === null ? '' : paint.yellow(' (paused)')}`,
    `${counts.finished}/${total}`,
    counts.failed === 0 ? '-' : paint.red(String(counts.failed)),
    localTime(submittedAt),
    duration(Date.parse(lastEventAt) - Date.parse(submittedAt)),
    inShort(
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
      200,
    ),
  ];
}
