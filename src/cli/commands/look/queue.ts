import type { QueueDepth } from '../../../domain/listed.js';
import { queueDepths } from '../../../store/queue-depths.js';
import { defined } from '../../../prelude/defined.js';
import { jobsReady } from '../../../store/listings.js';
import { pauses } from '../../../store/pause.js';
import { flagWords, readWholeNumber } from '../../input/flag-values.js';
import { refuseUnusedTypes, splitValues } from '../../input/known-types.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import type { CommonOptions } from '../../call/settings.js';
import { pauseLine } from '../../../domain/pause-phrases.js';
import { tableLines } from '../../output/table.js';
import { plural, thousands } from '../../../prelude/phrases.js';

export interface QueueOptions extends CommonOptions {
  readonly at?: string;
  readonly type?: readonly string[];
  readonly limit?: string;
  readonly after?: string;
}

export async function queueCommand(invocation: Invocation<QueueOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const { paint } = terminal;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? 20;
  const type = splitValues(options.type);
  const { depths, ready, inForce, at } = await invocation.withStore(async (store) => {
    const asOf = await asOfLog(store, options.at);
    const all = await queueDepths(store, asOf);
    const asked = type === undefined ? all : all.filter((depth) => type.includes(depth.type));
    if (asked.length === 0) await refuseUnusedTypes(store, type);
    const page = { limit, ...asOf, ...defined({ type, after: options.after }) };
    return { depths: asked, ready: await jobsReady(store, page), inForce: await pauses(store, asOf), at: asOf };
  });
  terminal.document({ depths, ready: ready.items, next: ready.next, pauses: inForce, ...at });
  if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
  terminal.say(...inForce.map((pause) => paint.yellow(pauseLine(pause))));
  if (depths.length === 0) return terminal.note('nothing waits and nothing runs');
  const columns = columnsFor(depths);
  const rowOf = (depth: QueueDepth) => [depth.type, ...columns.map(([, countOf]) => inTable(countOf(depth)))];
  const shown = depths.slice(0, limit).map(rowOf);
  const left = depths.slice(limit);
  const rows = left.length === 0 ? shown : [...shown, rowOf(summed(`… ${plural(left.length, 'type')} more`, left))];
  const fit = { columns: terminal.columns, cut: { 0: 'middle' } } as const;
  terminal.sayCut(...tableLines(['type', ...columns.map(([heading]) => heading)], rows, paint, fit));
  if (ready.items.length > 0) {
    const places = ready.items.map(({ graphId, jobId }) => `${graphId}/${jobId}`);
    const more = ready.next === null ? '' : ' and more';
    terminal.saySentences('', `ready: ${places.join(', ')}${more}`);
  }
  if (ready.next === null) return;
  const { type: types, at: moment } = options;
  const words = flagWords({ type: types, at: moment, limit: String(limit), after: ready.next });
  terminal.note({ lead: 'more ready jobs:', command: invocation.hint('queue', ...words) });
}

/** Several types as one. */
function summed(type: string, depths: readonly QueueDepth[]): QueueDepth {
  const sum = { type, ready: 0, paused: 0, backingOff: 0, started: 0, waiting: 0 };
  for (const depth of depths) {
    sum.ready += depth.ready;
    sum.paused += depth.paused;
    sum.backingOff += depth.backingOff;
    sum.started += depth.started;
    sum.waiting += depth.waiting;
  }
  return sum;
}

type Column = readonly [heading: string, countOf: (depth: QueueDepth) => number];

function columnsFor(depths: readonly QueueDepth[]): readonly Column[] {
  const paused: Column = ['paused', (depth) => depth.paused];
  return [
    ['ready', ({ ready }) => ready],
    ...(depths.some((depth) => depth.paused > 0) ? [paused] : []),
    ['backing off', ({ backingOff }) => backingOff],
    ['started', ({ started }) => started],
    ['waiting', ({ waiting }) => waiting],
  ];
}

function inTable(count: number): string {
  return count === 0 ? '-' : thousands(count);
}
