import type { CarriedResult, EventOf, ForkedFrom, RecordedEvent } from '../../domain/events.js';
import { GraphState, type JobNode } from '../../domain/graph.js';
import { descendants } from '../../domain/graph-walk.js';
import type { Rejection } from '../../domain/rejection.js';
import type { Job, JobGraph } from '../../domain/job-graph.js';
import { E, type Either } from '../../prelude/fp.js';

/**
 * Why a job of a fork runs: it was chosen; it depends on one that was; or it did not finish in the graph the fork is
 * made from, because it failed, was aborted, is blocked by one that failed, or had not come that far.
 */
export type ForkReason = 'chosen' | 'below-chosen' | 'failed' | 'aborted' | 'blocked' | 'not-finished';

/** A job that will run in the fork. */
export interface ForkedRun {
  readonly id: string;
  readonly type: string;
  readonly reason: ForkReason;
  /** The chosen job it depends on, if that is the reason. */
  readonly below: string | null;
}

/** A job that will not: its result is there already. */
export interface ForkedCarry extends CarriedResult {
  readonly id: string;
  readonly type: string;
}

/** Which jobs of a fork run, and which do not; both in the order of the graph it is made from. */
export interface ForkPlan {
  readonly forkedFrom: ForkedFrom;
  readonly runs: readonly ForkedRun[];
  readonly carried: readonly ForkedCarry[];
  /** The graph to submit. */
  readonly graph: JobGraph;
}

export interface ForkChoice {
  /** Jobs that run again though they may have finished, with all that depend on them. */
  readonly from: readonly string[];
  /** Refuse to fork a graph in which nothing has failed or was aborted. */
  readonly failed: boolean;
  readonly id: string;
  /** Put over those of the graph. */
  readonly labels: Readonly<Record<string, string>>;
  /** That of the graph unless given. */
  readonly priority?: number | undefined;
}

/**
 * Plans a fork of a graph from its history. Every job that has finished, is not chosen, and depends on no job that is,
 * keeps its result; every other runs. So whatever a running job depends on either runs as well or has a result.
 *
 * @param events of the graph and its jobs, in log order
 */
export function planFork(
  graphId: string,
  events: readonly RecordedEvent[],
  choice: ForkChoice,
): Either<Rejection, ForkPlan> {
  const { graph, finishes } = foldWithFinishes(graphId, events);
  const refusal = whyNotForked(graph, choice);
  if (refusal !== null) return E.left(refusal);
  const chosen = new Set(choice.from.map((id) => graph.jobs.get(id)!));
  const below = chosenAbove(chosen);
  const runs: ForkedRun[] = [];
  const carried: ForkedCarry[] = [];
  const jobs: [string, Job][] = [];
  for (const node of graph.jobs.values()) {
    const { id, type } = node.definition;
    const reason = reasonToRun(node, chosen, below);
    const result = reason === null ? carriedResult(node, finishes) : null;
    if (result === null) runs.push({ id, type, ...(reason ?? { reason: 'not-finished', below: null }) });
    else carried.push({ id, type, ...result });
    jobs.push([id, forkedJob(node, result, reason?.reason ?? null)]);
  }
  const forkedFrom = { graphId, position: events.at(-1)!.position };
  const labels = { ...graph.labels, ...choice.labels };
  const priority = choice.priority ?? graph.priority;
  const forked = { id: choice.id, jobs: Object.fromEntries(jobs), labels, priority, forkedFrom };
  return E.right({ forkedFrom, runs, carried, graph: forked });
}

type Finish = RecordedEvent & EventOf<'JobFinished'>;

/** The graph's state, and for each job that has finished the event by which it did. */
function foldWithFinishes(graphId: string, events: readonly RecordedEvent[]) {
  const graph = new GraphState(graphId);
  const finishes = new Map<string, Finish>();
  for (const event of events) {
    const node = event.jobId === null ? undefined : graph.jobs.get(event.jobId);
    const before = node?.state.status;
    graph.apply(event);
    const hasFinished = node?.state.status === 'finished' && before !== 'finished';
    if (event.type === 'JobFinished' && hasFinished) finishes.set(node.id, event);
  }
  return { graph, finishes };
}

function whyNotForked(graph: GraphState, { from, failed }: ForkChoice): Rejection | null {
  const { id } = graph;
  if (graph.existsFrom === null) {
    return { code: 'graph-not-found', message: `there is no graph ${JSON.stringify(id)}` };
  }
  if (graph.unreadable !== null) {
    const message = `graph ${id} cannot be forked, since this release cannot read all of it: ${graph.unreadable.problem}`;
    return { code: 'graph-unreadable', message };
  }
  const unknown = from.find((jobId) => !graph.jobs.has(jobId));
  if (unknown !== undefined) {
    return { code: 'job-not-found', message: `graph ${id} has no job ${JSON.stringify(unknown)}` };
  }
  const jobs = [...graph.jobs.values()];
  if (!failed || graph.abort !== null || jobs.some(({ status }) => status === 'failed' || status === 'aborted')) {
    return null;
  }
  const message = `nothing in graph ${id} has failed or was aborted (it is ${graph.status}); name the jobs that shall run again`;
  return { code: 'nothing-failed', message };
}

/** For each job below a chosen one: the first of those it is below. */
function chosenAbove(chosen: ReadonlySet<JobNode>): ReadonlyMap<JobNode, JobNode> {
  const above = new Map<JobNode, JobNode>();
  for (const node of chosen) {
    for (const descendant of descendants(node)) if (!above.has(descendant)) above.set(descendant, node);
  }
  return above;
}

function reasonToRun(
  node: JobNode,
  chosen: ReadonlySet<JobNode>,
  below: ReadonlyMap<JobNode, JobNode>,
): Pick<ForkedRun, 'reason' | 'below'> | null {
  if (chosen.has(node)) return { reason: 'chosen', below: null };
  const above = below.get(node);
  if (above !== undefined) return { reason: 'below-chosen', below: above.id };
  // A job that backs off is not finished, whatever the time.
  const status = node.derivedStatus(Infinity);
  if (status === 'finished') return null;
  const reason = status === 'failed' || status === 'aborted' || status === 'blocked' ? status : 'not-finished';
  return { reason, below: null };
}

/** The result of a finished job, and where it comes from; of one that was carried over itself, where that ran. */
function carriedResult(node: JobNode, finishes: ReadonlyMap<string, Finish>): CarriedResult | null {
  const finish = finishes.get(node.id);
  if (finish === undefined) return node.carried;
  const { graphId, id: eventId, recordedAt: finishedAt, data } = finish;
  return { graphId, attempt: data.attempt, eventId, finishedAt, result: data.result };
}

/** What was chosen to run again runs, with all that depends on it: no remembered result stands in for it. */
function forkedJob({ definition, args }: JobNode, result: CarriedResult | null, reason: ForkReason | null): Job {
  const { carried: _, memoize, ...same } = definition;
  const isFresh = reason === 'chosen' || reason === 'below-chosen';
  return {
    ...same,
    args,
    status: 'unstarted',
    ...(memoize === undefined ? {} : { memoize: isFresh ? { ...memoize, fresh: true } : memoize }),
    ...(result === null ? {} : { carried: result }),
  };
}
