import { defined } from '../../prelude/defined.js';
import type { CarriedResult, EventOf, ForkedFrom, RecordedEvent } from '../../domain/events.js';
import { GraphState, type JobNode } from '../../domain/graph.js';
import { graphNotFound, jobNotFound } from '../../domain/not-found.js';
import { descendants, levelsOf } from '../../domain/graph-walk.js';
import type { Rejection } from '../../domain/rejection.js';
import type { Job, JobGraph } from '../../domain/job-graph.js';
import { E, type Either } from '../../prelude/fp.js';
import { canonicalJson, type Json, type JsonObject } from '../../prelude/json.js';

/**
 * Why a job of a fork runs: it was chosen; it had finished, and its args are others now; it depends on a job of these two
 * kinds; it has a rule of its own, and a job that it depends on may come out otherwise; or it did not finish in the graph the
 * fork is made from, because it failed, was aborted, is blocked by one that failed, is skipped because of others, or had not
 * come that far.
 */
export type ForkReason =
  | 'chosen'
  | 'args-changed'
  | 'below-chosen'
  | 'parent-runs'
  | 'failed'
  | 'aborted'
  | 'blocked'
  | 'skipped'
  | 'not-finished';

/** A job that will run in the fork. */
export interface ForkedRun {
  readonly id: string;
  readonly type: string;
  readonly reason: ForkReason;
  /** The job it depends on that was chosen, has other args or runs again, if that is the reason. */
  readonly below: string | null;
}

/** A job that will not: its result is there already. */
export interface ForkedCarry extends CarriedResult {
  readonly id: string;
  readonly type: string;
}

/** A spawned job that is not in the fork: the job that spawned it runs again, and spawns anew. */
export interface ForkedDrop {
  readonly id: string;
  readonly type: string;
  readonly reason: 'spawner-runs';
  /** The job that runs again. */
  readonly below: string;
}

/** Which jobs of a fork run, which do not, and which are not in it; all in the order of the graph it is made from. */
export interface ForkPlan {
  readonly forkedFrom: ForkedFrom;
  readonly runs: readonly ForkedRun[];
  readonly carried: readonly ForkedCarry[];
  readonly dropped: readonly ForkedDrop[];
  /** The graph to submit. */
  readonly graph: JobGraph;
}

export interface ForkChoice {
  /** Jobs that run again though they may have finished, with all that depend on them. */
  readonly from: readonly string[];
  /** Put over the args of every job, field by field; null to leave them. */
  readonly args: JsonObject | null;
  /** Jobs that keep their results, and the args these came from, whatever `args` says. */
  readonly keep: readonly string[];
  /** Refuse to fork a graph in which nothing has failed or was aborted. */
  readonly failed: boolean;
  readonly id: string;
  /** Put over those of the graph. */
  readonly labels: Readonly<Record<string, string>>;
  /** That of the graph unless given. */
  readonly priority?: number | undefined;
}

/**
 * Plans a fork of a graph from its history. Every job that has finished, is not chosen, has the same args, and depends on
 * no job that is chosen or has other args, keeps its result; every other runs. A job that skipped itself stays skipped in
 * the same way. One with a rule of its own may have run though a parent had not finished; if that parent may come out
 * otherwise, it runs again. So every result comes from what stands above it, and from the args that stand beside it. Jobs
 * that were spawned are kept or dropped with the job that spawned them.
 *
 * @param events of the graph and its jobs, in log order
 */
export function planFork(
  graphId: string,
  events: readonly RecordedEvent[],
  choice: ForkChoice,
): Either<Rejection, ForkPlan> {
  const { graph, ends } = foldWithEnds(graphId, events);
  const refusal = whyNotForked(graph, choice);
  if (refusal !== null) return E.left(refusal);
  const argsOf = newArgs(choice);
  const chosen = new Set(choice.from.map((id) => graph.jobs.get(id)!));
  const withOthers = [...graph.jobs.values()].filter((node) => argsOf(node) !== node.args);
  const isByArgs = choice.args !== null && !choice.failed && chosen.size === 0;
  if (isByArgs && withOthers.length === 0) return E.left(sameArgs(graph));
  const changed = new Set(withOthers.filter(hasEndedWell));
  const below = jobsAbove(new Set([...chosen, ...changed]));
  const reasons = reasonsToRun(graph, { chosen, changed, below });
  const runs: ForkedRun[] = [];
  const carried: ForkedCarry[] = [];
  const dropped = new Map<JobNode, ForkedDrop>();
  const jobs: [string, Job][] = [];
  for (const node of graph.jobs.values()) {
    const { id, type } = node.definition;
    const reason = reasons.get(node) ?? null;
    const drop = dropOf(node, reasons, dropped);
    if (drop !== null) {
      dropped.set(node, drop);
      continue;
    }
    const result = reason === null ? carriedResult(node, ends) : null;
    if (result === null) runs.push({ id, type, ...(reason ?? { reason: 'not-finished', below: null }) });
    else carried.push({ id, type, ...result });
    jobs.push([id, forkedJob(node, argsOf(node), { result, reason: reason?.reason ?? null })]);
  }
  const drops = [...dropped.values()];
  const lost = choice.keep.map((kept) => [...runs, ...drops].find(({ id }) => id === kept)).find(Boolean);
  if (lost !== undefined) return E.left(notKept(graph, lost));
  const forkedFrom = { graphId, position: events.at(-1)!.position };
  const labels = { ...graph.labels, ...choice.labels };
  const priority = choice.priority ?? graph.priority;
  // Its deadline was that of the other run; how long it may take goes for this one too.
  const times = defined({ startAfter: graph.startAfter ?? undefined, deadlineMs: graph.deadline.deadlineMs });
  const forked = { id: choice.id, jobs: Object.fromEntries(jobs), labels, priority, forkedFrom, ...times };
  return E.right({ forkedFrom, runs, carried, dropped: drops, graph: forked });
}

/** What was spawned is dropped with its spawner, if that runs again: it spawns anew. */
function dropOf(
  { spawner, definition: { id, type } }: JobNode,
  reasons: ReadonlyMap<JobNode, Reason>,
  dropped: ReadonlyMap<JobNode, ForkedDrop>,
): ForkedDrop | null {
  if (spawner === null) return null;
  const above = dropped.get(spawner)?.below ?? (reasons.has(spawner) ? spawner.id : null);
  return above === null ? null : { id, type, reason: 'spawner-runs', below: above };
}

type End = RecordedEvent & EventOf<'JobFinished' | 'JobSkipped' | 'JobAnswered'>;

/** The graph's state, and for each job that has finished, by its handler or by an answer, or skipped itself the event by which it did. */
function foldWithEnds(graphId: string, events: readonly RecordedEvent[]) {
  const graph = new GraphState(graphId);
  const ends = new Map<string, End>();
  for (const event of events) {
    const node = event.jobId === null ? undefined : graph.jobs.get(event.jobId);
    const before = node?.state.status;
    graph.apply(event);
    if (node === undefined || node.state.status === before || !hasEndedWell(node)) continue;
    if (event.type === 'JobFinished' || event.type === 'JobSkipped' || event.type === 'JobAnswered')
      ends.set(node.id, event);
  }
  return { graph, ends };
}

/** Whether it has finished, or skipped itself: then it need not run again. */
function hasEndedWell({ state: { status } }: JobNode): boolean {
  return status === 'finished' || status === 'skipped';
}

function whyNotForked(graph: GraphState, { from, keep, failed }: ForkChoice): Rejection | null {
  const { id } = graph;
  if (graph.existsFrom === null) {
    return graphNotFound(id);
  }
  if (graph.unreadable !== null) {
    const message = `graph ${id} cannot be forked, since this release cannot read all of it: ${graph.unreadable.problem}`;
    return { code: 'graph-unreadable', message };
  }
  const unknown = [...from, ...keep].find((jobId) => !graph.jobs.has(jobId));
  if (unknown !== undefined) {
    return jobNotFound(id, unknown, graph.jobs.keys());
  }
  const jobs = [...graph.jobs.values()];
  if (!failed || graph.abort !== null || jobs.some(({ status }) => status === 'failed' || status === 'aborted')) {
    return null;
  }
  const message = `nothing in graph ${id} has failed or was aborted (it is ${graph.status}); name the jobs that shall run again`;
  return { code: 'nothing-failed', message };
}

/** The args of each job in the fork; those it has, if they are equal. */
function newArgs({ args, keep }: ForkChoice): (node: JobNode) => JsonObject {
  const kept = new Set(keep);
  // Most jobs share the args of their graph.
  const known = new Map<JsonObject, JsonObject>();
  return (node) => {
    if (args === null || kept.has(node.id)) return node.args;
    const merged = known.get(node.args) ?? { ...node.args, ...args };
    const others = canonicalJson(merged) === canonicalJson(node.args) ? node.args : merged;
    known.set(node.args, others);
    return others;
  };
}

function sameArgs({ id }: GraphState): Rejection {
  return {
    code: 'fork-same',
    message: `these args leave every job of graph ${id} as it is, so nothing would run again`,
  };
}

function notKept({ id: graphId }: GraphState, { id, reason, below }: ForkedRun | ForkedDrop): Rejection {
  const why = reason === 'chosen' ? 'it is chosen to run' : below === null ? 'it has not finished' : `${below} runs`;
  const message = `job ${JSON.stringify(id)} of graph ${graphId} cannot keep its result: ${why}`;
  return { code: 'job-not-kept', message };
}

/** For each job below some: the first of those it is below. */
function jobsAbove(roots: ReadonlySet<JobNode>): ReadonlyMap<JobNode, JobNode> {
  const above = new Map<JobNode, JobNode>();
  for (const node of roots) {
    for (const descendant of descendants(node)) if (!above.has(descendant)) above.set(descendant, node);
  }
  return above;
}

interface Reasons {
  readonly chosen: ReadonlySet<JobNode>;
  /** Finished jobs with other args. */
  readonly changed: ReadonlySet<JobNode>;
  /** By what they are below. */
  readonly below: ReadonlyMap<JobNode, JobNode>;
}

type Reason = Pick<ForkedRun, 'reason' | 'below'>;

/** For each job that runs: why. */
function reasonsToRun(graph: GraphState, reasons: Reasons): ReadonlyMap<JobNode, Reason> {
  const found = new Map<JobNode, Reason>();
  /** Jobs that may come out otherwise than they did. */
  const unsettled = new Set<JobNode>();
  for (const node of parentsFirst(graph)) {
    const parent = node.parents.find((each) => unsettled.has(each));
    const own = reasonToRun(node, reasons);
    if (own !== null) {
      found.set(node, own);
      // What is skipped because of others is so again, unless one of these comes out otherwise.
      if (own.reason !== 'skipped' || parent !== undefined) unsettled.add(node);
    } else if (parent !== undefined && !node.hasFixedInputs) {
      found.set(node, { reason: 'parent-runs', below: parent.id });
      unsettled.add(node);
    }
  }
  return found;
}

function parentsFirst({ jobs }: GraphState): readonly JobNode[] {
  const levels = levelsOf(jobs.keys(), (id) => jobs.get(id)!.parentIds);
  return [...jobs.values()].sort((a, b) => levels.get(a.id)! - levels.get(b.id)!);
}

function reasonToRun(node: JobNode, { chosen, changed, below }: Reasons): Reason | null {
  if (chosen.has(node)) return { reason: 'chosen', below: null };
  if (changed.has(node)) return { reason: 'args-changed', below: null };
  const above = below.get(node);
  if (above !== undefined) return { reason: 'below-chosen', below: above.id };
  // A job that backs off is not finished, whatever the time.
  const status = node.derivedStatus(Infinity);
  if (hasEndedWell(node)) return null;
  const isNamed = status === 'failed' || status === 'aborted' || status === 'blocked' || status === 'skipped';
  return { reason: isNamed ? status : 'not-finished', below: null };
}

/** The result of a finished job, and where it comes from; of one that was carried over itself, where that ran. */
function carriedResult(node: JobNode, ends: ReadonlyMap<string, End>): CarriedResult | null {
  const end = ends.get(node.id);
  if (end === undefined) return node.carried;
  const { graphId, id: eventId, recordedAt: finishedAt } = end;
  // No attempt has made an answer.
  const attempt = end.type === 'JobAnswered' ? 0 : end.data.attempt;
  return { graphId, attempt, eventId, finishedAt, result: resultOf(end) };
}

function resultOf(end: End): Json {
  return end.type === 'JobSkipped' ? null : (end.data.result ?? null);
}

/** Reasons for which a job must really run: other results than the remembered ones are asked for. */
const meantToRun: readonly ForkReason[] = ['chosen', 'args-changed', 'below-chosen', 'parent-runs'];

interface InFork {
  /** What is carried over; null if the job runs. */
  readonly result: CarriedResult | null;
  /** Why it runs; null if it does not. */
  readonly reason: ForkReason | null;
}

/** What was chosen to run again runs, with all that depends on it: no remembered result stands in for it. */
function forkedJob({ definition, state, spawner }: JobNode, args: JsonObject, { result, reason }: InFork): Job {
  const { carried: _, carriedStatus: _before, memoize, ...same } = definition;
  const isFresh = reason !== null && meantToRun.includes(reason);
  return {
    ...same,
    ...(spawner === null ? {} : { spawnedBy: spawner.id }),
    args,
    status: 'unstarted',
    ...(memoize === undefined ? {} : { memoize: isFresh ? { ...memoize, fresh: true } : memoize }),
    ...(result === null ? {} : { carried: result }),
    ...(result !== null && state.status === 'skipped' ? { carriedStatus: 'skipped' } : {}),
  };
}
