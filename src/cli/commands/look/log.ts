import { eventTypes, type Position, type RecordedEvent } from '../../../domain/events.js';
import { isOfNamespace } from '../../../domain/namespace-stream.js';
import type { ReadAll } from '../../../log/event-log.js';
import { type Moment, readMoment } from '../../../history/moments/read-moment.js';
import { orThrow } from '../../../store/or-throw.js';
import { liveEvents } from '../../../store/event-history.js';
import type { Store } from '../../../store/store.js';
import { eventLine } from '../../output/event-line.js';
import { UsageError } from '../../failure.js';
import { readNames } from '../../input/chosen-names.js';
import { flagWords, readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';

export interface LogOptions extends CommonOptions {
  readonly from?: string;
  readonly follow?: boolean;
  readonly type?: readonly string[];
  readonly limit?: string;
}

const readBatch = 1000;

export async function logCommand(invocation: Invocation<LogOptions>): Promise<void> {
  const { options, terminal } = invocation;
  const asked = readNames('--type', options.type, { what: 'event', known: eventTypes });
  const types = asked === undefined ? undefined : [...asked];
  const limit = readWholeNumber('--limit', options.limit, 1) ?? Infinity;
  const from = options.from === undefined ? null : readStart(options.from);
  const filter = types === undefined ? {} : { types };
  await invocation.withStore(async (store) => {
    let left = limit;
    let after = from === null ? null : await positionBefore(store, from);
    const show = (events: readonly RecordedEvent[]) => {
      const asked = events.slice(0, left);
      left -= asked.length;
      terminal.items(asked);
      const { paint, columns } = terminal;
      terminal.sayCut(...asked.map((event) => eventLine(event, { place: placeOf(event), paint, columns })));
    };
    while (left > 0) {
      const size = Math.min(readBatch, left);
      const events: readonly RecordedEvent[] = await orThrow(store.log.readAll({ after, filter, limit: size }));
      show(events);
      after = events.at(-1)?.position ?? after;
      if (events.length < size) break;
    }
    if (left <= 0) return await sayMore(store, { after, filter }, invocation);
    if (options.follow !== true) return;
    for await (const batch of liveEvents(store, { after, ...filter })) {
      show(batch);
      if (left <= 0) return;
    }
  });
}

/** Says how to go on, if there is more already. */
async function sayMore(
  { log }: Store,
  from: Pick<ReadAll, 'after' | 'filter'>,
  invocation: Invocation<LogOptions>,
): Promise<void> {
  const { type, limit } = invocation.options;
  const [next] = await orThrow(log.readAll({ ...from, limit: 1 }));
  if (next === undefined) return;
  const command = invocation.hint('log', ...flagWords({ from: `@${next.position}`, type, limit }));
  invocation.terminal.note({ lead: 'there are more:', command });
}

/** Of what belongs to the namespace: its stream's name there, empty where the text of the event says what it concerns. */
function placeOf(event: RecordedEvent): string {
  const { graphId, jobId } = event;
  if (isOfNamespace(event)) return jobId ?? '';
  return jobId === null ? graphId : `${graphId}/${jobId}`;
}

function readStart(text: string): Exclude<Moment, { readonly kind: 'event' }> {
  const moment = readMoment(text);
  if (moment.kind !== 'event') return moment;
  throw new UsageError('usage', `--from ${text}: events are numbered within one graph; give @POSITION or a time`);
}

/** The position of the last event before a start, so that reading after it begins at the start. */
async function positionBefore(
  store: Store,
  start: Exclude<Moment, { readonly kind: 'event' }>,
): Promise<Position | null> {
  if (start.kind === 'time') return await orThrow(store.log.positionAt(start.at - 1));
  const [before] = await orThrow(store.log.readAll({ after: start.position, direction: 'backwards', limit: 1 }));
  return before?.position ?? null;
}
