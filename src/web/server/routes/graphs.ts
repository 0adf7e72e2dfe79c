import type { Position } from '../../../domain/events.js';
import { graphStatuses } from '../../../domain/graph.js';
import { record } from '../../../prelude/codec.js';
import { missingGraph } from '../../../store/load-graph.js';
import { orThrow } from '../../../store/or-throw.js';
import { readWorkEvents } from '../../../store/load-work.js';
import { lastPosition } from '../../../store/read-log.js';
import { searchCharactersMax } from '../../../store/search.js';
import type { Store } from '../../../store/store.js';
import { endingAtOnce } from '../../../prelude/ending-at-once.js';
import { defined } from '../../../prelude/defined.js';
import { jsonAnswer } from '../answers.js';
import { changes } from '../changes.js';
import { type EventLines, linesOfGraph } from '../event-lines.js';
import { follow } from '../follow.js';
import { GraphList } from '../graph-list.js';
import { invalid, Labels, none, numberIn, oneOf, PositionParameter, several, textUpTo } from '../parameters.js';
import { type Route, route } from '../route.js';
import { eventStreamAnswer, linesAnswer } from '../streams.js';

const ListParameters = record(
  'parameters',
  {},
  {
    limit: numberIn(1, 1000),
    after: textUpTo(500, 1),
    status: several(oneOf(graphStatuses), graphStatuses.length),
    label: Labels,
    search: textUpTo(searchCharactersMax),
    asOf: PositionParameter,
  },
);

const FromParameters = record('parameters', {}, { after: PositionParameter });

/** Lists, the events of a graph, and what is new. */
export function graphRoutes(store: Store): readonly Route[] {
  const list = new GraphList(store);
  const { log } = store;
  return [
    route('GET', 'api/graphs', ListParameters, async ({ parameters: { label: labels, ...rest }, signal }) =>
      jsonAnswer(await list.page(defined({ ...rest, labels }), signal)),
    ),
    route('GET', 'api/graphs/ID', none, async ({ ids: [id] }) => jsonAnswer(await list.summary(id!))),
    route('GET', 'api/graphs/ID/events', FromParameters, async ({ ids: [id], parameters, signal }) => {
      await assertThere(store, id!);
      const pages = linesOfGraph(log, id!, parameters.after ?? null);
      // What is wrong with the log should be an answer of its own, and not a list that breaks off.
      const first = await pages.next();
      return linesAnswer(
        endingAtOnce(linesOf(first, pages), () => {}),
        signal,
      );
    }),
    route('GET', 'api/graphs/ID/follow', FromParameters, async ({ ids: [id], parameters, request, signal }) => {
      await assertThere(store, id!);
      return eventStreamAnswer(follow(store, id!, lastEventId(request) ?? parameters.after ?? null), signal);
    }),
    route('GET', 'api/changes', none, async ({ request, signal }) => {
      const known = lastEventId(request);
      return eventStreamAnswer(changes(store, await lastPosition(log), known), signal);
    }),
    route('GET', 'api/work-events', none, async () => jsonAnswer(await readWorkEvents(log))),
  ];
}

async function* linesOf(
  first: IteratorResult<EventLines, unknown>,
  pages: AsyncGenerator<EventLines>,
): AsyncGenerator<string> {
  if (first.done === true) return;
  yield `${first.value.lines.join('\n')}\n`;
  for await (const { lines } of pages) yield `${lines.join('\n')}\n`;
}

/** @throws RejectedError `graph-not-found` */
async function assertThere(store: Store, graphId: string): Promise<void> {
  const own = await orThrow(store.log.readStream({ graphId, jobId: null }, { to: 0 }));
  if (own.length === 0) throw await missingGraph(store, graphId);
}

/** Where a browser goes on that was connected before. */
function lastEventId(request: Request): Position | null {
  const given = request.headers.get('last-event-id');
  if (given === null || given === '') return null;
  if (PositionParameter.decode(given)._tag === 'Right') return given as Position;
  throw invalid('the header last-event-id is not a position in the log');
}
