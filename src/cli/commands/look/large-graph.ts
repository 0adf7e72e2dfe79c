import { grouped } from '../../../prelude/grouped.js';
import type { DerivedStatus } from '../../../domain/graph.js';
import type { JobInfo } from '../../../domain/graph-info.js';
import { coloured } from '../../../domain/status-phrases.js';
import { duration, thousands } from '../../../prelude/phrases.js';
import { type Fit, tableLines } from '../../output/table.js';
import { msTaken, type RowsContext } from './job-rows.js';

/** More jobs than this are shown by type unless they are asked for. */
const listedMost = 40;
const typesMost = 10;
const matterMost = 16;

export function isLarge(jobs: readonly JobInfo[]): boolean {
  return jobs.length > listedMost;
}

/** What somebody may have to do something about, in this order; then what happens right now. */
const mattering: readonly DerivedStatus[] = ['failed', 'awaiting', 'started', 'backing-off', 'deferred', 'aborted'];

/**
 * The jobs to look at first: those that failed, wait for an answer, run, back off, are put off, or were aborted themselves. Each status has its share of
 * the room, and what is left of it goes to the first.
 */
export function jobsThatMatter(jobs: readonly JobInfo[]): readonly JobInfo[] {
  const groups = mattering.map((status) =>
    jobs.filter((job) => job.derivedStatus === status && (status !== 'aborted' || job.abort !== null)),
  );
  const shares = groups.map((group) => Math.min(group.length, Math.floor(matterMost / mattering.length)));
  let left = matterMost - shares.reduce((sum, share) => sum + share, 0);
  return groups.flatMap((group, index) => {
    const more = Math.min(left, group.length - shares[index]!);
    left -= more;
    return group.slice(0, shares[index]! + more);
  });
}

/** Short names of statuses for headings; `finished` is told together with the number of jobs. */
const headings: readonly (readonly [DerivedStatus, string])[] = [
  ['failed', 'failed'],
  ['aborted', 'abort'],
  ['skipped', 'skip'],
  ['started', 'run'],
  ['awaiting', 'await'],
  ['backing-off', 'back'],
  ['deferred', 'defer'],
  ['delayed', 'delay'],
  ['ready', 'ready'],
  ['waiting', 'wait'],
  ['blocked', 'block'],
];

interface TypeFigures {
  readonly type: string;
  readonly jobs: number;
  readonly counts: Readonly<Partial<Record<DerivedStatus, number>>>;
  /** How long attempts took that have ended, in milliseconds, rising. */
  readonly took: readonly number[];
}

/** Jobs by type: how many have which status, and how long they took. Types with failures come first, then large ones. */
export function typeTable(jobs: readonly JobInfo[], { now, paint, columns }: RowsContext): string[] {
  const all = [...grouped(jobs, (job) => job.type)].map(([type, of]) => figuresOf(type, of, now));
  all.sort((a, b) => (b.counts.failed ?? 0) - (a.counts.failed ?? 0) || b.jobs - a.jobs);
  const others = all.slice(typesMost);
  const hidden = new Set(others.map(({ type }) => type));
  const left = jobs.filter((job) => hidden.has(job.type));
  const shown = [
    ...all.slice(0, typesMost),
    ...(others.length === 0 ? [] : [figuresOf(`… ${thousands(others.length)} others`, left, now)]),
  ];
  const present = headings.filter(([status]) => all.some(({ counts }) => counts[status] !== undefined));
  const rows = shown.map(({ type, jobs: count, counts, took }) => [
    type,
    `${thousands(counts.finished ?? 0)}/${thousands(count)}`,
    ...present.map(([status]) => {
      const many = counts[status] ?? 0;
      return many === 0 ? '-' : coloured(status, paint, thousands(many));
    }),
    took.length === 0 ? '-' : duration(took[Math.floor(took.length / 2)]!),
    took.length === 0 ? '-' : duration(took.at(-1)!),
  ]);
  const fit: Fit = { columns, cut: { 0: 'middle' } };
  return tableLines(['type', 'done', ...present.map(([, name]) => name), 'median', 'longest'], rows, paint, fit);
}

function figuresOf(type: string, jobs: readonly JobInfo[], now: number): TypeFigures {
  const counts: Partial<Record<DerivedStatus, number>> = {};
  for (const { derivedStatus } of jobs) counts[derivedStatus] = (counts[derivedStatus] ?? 0) + 1;
  const took = jobs.flatMap((job) => (job.status === 'started' ? [] : (msTaken(job, now) ?? [])));
  return { type, jobs: jobs.length, counts, took: took.sort((a, b) => a - b) };
}
