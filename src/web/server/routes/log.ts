import { eventTypes, type Position } from '../../../domain/events.js';
import type { EventLog, ReadStored } from '../../../log/event-log.js';
import { defined } from '../../../prelude/defined.js';
import { record } from '../../../prelude/codec.js';
import { limits } from '../../../domain/limits.js';
import { orThrow } from '../../../store/or-throw.js';
import { jsonAnswer } from '../answers.js';
import { lineOf } from '../event-lines.js';
import { invalid, numberIn, oneOf, PositionParameter, several, textUpTo } from '../parameters.js';
import { type Route, route } from '../route.js';
import type { StoredEvent } from '../../../evidence/canonical-event.js';

/** An event may be half a megabyte long, so few are read at once, and a page of long ones is cut short. */
const readAtOnce = 50;
const pageCharactersMax = 4 * 1024 * 1024;

const LogParameters = record(
  'parameters',
  {},
  {
    after: PositionParameter,
    before: PositionParameter,
    limit: numberIn(1, 500),
    type: several(oneOf(eventTypes), eventTypes.length),
    graph: textUpTo(limits.graphIdBytesMax, 1),
  },
);

/** A page of the log. The lines are in log order, whichever way it was read. */
interface LogPage {
  readonly lines: readonly string[];
  /** To be given as `after` for what follows; null if nothing does yet. */
  readonly next: Position | null;
  /** To be given as `before` for what is before; null at the start of the log. */
  readonly previous: Position | null;
}

/** The whole log: forwards after a position, or backwards before one; from its end unless one is given. */
export function logRoutes(log: EventLog): readonly Route[] {
  return [
    route('GET', 'api/log', LogParameters, async ({ parameters }) => {
      const { after, before, limit = 100, type: types, graph: graphId } = parameters;
      if (after !== undefined && before !== undefined) throw invalid('give either after or before, and not both');
      const filter = defined({ types, graphId });
      const isForwards = after !== undefined;
      const direction = isForwards ? 'forwards' : 'backwards';
      const read = await readPage(log, { ...filter, direction, after: after ?? before ?? null }, limit);
      const events = isForwards ? read.events : read.events.toReversed();
      return jsonAnswer(await pageOf(log, filter, events, read.isCut, isForwards));
    }),
  ];
}

type From = Omit<ReadStored, 'limit'>;

/** Events in the order in which they are read, and whether there are more. */
async function readPage(log: EventLog, from: From, limit: number) {
  const events: StoredEvent[] = [];
  let characters = 0;
  let { after = null } = from;
  // One more than fits tells that there are more.
  while (events.length <= limit) {
    const most = Math.min(readAtOnce, limit + 1 - events.length);
    const read: readonly StoredEvent[] = await orThrow(log.readStored({ ...from, after, limit: most }));
    for (const event of read) {
      characters += event.data.length;
      if (events.length === limit || (events.length > 0 && characters > pageCharactersMax))
        return { events, isCut: true };
      events.push(event);
    }
    if (read.length < most) break;
    after = read.at(-1)!.position;
  }
  return { events, isCut: false };
}

async function pageOf(
  log: EventLog,
  filter: From,
  events: readonly StoredEvent[],
  isCut: boolean,
  isForwards: boolean,
): Promise<LogPage> {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return { lines: [], next: null, previous: null };
  const isMore = async (direction: 'forwards' | 'backwards', after: Position) =>
    (await orThrow(log.readStored({ ...filter, direction, after, limit: 1 }))).length > 0;
  const hasNext = isForwards ? isCut : await isMore('forwards', last.position);
  const hasPrevious = isForwards ? await isMore('backwards', first.position) : isCut;
  return {
    lines: events.map(lineOf),
    next: hasNext ? last.position : null,
    previous: hasPrevious ? first.position : null,
  };
}
