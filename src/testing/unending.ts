import { explainGraph } from '../history/explain/explain.js';
import type { GraphExplanation } from '../history/explain/explanation.js';
import type { JobBrief } from '../history/explain/job-briefs.js';
import { OverseerError } from '../prelude/errors.js';
import type { Store } from '../store/store.js';
import { inWords } from '../prelude/duration.js';

const namedMax = 10;

export interface Unending {
  readonly store: Store;
  readonly graphId: string;
  /** What it was waited for. */
  readonly forWhat: string;
  /** For how long, in virtual time; null if nothing can happen any more, however long one waits. */
  readonly waitedMs: number | null;
  /** The types that workers of the test have handlers for, of those that run. */
  readonly handled: readonly string[];
  readonly workers: number;
}

/** The error of a graph that is waited for in vain. It says what the graph waits for. */
export async function unending({ store, graphId, forWhat, waitedMs, ...who }: Unending): Promise<OverseerError> {
  const explanation = await explainGraph(store, graphId);
  const waited = waitedMs === null ? ', and nothing more can happen' : ` within ${inWords(waitedMs)} of virtual time`;
  const remedy = waitedMs === null ? [] : ['If it may take longer, give a longer `within`.'];
  const lines = [`graph ${graphId} has not ${forWhat}${waited}:`, ...reasons(explanation, who), ...remedy];
  return new OverseerError('graph-unending', lines.join('\n'));
}

function reasons(graph: GraphExplanation, { handled, workers }: Pick<Unending, 'handled' | 'workers'>): string[] {
  const ready = graph.ready.map(({ type, jobs }) => {
    const which = `${listed(jobs)} ${jobs.length === 1 ? 'is' : 'are'} ready`;
    if (workers === 0) return which;
    if (handled.includes(type)) return `${which} and waits for a worker with a free slot`;
    return `${which}, but no worker has a handler for ${JSON.stringify(type)}; they have handlers for ${listed(handled)}`;
  });
  const backingOff = named(graph.backingOff, ({ id, attempt, notBefore, failure }) => {
    const why = failure === null ? '' : `: ${failure.exception}: ${failure.message ?? ''}`;
    return `${id} backs off until ${notBefore} after attempt ${attempt}${why}`;
  });
  const deferred = named(graph.deferred, ({ id, notBefore, deferReason }) => {
    return `${id} is put off by its handler until ${notBefore}: ${deferReason}`;
  });
  const delayed = named(graph.delayed, ({ id, notBefore }) => `${id} is delayed until ${notBefore}`);
  const awaiting = named(graph.awaiting, ({ id, awaits }) => `${id} waits for the answer of ${awaits}`);
  const started = named(
    graph.started,
    ({ id, attempt, worker, startedAt }) => `attempt ${attempt} of ${id} runs on ${worker} since ${startedAt}`,
  );
  const failed = named(graph.failed, ({ id, failure }) => `${id} has failed: ${failure?.message ?? 'no reason known'}`);
  const status = graph.status === 'running' ? [] : [`it is ${graph.status}`];
  const nobody = workers === 0 ? ['no worker runs'] : [];
  return [
    ...status,
    ...nobody,
    ...ready,
    ...backingOff,
    ...deferred,
    ...delayed,
    ...awaiting,
    ...started,
    ...failed,
  ].map((line) => `  ${line}`);
}

function named(briefs: readonly JobBrief[], inWords: (brief: JobBrief) => string): string[] {
  const left = briefs.length - namedMax;
  return [...briefs.slice(0, namedMax).map(inWords), ...(left > 0 ? [`… and ${left} more`] : [])];
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const left = names.length - namedMax;
  return `${names.slice(0, namedMax).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
