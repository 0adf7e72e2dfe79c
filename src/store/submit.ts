import { v5 as uuidV5, v7 as uuidV7 } from 'uuid';
import type { EventOf, NewEvent } from '../domain/events.js';
import { buildJobGraph, buildSimpleGraph, checkJobGraph, missingHandlers } from '../domain/build-job-graph.js';
import {
  type FullGraph,
  type GraphOptions,
  type GraphProblem,
  type Job,
  type JobGraph,
  type TypeGraph,
} from '../domain/job-graph.js';
import { submission, submissionText } from '../domain/submission.js';
import type { Append } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E, type Either } from '../prelude/fp.js';
import { appendOrThrow, orThrow } from './or-throw.js';
import type { Store } from './store.js';

/** A graph that cannot be: the message names what is wrong and where. Nothing was stored. */
export class InvalidGraphError extends OverseerError {
  override readonly name = 'InvalidGraphError';
  declare readonly code: 'graph-invalid';
  constructor(problem: GraphProblem) {
    super('graph-invalid', problem);
  }
}

/** Another graph, of other content, is stored under the id. It was left as it is. */
export class GraphConflictError extends OverseerError {
  override readonly name = 'GraphConflictError';
  declare readonly code: 'graph-id-taken';
  constructor(readonly graphId: string) {
    super('graph-id-taken', `another graph is stored under the id ${JSON.stringify(graphId)}; nothing was changed`);
  }
}

/** Types of a graph that no handler is given for. */
export class MissingHandlersError extends OverseerError {
  override readonly name = 'MissingHandlersError';
  declare readonly code: 'handlers-missing';
  constructor(readonly types: readonly string[]) {
    super('handlers-missing', `there is no handler for ${types.map((type) => JSON.stringify(type)).join(', ')}`);
  }
}

/**
 * Builds a graph of jobs. Either from types and the types they depend on, one job each, whose id is its type:
 *
 *     jobGraph({ fetch: [], report: ['fetch'] }, { org: 123 })
 *
 * or in the full form, with several jobs of a type, each with args and a retry policy of its own:
 *
 *     jobGraph({ jobs: { 'page-1': { type: 'fetch', args: { page: 1 } }, all: { type: 'join', after: ['page-1'] } } })
 *
 * @param args given to every job; a job's own are put over them
 * @param options an `id` of one's own makes submitting it twice harmless; without one, each call makes a fresh one
 * @throws InvalidGraphError for cycles (named in order), unknown parents, args that JSON cannot hold, and the like
 */
export function jobGraph(
  definition: TypeGraph | FullGraph,
  args: Readonly<Record<string, unknown>> = {},
  options: GraphOptions = {},
): JobGraph {
  return orInvalid(buildJobGraph(definition, args, options, uuidV7()));
}

/**
 * A graph of the given jobs (`{ id, type, args? }`) that do not depend on each other.
 *
 * @throws InvalidGraphError
 */
export function simpleGraph(...jobs: readonly (Pick<Job, 'id' | 'type'> & Partial<Job>)[]): JobGraph {
  return orInvalid(buildSimpleGraph(jobs, uuidV7()));
}

/**
 * Checks that every type in a graph, of whichever form, has a handler.
 *
 * @throws MissingHandlersError naming those that have none
 */
export function validateGraphHandlers(
  handlers: Readonly<Record<string, unknown>>,
  graph: TypeGraph | FullGraph | JobGraph,
): void {
  const missing = missingHandlers(handlers, graph);
  if (missing.length > 0) throw new MissingHandlersError(missing);
}

export interface Submission {
  readonly graphId: string;
  /** False when this very graph was stored already; then nothing was changed. */
  readonly stored: boolean;
  /** The graph that was given. */
  readonly graph: JobGraph;
}

/** Namespace of the ids that follow from a graph's id and content, so that sending a submission again is recognised. */
const submissionIds = 'b1c7b1a6-6a4e-5c57-9c1f-3d6f0c3a2b10';

/**
 * Stores a graph: all of it or nothing. Its jobs can run from that moment on. Storing it again changes nothing and says
 * so; a submission that was cut off is completed by it.
 *
 * @throws InvalidGraphError if it is none that `jobGraph` or `simpleGraph` could have built
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
  const parts = submission(checked);
  const text = submissionText(parts);
  for (;;) {
    const there = await storedParts(store, checked.id);
    const isWhole = there.length > 0 && there.length === there[0]!.data.parts;
    if (isWhole ? submissionText(there) !== text : !isBeginOf(there, parts)) throw new GraphConflictError(checked.id);
    if (isWhole) return false;
    const appends = partsToAppend(checked.id, text, parts, there.length, store.environment.host);
    const results = await appendOrThrow(store.log, appends);
    if (results.every((result) => result.appended)) return true;
    // Somebody else stores a graph under this id just now: look what it is.
  }
}

type Part = EventOf<'GraphSubmitted'>;

async function storedParts(store: Store, graphId: string): Promise<readonly Part[]> {
  const events = await orThrow(store.log.readStream({ graphId, jobId: null }));
  return events.filter((event) => event.type === 'GraphSubmitted');
}

function isBeginOf(there: readonly Part[], parts: readonly Part[]): boolean {
  return there.every((part, index) => {
    const ours = parts[index];
    return (
      ours !== undefined && ours.data.parts === part.data.parts && submissionText([part]) === submissionText([ours])
    );
  });
}

function partsToAppend(
  graphId: string,
  text: string,
  parts: readonly Part[],
  from: number,
  actor: string,
): readonly Append[] {
  const idOf = (part: number) => uuidV5(`${graphId}\n${part}\n${text}`, submissionIds);
  return parts.slice(from).map((event, index): Append => {
    const part = from + index;
    const submitted: NewEvent = { id: idOf(part), event, causationId: part === 0 ? null : idOf(part - 1), actor };
    return { graphId, jobId: null, expectedRevision: part - 1, events: [submitted] };
  });
}

/** @internal */
export function orInvalid<A>(built: Either<GraphProblem, A>): A {
  if (E.isLeft(built)) throw new InvalidGraphError(built.left);
  return built.right;
}
