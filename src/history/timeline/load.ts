import type { GraphTimeline, JobTimeline, SpanKind } from './spans.js';

/** How many jobs were in each kind during each of a number of equal parts of the time, on average. */
export type Load = Readonly<Record<SpanKind, readonly number[]>>;

/** What the jobs of a type did, part by part of the time that a picture shows. */
export function loadOf(jobs: readonly JobTimeline[], { from, to }: GraphTimeline, parts: number): Load {
  const none = () => new Array<number>(parts).fill(0);
  const load = {
    ...{ blocked: none(), delayed: none(), ready: none(), awaiting: none() },
    ...{ 'backing-off': none(), deferred: none(), running: none() },
  };
  const partMs = Math.max(1, to - from) / parts;
  for (const job of jobs) {
    for (const span of job.spans) {
      const sums = load[span.kind];
      const [begin, end] = [(span.from - from) / partMs, (span.to - from) / partMs];
      const last = Math.min(parts - 1, Math.floor(end));
      for (let part = Math.max(0, Math.floor(begin)); part <= last; part++) {
        sums[part]! += Math.max(0, Math.min(end, part + 1) - Math.max(begin, part));
      }
    }
  }
  return load;
}
