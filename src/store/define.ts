import { v7 as uuidV7 } from 'uuid';
import { buildJobGraph, buildSimpleGraph, missingHandlers, unusedHandlers } from '../domain/build-job-graph.js';
import type {
  FullGraph,
  GraphOptions,
  GraphProblem,
  JobArgs,
  JobGraph,
  SimpleJob,
  TypeGraph,
} from '../domain/job-graph.js';
import { OverseerError } from '../prelude/errors.js';
import { shownName } from '../prelude/known-names.js';
import { E, type Either } from '../prelude/fp.js';
import { closeTo } from '../prelude/nearest.js';

/** The graph is not a valid one. The message names what is wrong and where. Nothing was stored. */
export class InvalidGraphError extends OverseerError {
  override readonly name = 'InvalidGraphError';
  declare readonly code: 'graph-invalid';
  constructor(problem: GraphProblem) {
    super('graph-invalid', problem);
  }
}

/** The graph has types without a handler. */
export class MissingHandlersError extends OverseerError {
  override readonly name = 'MissingHandlersError';
  declare readonly code: 'handlers-missing';
  /** @param unused types that have a handler, and no job: one of them may be meant */
  constructor(
    readonly types: readonly string[],
    unused: readonly string[] = [],
  ) {
    const named = types.map((type) => {
      const near = closeTo(type, unused);
      return `${shownName(type)}${near === null ? '' : ` (did you mean ${near}?)`}`;
    });
    super('handlers-missing', `there is no handler for ${named.join(', ')}`);
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
 * @param args given to every job; a job's own args are merged over them
 * @param options with an `id` of your own, submitting the graph twice is harmless; without one, each call makes a new id
 * @throws InvalidGraphError for cycles (named in order), unknown parents, args that JSON cannot hold, and the like
 */
export function jobGraph(definition: TypeGraph | FullGraph, args: JobArgs = {}, options: GraphOptions = {}): JobGraph {
  return orInvalid(buildJobGraph(definition, args, options, uuidV7()));
}

/**
 * A graph of the given jobs (`{ id, type, args? }`) that do not depend on each other.
 *
 * @throws InvalidGraphError
 */
export function simpleGraph(...jobs: readonly SimpleJob[]): JobGraph {
  return orInvalid(buildSimpleGraph(jobs, uuidV7()));
}

/**
 * Checks that every type of a graph has a handler. The graph may be in any of its forms.
 *
 * @throws MissingHandlersError naming those that have none
 */
export function validateGraphHandlers(
  handlers: Readonly<Record<string, unknown>>,
  graph: TypeGraph | FullGraph | JobGraph,
): void {
  const missing = missingHandlers(handlers, graph);
  if (missing.length > 0) throw new MissingHandlersError(missing, unusedHandlers(handlers, graph));
}

/** @internal */
export function orInvalid<A>(built: Either<GraphProblem, A>): A {
  if (E.isLeft(built)) throw new InvalidGraphError(built.left);
  return built.right;
}
