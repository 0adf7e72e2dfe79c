import type { JobNode } from '../../../domain/graph.js';
import type { DrawnGraph } from './drawn-graph.js';

/** What a search has found. */
export interface Matches {
  readonly isMatch: (job: number) => boolean;
  /** How many jobs of each unit. */
  readonly byUnit: readonly number[];
  readonly count: number;
}

/** Jobs to lift out: those whose id or type contains a text, in whatever case, or those of some ids. */
export type Search = string | ReadonlySet<string>;

/** The jobs that are lifted out; null for no text, which lifts out none. */
export function matchesOf({ nodes, units }: Pick<DrawnGraph, 'nodes' | 'units'>, search: Search): Matches | null {
  if (typeof search === 'string' && search.trim() === '') return null;
  const isFound = foundBy(search);
  const found = new Uint8Array(nodes.length);
  for (const node of nodes) if (isFound(node)) found[node.index] = 1;
  const isMatch = (job: number) => found[job] === 1;
  const byUnit = units.map(({ jobs }) => jobs.reduce((sum, job) => sum + found[job]!, 0));
  return { isMatch, byUnit, count: found.reduce((sum, each) => sum + each, 0) };
}

function foundBy(search: Search): (node: JobNode) => boolean {
  if (typeof search !== 'string') return ({ id }) => search.has(id);
  const wanted = search.trim().toLowerCase();
  return ({ id, definition }) => `${id}\n${definition.type}`.toLowerCase().includes(wanted);
}
