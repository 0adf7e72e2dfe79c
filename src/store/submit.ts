import { v5 as uuidV5 } from 'uuid';
import { checkJobGraph } from '../domain/build-job-graph.js';
import type { EventOf, RecordedEvent } from '../domain/events.js';
import type { JobGraph } from '../domain/job-graph.js';
import { decideSubmission, submissionOf } from '../domain/submission.js';
import type { Append } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { orInvalid } from './define.js';
import { appendOrThrow, orThrow } from './or-throw.js';
import type { Store } from './store.js';

/** Another graph, of other content, is stored under the id. It was left as it is. */
export class GraphConflictError extends OverseerError {
  override readonly name = 'GraphConflictError';
  declare readonly code: 'graph-id-taken';
  constructor(readonly graphId: string) {
    super('graph-id-taken', `another graph is stored under the id ${JSON.stringify(graphId)}; nothing was changed`);
  }
}

export interface Submission {
  readonly graphId: string;
  /** False when this very graph was stored already; then nothing was changed. */
  readonly stored: boolean;
  /** The graph that was given. */
  readonly graph: JobGraph;
}

/** The UUID namespace of the ids of parts, which are made from a graph's id and content. Stored ids depend on it. */
const partIds = 'b1c7b1a6-6a4e-5c57-9c1f-3d6f0c3a2b10';

/**
 * Stores a graph: all of it or nothing. Its jobs can run from that moment on. Storing it again changes nothing and says
 * so; a submission that was cut off is completed by it.
 *
 * @throws InvalidGraphError if `jobGraph` or `simpleGraph` could not have built it
 * @throws GraphConflictError if the id is taken by a graph of other content
 */
export async function transactGraph(store: Store, graph: JobGraph): Promise<Submission> {
  const stored = await storeGraph(store, orInvalid(checkJobGraph(graph)));
  return { graphId: graph.id, stored, graph };
}

/**
 * @internal Stores a graph that has been checked; false when this very graph is there already.
 *
 * @throws GraphConflictError
 */
export async function storeGraph(store: Store, checked: JobGraph): Promise<boolean> {
  const graphId = checked.id;
  const submission = submissionOf(checked);
  const context = { actor: store.environment.host, idOf: (name: string) => uuidV5(Buffer.from(name), partIds) };
  for (;;) {
    const decision = decideSubmission(submission, await storedParts(store, graphId), context);
    if (decision.kind === 'conflict') throw new GraphConflictError(graphId);
    if (decision.kind === 'stored') return false;
    const appends = decision.parts.map(({ expectedRevision, event }): Append => ({
      graphId,
      jobId: null,
      expectedRevision,
      events: [event],
    }));
    if (await appendInTurn(store, appends)) return true;
    // Somebody else stores a graph under this id just now: look what it is.
  }
}

/**
 * Appends parts to a graph's stream; false if another writer was faster. The first is appended before the others are sent:
 * behind the first part of another graph, at the very same revisions, the others would be taken, and spoil that one.
 */
async function appendInTurn(store: Store, [first, ...others]: readonly Append[]): Promise<boolean> {
  for (const appends of others.length === 0 ? [[first!]] : [[first!], others]) {
    const results = await appendOrThrow(store.log, appends);
    if (results.some((result) => !result.appended)) return false;
  }
  return true;
}

async function storedParts(
  store: Store,
  graphId: string,
): Promise<readonly (RecordedEvent & EventOf<'GraphSubmitted'>)[]> {
  const events = await orThrow(store.log.readStream({ graphId, jobId: null }));
  return events.filter((event) => event.type === 'GraphSubmitted');
}
