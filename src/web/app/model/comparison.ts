import { type ChangedJob, compareGraphs, type GraphDiff } from '../../../history/moments/compare.js';
import type { GraphModel } from './graph-model.js';

/** A graph at a moment. */
export interface Side {
  readonly model: GraphModel;
  readonly number: number;
}

/** A job that took longer in one than in the other. */
export interface Pace {
  readonly jobId: string;
  /** How long its last attempt took, in milliseconds. */
  readonly before: number;
  readonly after: number;
}

export interface Comparison {
  readonly diff: GraphDiff;
  /** Jobs of which more differs than how long they took. */
  readonly changed: readonly ChangedJob[];
  /** Jobs that ended in both, the largest difference in time first. */
  readonly pace: readonly Pace[];
}

/** What differs between two moments of a graph, or two runs. */
export function compareSides(before: Side, after: Side): Comparison {
  const [first, second] = [before, after].map(({ model, number }) => ({
    info: model.infoAt(number),
    asOf: model.event(number).position,
  }));
  const diff = compareGraphs(first!, second!);
  const pace = diff.changed.flatMap(({ jobId, durationMs }) => {
    if (durationMs === undefined || durationMs.before === null || durationMs.after === null) return [];
    return [{ jobId, before: durationMs.before, after: durationMs.after }];
  });
  const apart = ({ before, after }: Pace) => Math.abs(after - before);
  return {
    diff,
    changed: diff.changed.filter((job) => Object.keys(job).some((name) => name !== 'jobId' && name !== 'durationMs')),
    pace: pace.sort((a, b) => apart(b) - apart(a)),
  };
}
