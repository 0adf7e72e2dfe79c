import type { DrawnGraph } from './drawn-graph.js';

/** What a search has found. */
export interface Matches {
  readonly isMatch: (job: number) => boolean;
  /** How many jobs of each unit. */
  readonly byUnit: readonly number[];
  readonly count: number;
}

/** The jobs whose id or type contains a text, in whatever case; null for no text. */
export function matchesOf({ nodes, units }: Pick<DrawnGraph, 'nodes' | 'units'>, search: string): Matches | null {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return null;
  const found = new Uint8Array(nodes.length);
  for (const { id, definition, index } of nodes) {
    if (`${id}\n${definition.type}`.toLowerCase().includes(wanted)) found[index] = 1;
  }
  const isMatch = (job: number) => found[job] === 1;
  const byUnit = units.map(({ jobs }) => jobs.reduce((sum, job) => sum + found[job]!, 0));
  return { isMatch, byUnit, count: found.reduce((sum, each) => sum + each, 0) };
}
