import { closed, problems } from '../../prelude/codec.js';
import { type Position, RetryPolicy } from '../../domain/events.js';
import { GraphState } from '../../domain/graph.js';
import { type Patch, patchBetween } from '../../prelude/json-patch.js';
import { evolved, type Projection, storableState } from '../projections/projection.js';
import { suppose, type SupposedPolicy, type Supposition } from './supposition.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import type { AsOf } from '../../store/graph-info.js';
import { existingGraph } from '../../store/load-graph.js';
import { orThrow } from '../../store/or-throw.js';
import type { Projected } from '../projections/checkpoint.js';
import { projected } from '../projections/project.js';
import type { Store } from '../../store/store.js';
import { assertOptions } from '../../prelude/known-names.js';

export interface WhatIfRequest extends AsOf {
  /**
   * The policy that every job would have had; or a function that gives it for some jobs, and nothing for those that
   * stay as they are recorded.
   */
  readonly retry: RetryPolicy | SupposedPolicy;
}

/**
 * What would have become of a graph under another retry policy: every decision on whether to try again is made anew, on
 * the attempts that are recorded. How long it would have waited between them is not told. Writes nothing.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `retry-invalid` if it is not a retry policy
 */
export async function whatIf(store: Store, graphId: string, request: WhatIfRequest): Promise<Supposition> {
  assertOptions<WhatIfRequest>('whatIf', request, { retry: true, asOf: true });
  const { retry, asOf } = request;
  const policyOf =
    typeof retry === 'function' ? (job: Parameters<SupposedPolicy>[0]) => checked(retry(job)) : () => checked(retry);
  checked(typeof retry === 'function' ? undefined : retry);
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  await existingGraph(store, graphId, events);
  return suppose(new GraphState(graphId), events, policyOf);
}

export interface CompareRequest extends AsOf {
  /** Show them the events of this graph only. */
  readonly graphId?: string;
}

/** Two projections of the same events. */
export interface ComparedProjections {
  readonly position: Position | null;
  readonly before: unknown;
  readonly after: unknown;
  /** What leads from one state to the other, in the form of RFC 6902. */
  readonly differences: Patch;
}

/**
 * Folds the same events with two projections and says where their states differ. Writes nothing.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `projection-failed` or `projection-invalid`
 */
export async function compareProjections<Before, After>(
  store: Store,
  before: Projection<Before>,
  after: Projection<After>,
  request: CompareRequest = {},
): Promise<ComparedProjections> {
  assertOptions<CompareRequest>('compareProjections', request, { graphId: true, asOf: true });
  const [first, second] = [await stateOf(store, before, request), await stateOf(store, after, request)];
  const differences = patchBetween(storableState(before, first.state), storableState(after, second.state));
  return { position: second.position, before: first.state, after: second.state, differences };
}

async function stateOf<State>(
  store: Store,
  projection: Projection<State>,
  { graphId, asOf }: CompareRequest,
): Promise<Projected<State>> {
  if (graphId === undefined) return await projected(store, projection, asOf === undefined ? {} : { asOf });
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  await existingGraph(store, graphId, events);
  const { types } = projection.filter;
  let state = projection.initial;
  for (const event of events) {
    const isShown = types === undefined || types.some((type) => type === event.type);
    if (isShown) state = evolved(projection, state, event);
  }
  return { state, position: events.at(-1)!.position };
}

const codec = closed(RetryPolicy);

function checked(policy: RetryPolicy | undefined): RetryPolicy | undefined {
  if (policy === undefined) return undefined;
  const decoded = codec.decode(policy);
  if (E.isRight(decoded)) return decoded.right;
  throw new OverseerError(
    'retry-invalid',
    `this is not a retry policy: ${problems(decoded.left)
      .join('; ')
      .replace(/^the value: /, '')}`,
  );
}
