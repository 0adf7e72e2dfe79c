import type { Position, RecordedEvent } from '../../domain/events.js';
import { graphNotFound } from '../../domain/not-found.js';
import { shownId } from '../../prelude/known-names.js';
import { orThrow, RejectedError } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { UsageError } from '../failure.js';
import { listed } from '../../prelude/phrases.js';

/** What GRAPH or GRAPH/JOB on the command line names. */
export interface Reference {
  readonly graphId: string;
  /** Null if the whole graph is meant. */
  readonly jobId: string | null;
}

const readBatch = 1000;

/**
 * Finds what a reference names. A graph's id may be shortened to any beginning that no other graph shares. A job's id may
 * not, but may hold slashes, which a graph's cannot.
 *
 * @throws UsageError `reference-invalid` or `reference-ambiguous`; RejectedError `graph-not-found`
 */
export async function resolveReference(store: Store, text: string): Promise<Reference> {
  const slash = text.indexOf('/');
  const graph = slash < 0 ? text : text.slice(0, slash);
  const jobId = slash < 0 ? null : text.slice(slash + 1);
  if (graph === '')
    throw new UsageError('reference-invalid', `${shownId(text)} names no graph; give GRAPH or GRAPH/JOB`);
  if (jobId === '')
    throw new UsageError('reference-invalid', `${shownId(text)} names no job after the slash; give GRAPH/JOB`);
  return { graphId: await resolveGraphId(store, graph), jobId };
}

/**
 * Finds the graph that a reference names, where a job makes no sense.
 *
 * @param options.advice what to do instead of naming a job
 * @throws as {@link resolveReference} does
 */
export async function resolveGraph(
  store: Store,
  text: string,
  { advice }: { readonly advice: string },
): Promise<string> {
  const { graphId, jobId } = await resolveReference(store, text);
  if (jobId === null) return graphId;
  throw new UsageError('reference-invalid', `${text} names a job; ${advice}`);
}

async function resolveGraphId(store: Store, text: string): Promise<string> {
  const own = await orThrow(store.log.readStream({ graphId: text, jobId: null }, { to: 0 }));
  if (own.length > 0) return text;
  const all = await graphIds(store);
  const candidates = [...all].filter((graphId) => graphId.startsWith(text));
  if (candidates.length === 1) return candidates[0]!;
  if (candidates.length === 0) throw new RejectedError(graphNotFound(text, all));
  throw new UsageError(
    'reference-ambiguous',
    `${shownId(text)} could be any of ${candidates.length} graphs: ${listed(candidates, 10)}; give more of the id`,
  );
}

async function graphIds(store: Store): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const filter = { types: ['GraphSubmitted'] };
  for (let after: Position | null = null; ;) {
    const events: readonly RecordedEvent[] = await orThrow(store.log.readAll({ after, filter, limit: readBatch }));
    for (const { graphId } of events) found.add(graphId);
    if (events.length < readBatch) return found;
    after = events.at(-1)!.position;
  }
}
