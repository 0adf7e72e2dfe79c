import { GraphState } from '../domain/graph.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { PlaceOwner } from '../domain/limit-places.js';
import { comparePositions } from '../domain/positions.js';
import type { EventLog } from '../log/event-log.js';
import { orThrow } from './or-throw.js';

/**
 * @internal How the attempt stands that has a place: it *runs*; it *is over*, or can never begin any more, and the place can be given back;
 * or its claim *may come*, since nothing was written to its job's stream since.
 */
export type Standing = 'runs' | 'is-over' | 'may-come';

/** @internal Reads how the attempt stands that has a place, now or at a position. That it is over stays so. @throws LogError */
export async function standingOf(
  log: Pick<EventLog, 'readStream' | 'readGraph'>,
  owner: PlaceOwner,
  asOf: Position | null = null,
): Promise<Standing> {
  const isThen = ({ position }: RecordedEvent) => asOf === null || comparePositions(position, asOf) <= 0;
  const { graphId, jobId, attempt, after } = owner;
  const own = await orThrow(log.readStream({ graphId, jobId }, { from: after + 1 }));
  const standing = byItsStream(own.filter(isThen), attempt);
  if (standing !== 'runs') return standing;
  // An abort of its graph ends an attempt too, and may stand in the graph's own stream only.
  const ofGraph = await orThrow(log.readStream({ graphId, jobId: null }));
  if (!ofGraph.some((event) => event.type === 'GraphAborted' && isThen(event))) return 'runs';
  const graph = new GraphState(graphId);
  for (const event of await orThrow(log.readGraph(graphId, asOf))) graph.apply(event);
  const job = graph.jobs.get(jobId);
  return job?.status === 'started' && job.state.attempt === attempt ? 'runs' : 'is-over';
}

/** What the events of its job's stream say that follow the revision behind which it was to be claimed. */
function byItsStream([first, ...later]: readonly RecordedEvent[], attempt: number): Standing {
  if (first === undefined) return 'may-come';
  if (first.type !== 'JobStarted' || first.data.attempt !== attempt) return 'is-over';
  return later.some((event) => ends(event, attempt)) ? 'is-over' : 'runs';
}

function ends(event: RecordedEvent, attempt: number): boolean {
  switch (event.type) {
    case 'JobFinished':
    case 'JobFaulted':
    case 'JobSkipped':
    case 'JobDeferred':
    case 'JobExpired':
      return event.data.attempt === attempt;
    case 'JobAborted':
    case 'JobStarted':
      return true;
    default:
      return false;
  }
}
