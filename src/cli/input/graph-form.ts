import { v7 as uuidV7 } from 'uuid';
import { checkJobGraph } from '../../domain/build-job-graph.js';
import {
  type FullGraph,
  type GraphOptions,
  isBuiltGraph,
  type JobGraph,
  type TypeGraph,
} from '../../domain/job-graph.js';
import { defined } from '../../prelude/defined.js';
import { E } from '../../prelude/fp.js';
import { isPlainObject } from '../../prelude/json.js';
import { unknownMember } from '../../prelude/known-names.js';
import { InvalidGraphError, jobGraph } from '../../store/define.js';
import { UsageError } from '../failure.js';

/** What flags say about a graph. They override its file. */
export interface GraphOverrides {
  readonly id?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly priority?: number;
  readonly startAfter?: string;
  /** One of the two. */
  readonly deadline?: string;
  readonly deadlineMs?: number;
}

const optionKeys = ['args', 'labels', 'priority', 'id', 'startAfter', 'deadline', 'deadlineMs', 'retry'];

/**
 * A graph from any of the forms a file may hold it in:
 *
 * - what `jobGraph(…)` or `simpleGraph(…)` returned, or that written to a file as JSON;
 * - types and the types they depend on: `{ fetch: [], report: ['fetch'] }`;
 * - those with options beside them: `{ graph: { fetch: [], report: ['fetch'] }, args: { … }, labels: { … } }`;
 * - jobs in full: `{ jobs: { 'page-1': { type: 'fetch', after: [], args: { … } } }, args: { … } }`.
 *
 * Options are `args`, `labels`, `priority`, `id`, `startAfter`, `deadline`, `deadlineMs`, and `retry`, the policy of the jobs
 * that have none of their own.
 *
 * @param where the file, for messages
 * @throws UsageError `graph-invalid`
 */
export function asGraph(value: unknown, where: string, overrides: GraphOverrides = {}): JobGraph {
  if (!isPlainObject(value) || Object.keys(value).length === 0) {
    throw wrong(where, 'it holds no graph; a graph is an object such as { fetch: [], report: ["fetch"] }');
  }
  const checked = checkJobGraph(fromForm(value, where, overrides));
  if (E.isLeft(checked)) throw wrong(where, checked.left);
  return checked.right;
}

function fromForm(value: Readonly<Record<string, unknown>>, where: string, overrides: GraphOverrides): JobGraph {
  if (isBuiltGraph(value)) return overridden(value, overrides);
  if (isPlainObject(value['graph'])) {
    const { graph, ...options } = value;
    assertOptions(options, where);
    if (isBuiltGraph(graph)) return overridden(overridden(graph, options), overrides);
    return build({ definition: graph, options, where, overrides });
  }
  if (isPlainObject(value['jobs'])) {
    const { jobs, ...options } = value;
    assertOptions(options, where);
    return build({ definition: { jobs }, options, where, overrides });
  }
  return build({ definition: value, options: {}, where, overrides });
}

function assertOptions(options: Readonly<Record<string, unknown>>, where: string): void {
  const problem = unknownMember('a graph', 'option', options, optionKeys);
  if (problem !== null) throw wrong(where, problem);
}

interface ReadForm {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly where: string;
  readonly overrides: GraphOverrides;
}

function build({ definition, options, where, overrides: { args: argsOver, ...overrides } }: ReadForm): JobGraph {
  const { id = uuidV7(), labels = {}, priority = 0, args = {}, retry, startAfter, deadline, deadlineMs } = options;
  const shared = isPlainObject(args) ? { ...args, ...argsOver } : args;
  const retried = retry === undefined ? definition : withRetry(definition, retry);
  const given = defined({ id, labels, priority, startAfter, deadline, deadlineMs }) as GraphOptions;
  try {
    // jobGraph refuses what is not of these types.
    const graph = jobGraph(retried as unknown as TypeGraph | FullGraph, shared as Record<string, unknown>, given);
    return overridden(graph, overrides);
  } catch (error) {
    if (error instanceof InvalidGraphError) throw wrong(where, error.message, error);
    throw error;
  }
}

/** The definition in full form, with a policy for the jobs that have none. One that is answered from outside takes none. */
function withRetry(definition: Readonly<Record<string, unknown>>, retry: unknown): Readonly<Record<string, unknown>> {
  const { jobs } = definition;
  const specified = isPlainObject(jobs)
    ? Object.entries(jobs)
    : Object.entries(definition).map(([type, after]): [string, unknown] => [type, { type, after }]);
  const isRun = (job: unknown) => isPlainObject(job) && (job['external'] === undefined || job['external'] === false);
  const retried = specified.map(([id, job]) => [id, isRun(job) ? { retry, ...(job as object) } : job] as const);
  return { jobs: Object.fromEntries(retried) };
}

function overridden(graph: JobGraph, overrides: GraphOverrides): JobGraph {
  const { id, args, labels, priority, startAfter, deadline, deadlineMs } = overrides;
  const { deadline: _, deadlineMs: _before, ...rest } = graph;
  const isOtherEnd = deadline !== undefined || deadlineMs !== undefined;
  const withArgs = () =>
    Object.entries(graph.jobs).map(([jobId, job]) => [jobId, { ...job, args: { ...job.args, ...args } }]);
  return {
    ...(isOtherEnd ? rest : graph),
    ...defined({ startAfter: startAfter ?? graph.startAfter, deadline, deadlineMs }),
    jobs: args === undefined ? graph.jobs : (Object.fromEntries(withArgs()) as JobGraph['jobs']),
    id: id ?? graph.id,
    labels: { ...graph.labels, ...labels },
    priority: priority ?? graph.priority,
  };
}

function wrong(where: string, problem: string, cause?: unknown): UsageError {
  return new UsageError('graph-invalid', `${where}: ${problem}`, { cause });
}
