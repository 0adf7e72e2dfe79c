import { type FullGraph, type GraphOptions, isBuiltGraph, type JobGraph, type TypeGraph } from '../domain/job-graph.js';
import { defined } from '../prelude/defined.js';
import { jobGraph } from '../store/define.js';
import { invalid } from './known.js';

/** A graph in any form: what `jobGraph` returns, or what it takes. */
export type AnyGraph = JobGraph | TypeGraph | FullGraph;

/** What `jobGraph` takes besides. */
export interface GraphDetails extends GraphOptions {
  readonly args?: Readonly<Record<string, unknown>>;
}

export const graphDetailKeys = ['args', 'id', 'labels', 'priority', 'startAfter', 'deadline', 'deadlineMs'];

/** The graph that is meant. Unless it has an id, it gets one that is the same in every run of the test. */
export function graphFrom(form: AnyGraph, { args, ...options }: GraphDetails, freshId: () => string): JobGraph {
  const { id, ...others } = options;
  if (!isBuiltGraph(form)) return jobGraph(form, args, { ...defined(others), id: id ?? freshId() });
  const given = Object.entries({ args, ...options }).find(([, value]) => value !== undefined);
  if (given !== undefined) invalid(`the graph is built already; give ${given[0]} to jobGraph`);
  return form;
}
