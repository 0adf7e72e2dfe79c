import { canonicalJson, jsonBytes } from '../prelude/json.js';
import type { EventOf, JobDefinition } from './events.js';
import type { Job, JobGraph } from './job-graph.js';
import { limits } from './limits.js';

/** The events that submit a graph, in parts of bounded size. The args most jobs share are written once. */
export function submission(graph: JobGraph): readonly EventOf<'GraphSubmitted'>[] {
  const jobs = Object.values(graph.jobs);
  const shared = jobs[0]!.args;
  const sharedText = canonicalJson(shared);
  const parts: JobDefinition[][] = [[]];
  let bytes = sharedText.length;
  for (const job of jobs) {
    const isShared = job.args === shared || canonicalJson(job.args) === sharedText;
    const definition = definitionOf(job, isShared ? { args: undefined } : {});
    const size = jsonBytes(definition) + 1;
    if (bytes + size > limits.submissionPartBytes && parts.at(-1)!.length > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(definition);
    bytes += size;
  }
  return parts.map((jobs, index) => ({
    type: 'GraphSubmitted',
    data: {
      part: index + 1,
      parts: parts.length,
      jobs,
      args: index === 0 ? shared : {},
      labels: index === 0 ? graph.labels : {},
      priority: index === 0 ? graph.priority : 0,
      ...(index === 0 && graph.forkedFrom !== undefined ? { forkedFrom: graph.forkedFrom } : {}),
    },
  }));
}

/** A job as its submission states it. */
export function definitionOf(job: Job, override: { readonly args?: undefined }): JobDefinition {
  const { id, type, parents, args, retry, timeoutMs, maximumLostLeases, carried } = { ...job, ...override };
  return {
    id,
    type,
    parents,
    ...(args === undefined ? {} : { args }),
    ...(retry === undefined ? {} : { retry }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maximumLostLeases === undefined ? {} : { maximumLostLeases }),
    ...(carried === undefined ? {} : { carried }),
  };
}

/**
 * A submitted graph as one value whose text is equal for equal graphs, however many parts it came in. Of a fork it counts
 * which graph it was made from and what was carried over, not at which position that was looked at.
 */
export function submissionText(parts: readonly EventOf<'GraphSubmitted'>[]): string {
  const [first] = parts;
  if (first === undefined) return '';
  const { args, labels, priority, forkedFrom } = first.data;
  const jobs = parts.flatMap((part) => part.data.jobs);
  return canonicalJson({
    labels,
    priority,
    ...(forkedFrom === undefined ? {} : { forkedFrom: forkedFrom.graphId }),
    jobs: Object.fromEntries(jobs.map((job) => [job.id, { args, ...job, parents: [...job.parents].sort() }])),
  });
}
