import { type QueueDepth, queueDepths } from '../../../store/queue-depths.js';
import { jobsReady } from '../../../store/listings.js';
import { pauses } from '../../../store/pause.js';
import { readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import type { CommonOptions } from '../../call/settings.js';
import { pauseLine } from '../../output/pause-lines.js';
import { tableLines } from '../../output/table.js';
import { listed, thousands } from '../../output/phrases.js';

export interface QueueOptions extends CommonOptions {
  readonly at?: string;
  readonly limit?: string;
}

export async function queueCommand(invocation: Invocation<QueueOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const { paint } = terminal;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? 20;
  const { depths, ready, inForce, at } = await invocation.withStore(async (store) => {
    const asOf = await asOfLog(store, options.at);
    return {
      depths: await queueDepths(store, asOf),
      ready: await jobsReady(store, { limit, ...asOf }),
      inForce: await pauses(store, asOf),
      at: asOf,
    };
  });
  terminal.document({ depths, ready: ready.items, pauses: inForce, ...at });
  if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
  terminal.say(...inForce.map((pause) => paint.yellow(pauseLine(pause))));
  if (depths.length === 0) return terminal.note('nothing waits and nothing runs');
  const columns = columnsFor(depths);
  const rows = depths.map((depth) => [depth.type, ...columns.map(([, countOf]) => inTable(countOf(depth)))]);
  terminal.say(...tableLines(['type', ...columns.map(([heading]) => heading)], rows, paint));
  if (ready.items.length === 0) return;
  const places = ready.items.map(({ graphId, jobId }) => `${graphId}/${jobId}`);
  const more = ready.next === null ? '' : ' and more';
  terminal.say('', `ready: ${listed(places, limit)}${more}`);
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
