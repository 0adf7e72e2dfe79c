import { nearestTo } from '../../../prelude/nearest.js';
import { eventTypes, type Position, type RecordedEvent } from '../../../domain/events.js';
import { isOfNamespace } from '../../../domain/namespace-stream.js';
import { type Moment, readMoment } from '../../../history/moments/moment.js';
import { orThrow } from '../../../store/or-throw.js';
import { liveEvents } from '../../../store/event-history.js';
import type { Store } from '../../../store/store.js';
import { eventLine } from '../../output/event-line.js';
import { UsageError } from '../../failure.js';
import { readWholeNumber } from '../../input/flag-values.js';
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
  const types = readTypes(options.type);
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
      terminal.say(...asked.map((event) => eventLine(event, { place: placeOf(event), paint: terminal.paint })));
    };
    while (left > 0) {
      const size = Math.min(readBatch, left);
      const events: readonly RecordedEvent[] = await orThrow(store.log.readAll({ after, filter, limit: size }));
      show(events);
      after = events.at(-1)?.position ?? after;
      if (events.length < size) break;
    }
    if (options.follow !== true || left <= 0) return;
    for await (const batch of liveEvents(store, { after, ...filter })) {
      show(batch);
      if (left <= 0) return;
    }
  });
}

function placeOf(event: RecordedEvent): string {
  const { graphId, jobId } = event;
  if (isOfNamespace(event)) return jobId ?? '';
  return jobId === null ? graphId : `${graphId}/${jobId}`;
}

/** Each flag may give several, separated by commas. */
function readTypes(given: readonly string[] | undefined): readonly string[] | undefined {
  const types = given?.flatMap((text) => text.split(',')).map((type) => type.trim());
  for (const type of types ?? []) {
    if (eventTypes.some((known) => known === type)) continue;
    const nearest = nearestTo(type, eventTypes);
    throw new UsageError('usage', `--type: no event is called ${JSON.stringify(type)}; did you mean ${nearest}?`);
  }
  return types;
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
