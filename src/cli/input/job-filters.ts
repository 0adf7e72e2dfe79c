import { type DerivedStatus, derivedStatuses } from '../../domain/graph.js';
import type { JobStatus } from '../../domain/job.js';
import { readNames } from './chosen-names.js';
import { flagWords, readWholeNumber } from './flag-values.js';

/** Flags that say which jobs of a graph are meant. */
export interface JobFilterOptions {
  readonly status?: readonly string[];
  readonly type?: readonly string[];
  readonly job?: readonly string[];
}

/** Flags that say which part of a list is meant. */
export interface PageOptions {
  readonly limit?: string;
  readonly after?: string;
  readonly all?: boolean;
}

/** What is looked at of a job. */
interface Described {
  readonly id: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly derivedStatus: DerivedStatus;
}

/** Every status a job can be asked for by: `unstarted` means each of those it is divided into. */
const askedStatuses = [...derivedStatuses, 'unstarted'] as const;
export type AskedStatus = (typeof askedStatuses)[number];

/** @throws UsageError `usage` */
export function readStatuses(given: readonly string[] | undefined): ReadonlySet<AskedStatus> | undefined {
  const names = readNames('--status', given, { what: 'status', known: askedStatuses });
  return names as ReadonlySet<AskedStatus> | undefined;
}

/**
 * The jobs of a graph that the flags mean, in the graph's order.
 *
 * @throws UsageError `usage` for a name that the graph does not have
 */
export function jobsMeant<Job extends Described>(
  graphId: string,
  jobs: readonly Job[],
  { status, type, job }: JobFilterOptions,
): readonly Job[] {
  const statuses = readStatuses(status);
  const types = readNames('--type', type, {
    what: `type of a job of graph ${graphId}`,
    known: jobs.map((each) => each.type),
  });
  const ids = readNames('--job', job, {
    what: `job of graph ${graphId}`,
    known: jobs.map((each) => each.id),
    hasPatterns: true,
  });
  return jobs.filter(
    (each) =>
      (statuses === undefined || statuses.has(each.derivedStatus) || statuses.has(each.status as AskedStatus)) &&
      (types === undefined || types.has(each.type)) &&
      (ids === undefined || ids.has(each.id)),
  );
}

export function isFiltered({ status, type, job }: JobFilterOptions): boolean {
  return [status, type, job].some((flag) => flag !== undefined);
}

/** A part of a list, and where the rest begins. */
export interface Part<A> {
  readonly items: readonly A[];
  /** What to give as `--after` for the next part; null at the end. */
  readonly next: string | null;
  /** How many come after this part. */
  readonly left: number;
}

/**
 * A part of the jobs, which begins behind the job named by `--after`.
 *
 * @param limit how many at most, unless `--limit` or `--all` says
 * @throws UsageError `usage`
 */
export function partOf<Job extends Described>(
  graphId: string,
  all: readonly Job[],
  meant: readonly Job[],
  { options, limit }: { readonly options: PageOptions; readonly limit: number },
): Part<Job> {
  const most = readWholeNumber('--limit', options.limit, 1) ?? (options.all === true ? Infinity : limit);
  const [after] =
    readNames('--after', options.after === undefined ? undefined : [options.after], {
      what: `job of graph ${graphId}`,
      known: all.map(({ id }) => id),
    }) ?? [];
  const order = new Map(all.map(({ id }, index) => [id, index]));
  const from = after === undefined ? -1 : order.get(after)!;
  const rest = meant.filter(({ id }) => order.get(id)! > from);
  const items = rest.slice(0, most);
  const left = rest.length - items.length;
  return { items, next: left === 0 ? null : items.at(-1)!.id, left };
}

/** The flags again, as words for the next command. */
export function filterWords(options: JobFilterOptions & { readonly at?: string | undefined }): string[] {
  const { status, type, job, at } = options;
  return flagWords({ status, type, job, at });
}
