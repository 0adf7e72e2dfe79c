import { limits } from '../../../domain/limits.js';
import { workersSeenLately } from '../../../history/explain/workers-seen.js';
import { resolveLogMoment, resolveMoment } from '../../../history/moments/moment.js';
import { defined } from '../../../prelude/defined.js';
import { record } from '../../../prelude/codec.js';
import { timeAsked } from '../../../store/jobs.js';
import { placesUnder } from '../../../store/known-limit.js';
import { queueDepths } from '../../../store/queue-depths.js';
import type { Store } from '../../../store/store.js';
import { workers } from '../../../store/workers.js';
import { jsonAnswer } from '../answers.js';
import { Flag, numberIn, PositionParameter, several, textUpTo } from '../parameters.js';
import { type Route, route } from '../route.js';
import { Turns } from '../turns.js';

const name = textUpTo(limits.actorBytesMax, 1);
const AsOfParameters = record('parameters', {}, { asOf: PositionParameter });
const MomentParameters = record('parameters', { at: textUpTo(100, 1) }, { graph: textUpTo(limits.graphIdBytesMax, 1) });
const WorkersParameters = record(
  'parameters',
  {},
  {
    limit: numberIn(1, 1000),
    after: name,
    running: Flag,
    type: several(textUpTo(limits.jobTypeBytesMax, 1), 50),
    host: several(name, 50),
    asOf: PositionParameter,
    eventsMax: numberIn(1, 100_000),
  },
);

const PlacesParameters = record(
  'parameters',
  { key: several(textUpTo(limits.limitKeyBytesMax, 1), limits.limitsPerJobMax) },
  { asOf: PositionParameter },
);

/** What is true of all graphs, now or at a moment. */
export function momentRoutes(store: Store): readonly Route[] {
  // To tell how things stood at a moment, the whole log is folded up to there.
  const turns = new Turns(2);
  return [
    route('GET', 'api/moment', MomentParameters, async ({ parameters: { at, graph } }) => {
      const position = graph === undefined ? await resolveLogMoment(store, at) : await resolveMoment(store, graph, at);
      return jsonAnswer({ position });
    }),
    route('GET', 'api/workers', WorkersParameters, async ({ parameters, signal }) =>
      jsonAnswer(await turns.take(signal, () => workers(store, parameters))),
    ),
    route('GET', 'api/queues', AsOfParameters, async ({ parameters, signal }) =>
      jsonAnswer(await turns.take(signal, () => queueDepths(store, parameters))),
    ),
    route('GET', 'api/places', PlacesParameters, async ({ parameters: { key: keys, asOf } }) => {
      const found = await placesUnder(store.log, keys, asOf ?? null);
      return jsonAnswer(found.map(({ snapshot }) => snapshot));
    }),
    route('GET', 'api/workers-seen', AsOfParameters, async ({ parameters }) => {
      const at = defined(parameters);
      return jsonAnswer(await workersSeenLately(store, await timeAsked(store, at), at));
    }),
  ];
}
