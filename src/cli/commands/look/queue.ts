import { type QueueDepth, queueDepths } from '../../../store/queue-depths.js';
import { jobsReady } from '../../../store/listings.js';
import { readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import type { CommonOptions } from '../../call/settings.js';
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
  const { depths, ready, at } = await invocation.withStore(async (store) => {
    const asOf = await asOfLog(store, options.at);
    return { depths: await queueDepths(store, asOf), ready: await jobsReady(store, { limit, ...asOf }), at: asOf };
  });
  terminal.document({ depths, ready: ready.items, ...at });
  if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
  if (depths.length === 0) return terminal.note('nothing waits and nothing runs');
  terminal.say(...tableLines(['type', 'ready', 'backing off', 'started', 'waiting'], depths.map(rowOf), paint));
  if (ready.items.length === 0) return;
  const places = ready.items.map(({ graphId, jobId }) => `${graphId}/${jobId}`);
  const more = ready.next === null ? '' : ' and more';
  terminal.say('', `ready: ${listed(places, limit)}${more}`);
}

function rowOf({ type, ready, backingOff, started, waiting }: QueueDepth): string[] {
  return [type, ...[ready, backingOff, started, waiting].map((count) => (count === 0 ? '-' : thousands(count)))];
}
