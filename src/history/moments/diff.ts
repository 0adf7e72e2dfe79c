import type { Position } from '../../domain/events.js';
import { assertOptions } from '../../prelude/known-names.js';
import { graphInfo } from '../../store/graph-info.js';
import type { Store } from '../../store/store.js';
import { compareGraphs, type GraphDiff } from './compare.js';

/** A graph, as of a moment or now. */
export interface DiffSide {
  readonly graphId: string;
  readonly asOf?: Position;
}

/**
 * Compares a graph with itself at another moment, or with another run of the same definition.
 *
 * @throws RejectedError `graph-not-found`
 */
export async function diff(store: Store, before: DiffSide, after: DiffSide): Promise<GraphDiff> {
  const read = (side: DiffSide) => {
    assertOptions<DiffSide>('a side of diff', side, { graphId: true, asOf: true });
    const { graphId, asOf } = side;
    return graphInfo(store, graphId, asOf === undefined ? {} : { asOf });
  };
  const [first, second] = [await read(before), await read(after)];
  return compareGraphs({ info: first, asOf: before.asOf }, { info: second, asOf: after.asOf });
}
