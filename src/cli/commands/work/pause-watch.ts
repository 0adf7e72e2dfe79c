import {
  evolveWork,
  initialWork,
  isTypePaused,
  type Pause,
  pauseOfGraph,
  pausesOfWork,
  type WorkState,
} from '../../../domain/pauses.js';
import { liveEvents } from '../../../store/event-history.js';
import { readWorkEvents } from '../../../store/load-work.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import { pauseLine, resumeWords } from '../../../domain/pause-phrases.js';
import type { GraphWatch } from './graph-watch.js';

/**
 * Says what holds the jobs of a watched graph back: once at the start, and again whenever a type of its jobs, or all work,
 * is paused or goes on. What happens to the graph itself is told with its other events.
 */
export async function tellPauses(
  invocation: Invocation,
  store: Store,
  { graph, after }: GraphWatch,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = invocation;
  const types = [...new Set([...graph.jobs.values()].map((job) => job.definition.type))];
  const inForce = (work: WorkState) => pausesOfWork(work).filter(({ type }) => type === null || types.includes(type));
  const tell = (pause: Pause) =>
    terminal.note(`${pauseLine(pause)}; resume with: ${invocation.hint(...resumeWords(pause))}`);
  const own = pauseOfGraph(graph);
  if (own !== null) tell(own);
  let work = (await readWorkEvents(store.log, after)).reduce(evolveWork, initialWork);
  inForce(work).forEach(tell);
  for await (const batch of liveEvents(store, { after, types: ['WorkPaused', 'WorkResumed'], signal })) {
    const before = work;
    work = batch.reduce(evolveWork, before);
    const known = inForce(before).map(pauseLine);
    inForce(work)
      .filter((pause) => !known.includes(pauseLine(pause)))
      .forEach(tell);
    const over = types.filter((type) => isTypePaused(before, type) && !isTypePaused(work, type));
    if (over.length > 0) terminal.note(`jobs of type ${over.join(', ')} go on`);
  }
}
