import { grouped } from '../../prelude/grouped.js';
import { type JobStatus, noJobs } from '../../domain/job.js';
import { type GraphTimeline, isWrong, type JobTimeline, noTime, type SpanKind, spanKinds } from './spans.js';

/** What all jobs of a type did with their time. */
export interface TypeTimeline {
  readonly type: string;
  readonly jobs: number;
  /** Jobs by status. */
  readonly counts: Readonly<Record<JobStatus, number>>;
  readonly attempts: number;
  /** Attempts that did not finish: faults, lost leases, aborts. */
  readonly wrongAttempts: number;
  /** When the first attempt started and the last ended, in milliseconds since the epoch; null if there was none. */
  readonly from: number | null;
  readonly to: number | null;
  /** The most jobs of the type that ran at the same time. */
  readonly runningMax: number;
  /** How long the jobs spent in each kind, all together, in milliseconds. */
  readonly totals: Readonly<Record<SpanKind, number>>;
  /** Whether a job of the type is on the critical path. */
  readonly isCritical: boolean;
}

/** The jobs of each type, in the order in which the first of each type started. */
export function jobsByType({ jobs }: Pick<GraphTimeline, 'jobs'>): ReadonlyMap<string, readonly JobTimeline[]> {
  return grouped(jobs, ({ type }) => type);
}

/** A timeline by type of job, in the order in which the first job of each type started. */
export function timelineByType(timeline: Pick<GraphTimeline, 'jobs'>): readonly TypeTimeline[] {
  return [...jobsByType(timeline)].map(([type, jobs]) => figuresOf(type, jobs));
}

function figuresOf(type: string, jobs: readonly JobTimeline[]): TypeTimeline {
  const counts = noJobs();
  const totals = noTime();
  const changes: { readonly at: number; readonly by: number }[] = [];
  let [attempts, wrongAttempts, from, to] = [0, 0, Infinity, -Infinity];
  for (const job of jobs) {
    counts[job.status] += 1;
    attempts += job.attempts;
    for (const kind of spanKinds) totals[kind] += job.totals[kind];
    for (const span of job.spans) {
      if (span.kind !== 'running') continue;
      if (isWrong(span)) wrongAttempts += 1;
      from = Math.min(from, span.from);
      to = Math.max(to, span.to);
      changes.push({ at: span.from, by: 1 }, { at: span.to, by: -1 });
    }
  }
  const isNone = changes.length === 0;
  return {
    type,
    jobs: jobs.length,
    counts,
    attempts,
    wrongAttempts,
    from: isNone ? null : from,
    to: isNone ? null : to,
    runningMax: mostAtOnce(changes),
    totals,
    isCritical: jobs.some((job) => job.isCritical),
  };
}

/** An attempt that ends when another starts does not run beside it. */
function mostAtOnce(changes: { readonly at: number; readonly by: number }[]): number {
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return Math.max(most, changes.length > 0 ? 1 : 0);
}
