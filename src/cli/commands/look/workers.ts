import { defined } from '../../../prelude/defined.js';
import type { HeldJob, WorkerInfo, WorkersPage } from '../../../domain/listed.js';
import { workers } from '../../../store/workers.js';
import type { Invocation } from '../../call/invocation.js';
import { flagWords, readWholeNumber } from '../../input/flag-values.js';
import { refuseUnusedTypes, splitValues } from '../../input/known-types.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import type { CommonOptions } from '../../call/settings.js';
import { duration, listed, localTime, plural, thousands } from '../../../prelude/phrases.js';
import { type Fit, tableLines } from '../../output/table.js';
import type { RowsContext } from './job-rows.js';

export interface WorkersOptions extends CommonOptions {
  readonly running?: boolean;
  readonly type?: readonly string[];
  readonly host?: readonly string[];
  readonly limit?: string;
  readonly after?: string;
  readonly at?: string;
}

export async function workersCommand(invocation: Invocation<WorkersOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? 50;
  const [type, host] = [splitValues(options.type), splitValues(options.host)];
  const { page, at, now } = await invocation.withStore(async (store) => {
    const asOf = await asOfLog(store, options.at);
    const request = defined({ running: options.running, type, host, limit, after: options.after });
    const found = await workers(store, { ...request, ...asOf });
    if (found.items.length === 0) await refuseUnusedTypes(store, type);
    return { page: found, at: asOf, now: store.environment.now() };
  });
  const { items, next, looked } = page;
  terminal.document({ ...page, ...at });
  if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
  // In the past, how long ago something was is of no interest.
  const context = { now: at.asOf === undefined ? now : Number.NaN, paint: terminal.paint, columns: terminal.columns };
  if (items.length > 0) terminal.sayCut(...rowsOf(items, context));
  terminal.note(
    `${items.length === 0 ? 'no workers' : plural(items.length, 'worker')} seen in ${lookedInWords(looked)}`,
  );
  if (next === null) return;
  const running = options.running === true ? ['--running'] : [];
  const words = flagWords({
    type: options.type,
    host: options.host,
    at: options.at,
    limit: String(limit),
    after: next,
  });
  const command = invocation.hint('workers', ...running, ...words);
  terminal.note({ lead: 'there are more:', command });
}

function lookedInWords({ events, since, isWhole }: WorkersPage['looked']): string {
  if (since === null) return 'a log without events of jobs';
  if (isWhole) return `the whole log (${plural(events, 'event')} of jobs, since ${localTime(since)})`;
  return `the latest ${thousands(events)} events of jobs, since ${localTime(since)}; others run nothing`;
}

/** Narrower terminals are not told which jobs a worker runs; `jobs --status started` does. */
const wideFrom = 100;

function rowsOf(items: readonly WorkerInfo[], { now, paint, columns }: RowsContext): string[] {
  const isWide = columns === null || columns >= wideFrom;
  const isPast = Number.isNaN(now);
  const orNone = (count: number) => (count === 0 ? '-' : thousands(count));
  const inRed = (count: number) => (count === 0 ? '-' : paint.red(thousands(count)));
  const rows = items.map(({ id, host, pid, running, lastSeenAt, finished, faulted, leasesLost }) => [
    id,
    host,
    String(pid),
    orNone(running.length),
    inRed(running.filter(({ isLeaseOver }) => isLeaseOver).length),
    isPast ? localTime(lastSeenAt) : duration(Math.max(0, now - Date.parse(lastSeenAt))),
    orNone(finished),
    orNone(faulted),
    inRed(leasesLost),
    ...(isWide ? [listed(running.map(placeOf), 3)] : []),
  ]);
  const headings = [
    'worker',
    'host',
    'pid',
    'runs',
    'overdue',
    isPast ? 'seen' : 'seen ago',
    'finished',
    'faults',
    'lost',
  ];
  const fit: Fit = { columns, cut: { 0: 'middle', 1: 'end', 9: 'end' }, last: 0 };
  return tableLines([...headings, ...(isWide ? [''] : [])], rows, paint, fit);
}

function placeOf({ graphId, jobId }: HeldJob): string {
  return `${graphId}/${jobId}`;
}
