import type { GraphInfo } from '../../../domain/graph-info.js';
import { writeOutput } from '../../call/output-file.js';
import { UsageError } from '../../failure.js';
import { graphDot } from '../../output/drawings/graph-dot.js';
import type { Terminal } from '../../output/terminal.js';

export interface PictureOptions {
  readonly dot?: string;
  readonly svg?: string;
  /** Every job in a picture, instead of groups. */
  readonly all?: boolean;
}

/** Writes what was asked for of a graph's pictures. */
export async function drawGraph(
  graph: GraphInfo,
  { dot, svg, all }: PictureOptions,
  terminal: Terminal,
): Promise<void> {
  if (dot !== undefined) writeOutput(dot, graphDot(graph), terminal);
  if (svg !== undefined) writeOutput(svg, await svgOf(graph, all === true), terminal);
}

/** @throws UsageError `graph-too-large` */
async function svgOf(graph: GraphInfo, isEachJobDrawn: boolean): Promise<string> {
  // Its library lays graphs out, which nothing else needs.
  const { drawnJobsMax, graphSvg } = await import('../../output/drawings/graph-svg.js');
  const { groupedGraphSvg, groupedAbove } = await import('../../output/drawings/grouped-graph-svg.js');
  const jobs = Object.keys(graph.jobs).length;
  if (!isEachJobDrawn && jobs > groupedAbove) return groupedGraphSvg(graph);
  if (jobs <= drawnJobsMax) return graphSvg(graph);
  const message = `graph ${graph.id} has ${jobs} jobs; up to ${drawnJobsMax} are drawn one by one. Leave --all out to draw groups, or let --dot write any number`;
  throw new UsageError('graph-too-large', message);
}
