import type { Failure, FaultCause, RecordedEvent, RetryPolicy } from '../../domain/events.js';
import { afterChange, type JobOutcome, openCounts, prospectOf, type Prospect } from '../../domain/dependency-rules.js';
import type { DerivedStatus, GraphState, GraphStatus, JobNode } from '../../domain/graph.js';
import { afterAttempt, defaultMaximumLostLeases } from '../../domain/retry-policy.js';
import { isPlainObject } from '../../prelude/json.js';

/** How a job would stand: `unknown` if it depends on an attempt that was never made. */
export type SupposedStatus = DerivedStatus | 'unknown';

/** Where a job would have gone another way: an attempt that went wrong, and what followed it. */
export interface Divergence {
  readonly attempt: number;
  readonly cause: FaultCause;
  readonly failure: Failure;
  /** What followed, as it is recorded, and what would have. */
  readonly recorded: 'retry' | 'failed';
  readonly supposed: 'retry' | 'failed';
}

/** A job that would stand differently, or would have been tried less often. */
export interface SupposedJob {
  readonly id: string;
  readonly type: string;
  readonly recorded: DerivedStatus;
  readonly supposed: SupposedStatus;
  /** In order; none if it stands differently only because of jobs it depends on. */
  readonly divergences: readonly Divergence[];
  /** Attempts that were made, and would not have been. */
  readonly notMade: readonly number[];
  /** The jobs because of which it would stand differently: those with a divergence that it depends on. */
  readonly because: readonly string[];
}

type Counts<Status extends SupposedStatus> = Readonly<Partial<Record<Status, number>>>;

/** What would have become of a graph. */
export interface Supposition {
  readonly graphId: string;
  readonly recorded: {
    readonly status: GraphStatus;
    readonly counts: Counts<DerivedStatus>;
    readonly attempts: number;
  };
  /** Of the attempts, those that were made and would have been made as well. */
  readonly supposed: {
    readonly status: GraphStatus | 'unknown';
    readonly counts: Counts<SupposedStatus>;
    readonly attempts: number;
  };
  /** Those that would be different; in the order of the graph. */
  readonly jobs: readonly SupposedJob[];
}

/** Which policy a job would have had; undefined keeps the recorded decisions. */
export type SupposedPolicy = (job: { readonly id: string; readonly type: string }) => RetryPolicy | undefined;

/**
 * Decides every retry of a graph's history anew, under other policies. The recorded history holds as long as the
 * decisions are the same; operators are supposed to do what they did. An attempt that was never made has no outcome, so a job that
 * would have been tried again, and every job that depends on it, is `unknown`.
 *
 * @param events of the graph and its jobs, in log order
 */
export function suppose(graph: GraphState, events: readonly RecordedEvent[], policyOf: SupposedPolicy): Supposition {
  const courses = coursesOf(graph, events);
  const supposed = new Map<JobNode, Supposed>();
  for (const node of topological(graph)) {
    supposed.set(node, supposedOf(node, courses.get(node)!, policyOf(node.definition), supposed));
  }
  const nodes = [...graph.jobs.values()];
  const jobs = nodes.flatMap((node) => differenceOf(node, supposed.get(node)!));
  const attempts = nodes.reduce((sum, node) => sum + courses.get(node)!.attempts.length, 0);
  const notMade = jobs.reduce((sum, job) => sum + job.notMade.length, 0);
  const statuses = nodes.map((node) => supposed.get(node)!.status);
  return {
    graphId: graph.id,
    recorded: { status: graph.status, counts: countsOf(nodes.map(recordedStatus)), attempts },
    supposed: { status: statusOf(graph, statuses), counts: countsOf(statuses), attempts: attempts - notMade },
    jobs,
  };
}

/** What happened to a job, as far as it took effect. */
interface Course {
  readonly attempts: number[];
  readonly steps: Step[];
}

type Step =
  | { readonly kind: 'started'; readonly attempt: number }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'faulted';
      readonly attempt: number;
      readonly cause: FaultCause;
      readonly failure: Failure;
      readonly failures: number;
      readonly lostLeases: number;
      readonly next: 'retry' | 'failed';
    };

interface Supposed {
  readonly status: SupposedStatus;
  readonly divergences: readonly Divergence[];
  readonly notMade: readonly number[];
  readonly because: readonly string[];
}

/** What happened to each job. Folds the events into the graph. */
function coursesOf(graph: GraphState, events: readonly RecordedEvent[]): ReadonlyMap<JobNode, Course> {
  const steps = new Map<string, Step[]>();
  for (const event of events) {
    const before = event.jobId === null ? undefined : graph.jobs.get(event.jobId)?.state;
    graph.apply(event);
    const after = event.jobId === null ? undefined : graph.jobs.get(event.jobId)?.state;
    if (before === undefined || after === undefined || before.status === after.status) continue;
    const own = steps.get(event.jobId!) ?? [];
    steps.set(event.jobId!, own);
    if (event.type === 'JobStarted') own.push({ kind: 'started', attempt: event.data.attempt });
    if (event.type === 'JobReset') own.push({ kind: 'reset' });
    if (event.type === 'JobFaulted') {
      const { attempt, cause, failure, next } = event.data;
      const { failures, lostLeases } = after;
      own.push({ kind: 'faulted', attempt, cause, failure, failures, lostLeases, next: next.kind });
    }
  }
  return new Map(
    [...graph.jobs.values()].map((node): [JobNode, Course] => {
      const own = steps.get(node.id) ?? [];
      return [node, { steps: own, attempts: own.flatMap((step) => (step.kind === 'started' ? [step.attempt] : [])) }];
    }),
  );
}

function supposedOf(
  node: JobNode,
  course: Course,
  policy: RetryPolicy | undefined,
  supposed: ReadonlyMap<JobNode, Supposed>,
): Supposed {
  const parents = node.parents.map((parent) => ({ id: parent.id, ...supposed.get(parent)! }));
  const changed = parents.filter((parent) => parent.because.length > 0 || parent.divergences.length > 0);
  const because = [...new Set(changed.flatMap((each) => (each.divergences.length === 0 ? each.because : [each.id])))];
  const recorded = recordedStatus(node);
  if (changed.some(({ status }) => status === 'unknown'))
    return { status: 'unknown', divergences: [], notMade: [], because };
  const spawner = node.spawner === null ? null : supposed.get(node.spawner)!;
  if (spawner !== null && spawner.status !== 'finished') {
    // It would not have come to be.
    return {
      status: outcomeIn(spawner.status) === 'open' ? 'unknown' : 'blocked',
      divergences: [],
      notMade: course.attempts,
      because,
    };
  }
  if (node.parents.some((parent) => supposed.get(parent)!.status !== recordedStatus(parent))) {
    const prospect = supposedProspect(node, supposed);
    // Whether it would have run at all, or been asked for, is known, and of a run on other inputs nothing.
    if (prospect === 'ready' || prospect === 'waiting')
      return { status: prospect === 'ready' ? 'unknown' : 'waiting', divergences: [], notMade: [], because };
    // What an operator aborted stays aborted.
    const isAborted = prospect !== 'skipped' && (node.graph.abort !== null || recorded === 'aborted');
    return { status: isAborted ? 'aborted' : prospect, divergences: [], notMade: course.attempts, because };
  }
  if (policy === undefined) return { status: recorded, divergences: [], notMade: [], because };
  const { end, ...rest } = rerouted(node, course, policy);
  return { status: end === 'recorded' ? recorded : end, ...rest, because };
}

/** What its parents would have meant for it. */
function supposedProspect(node: JobNode, supposed: ReadonlyMap<JobNode, Supposed>): Prospect {
  let counts = openCounts(node.parents.length);
  for (const parent of node.parents) {
    const after = outcomeIn(supposed.get(parent)!.status);
    counts = afterChange(counts, 'open', after, node.isOptional(parent));
  }
  return prospectOf(node.rule, counts);
}

function outcomeIn(status: SupposedStatus): JobOutcome {
  switch (status) {
    case 'finished':
    case 'skipped':
    case 'failed':
    case 'blocked':
    case 'aborted':
      return status;
    case 'started':
    case 'ready':
    case 'waiting':
    case 'awaiting':
    case 'backing-off':
    case 'deferred':
    case 'delayed':
    case 'unknown':
      return 'open';
  }
}

interface Route {
  readonly divergences: readonly Divergence[];
  readonly notMade: readonly number[];
  /** How it ends: as it is recorded, or otherwise. */
  readonly end: 'recorded' | 'failed' | 'unknown';
}

/**
 * Goes along a job's history under another policy. A job that would have failed earlier stays failed until the operator's
 * recorded reset. Of a job that would have been tried again, nothing is known from there on.
 */
function rerouted(node: JobNode, { steps }: Course, policy: RetryPolicy): Route {
  const divergences: Divergence[] = [];
  const notMade: number[] = [];
  let hasFailed = false;
  for (const step of steps) {
    if (step.kind === 'reset') hasFailed = false;
    else if (hasFailed) notMade.push(...(step.kind === 'started' ? [step.attempt] : []));
    else if (step.kind === 'faulted') {
      const { attempt, cause, failure, next: recorded } = step;
      const supposed = nextUnder(policy, node, step);
      if (supposed !== recorded) divergences.push({ attempt, cause, failure, recorded, supposed });
      if (supposed === 'retry' && recorded === 'failed') return { divergences, notMade, end: 'unknown' };
      hasFailed = supposed === 'failed' && recorded === 'retry';
    }
  }
  return { divergences, notMade, end: hasFailed ? 'failed' : 'recorded' };
}

function nextUnder(
  policy: RetryPolicy,
  { definition }: JobNode,
  { cause, failure, failures, lostLeases }: Extract<Step, { readonly kind: 'faulted' }>,
): 'retry' | 'failed' {
  const { maximumLostLeases = defaultMaximumLostLeases } = definition;
  const errorNames = namesIn(failure);
  const over = { cause, failures, lostLeases, maximumLostLeases, errorNames, random: 0 };
  return afterAttempt(policy, over) === 'failed' ? 'failed' : 'retry';
}

/** The names of an error that are on record: its class, and its code if it was kept. */
function namesIn({ exception, data }: Failure): readonly string[] {
  const code = isPlainObject(data) ? data['code'] : undefined;
  return typeof code === 'string' ? [exception, code] : [exception];
}

function differenceOf(node: JobNode, { status, divergences, notMade, because }: Supposed): readonly SupposedJob[] {
  const recorded = recordedStatus(node);
  if (status === recorded && divergences.length === 0 && notMade.length === 0) return [];
  const { id, type } = node.definition;
  return [{ id, type, recorded, supposed: status, divergences, notMade, because }];
}

/** There is no clock here: a job that backs off counts as ready. */
function recordedStatus(node: JobNode): DerivedStatus {
  return node.derivedStatus(Infinity);
}

function countsOf<Status extends SupposedStatus>(statuses: readonly Status[]): Counts<Status> {
  const counts: Partial<Record<SupposedStatus, number>> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function statusOf(graph: GraphState, statuses: readonly SupposedStatus[]): GraphStatus | 'unknown' {
  const has = (...wanted: readonly SupposedStatus[]) => statuses.some((status) => wanted.includes(status));
  if (graph.abort !== null) return 'aborted';
  if (has('unknown')) return 'unknown';
  if (has('started', 'ready', 'awaiting', 'waiting', 'backing-off', 'deferred', 'delayed')) return 'running';
  if (has('failed')) return 'failed';
  return has('aborted') ? 'aborted' : 'finished';
}

/** Parents before their children. */
function topological(graph: GraphState): readonly JobNode[] {
  const pending = new Map([...graph.jobs.values()].map((node) => [node, node.parents.length]));
  const order = [...graph.jobs.values()].filter((node) => node.parents.length === 0);
  for (const node of order) {
    for (const child of node.children) {
      const left = pending.get(child)! - 1;
      pending.set(child, left);
      if (left === 0) order.push(child);
    }
  }
  return order;
}
