import type { Colors } from 'picocolors/types.js';
import type { GraphState } from '../../../domain/graph.js';
import type { Json } from '../../../prelude/json.js';
import { pairLines } from '../../output/table.js';

/** Which results are printed: of jobs that no other depends on, or of all. */
export interface ResultsOptions {
  readonly results?: boolean;
  readonly allResults?: boolean;
}

type Results = Readonly<Record<string, Json>>;

/** The results of the finished jobs that were asked for, by id, in the order of the graph; null if none were. */
export function resultsAsked(
  graph: GraphState,
  { results = false, allResults = false }: ResultsOptions,
): Results | null {
  if (!results && !allResults) return null;
  const jobs = [...graph.jobs.values()].filter(
    (job) => job.status === 'finished' && (allResults || job.children.length === 0),
  );
  return Object.fromEntries(jobs.map((job) => [job.id, job.state.result]));
}

/** Each result as JSON in a line of its own. None is cut, however long: somebody asked for it. */
export function resultLines(results: Results, paint: Colors): string[] {
  const pairs = Object.entries(results).map(([id, result]) => [id, JSON.stringify(result)] as const);
  return pairs.length === 0 ? ['no results'] : pairLines(pairs, paint);
}
