import * as t from 'io-ts';
import { problems, record } from '../prelude/codec.js';
import { E, type Either } from '../prelude/fp.js';
import { canonicalJson, isPlainObject, jsonBytes, type JsonObject, toJson } from '../prelude/json.js';
import { type EventOf, type JobDefinition, RetryPolicy } from './events.js';
import { jobStatuses, type JobStatus } from './job.js';
import { limits } from './limits.js';

/** One job of a graph that is not yet submitted. */
export interface Job {
  /** Unique within its graph. */
  readonly id: string;
  /** Names the handler that runs it. */
  readonly type: string;
  readonly status: JobStatus;
  readonly args: JsonObject;
  /** Ids of the jobs that must be finished before this one may start. */
  readonly parents: readonly string[];
  readonly retry?: RetryPolicy;
  readonly timeoutMs?: number;
  readonly maximumLostLeases?: number;
}

/** A graph of jobs, ready to be submitted. Plain data: it may be written to a file and read back. */
export interface JobGraph {
  readonly id: string;
  /** By id. */
  readonly jobs: Readonly<Record<string, Job>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Jobs of graphs of a higher priority start first; 0 unless given. */
  readonly priority: number;
}

/** Type → the types it depends on: one job per type, whose id is its type. */
export type TypeGraph = Readonly<Record<string, Iterable<string> | null | undefined>>;

/** One job in the full form of a graph. */
export interface JobSpecification {
  readonly type: string;
  /** Ids of the jobs it depends on. */
  readonly after?: Iterable<string> | null;
  /** Put over the args of the whole graph. */
  readonly args?: Readonly<Record<string, unknown>> | null;
  readonly retry?: RetryPolicy;
  /** How long one attempt may take. Without it, as long as it likes. */
  readonly timeoutMs?: number;
  readonly maximumLostLeases?: number;
}

/** The full form of a graph: several jobs of one type, each with args and a retry policy of its own. */
export interface FullGraph {
  readonly jobs: Readonly<Record<string, JobSpecification>>;
}

export interface GraphOptions {
  /** An id of one's own; submitting the same graph under it again changes nothing. */
  readonly id?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly priority?: number;
}

/** What is wrong with a graph: one sentence that names what and where. */
export type GraphProblem = string;

/** A graph from either of its forms. `id` is used unless the options give one. */
export function buildJobGraph(
  definition: unknown,
  args: unknown,
  options: GraphOptions,
  id: string,
): Either<GraphProblem, JobGraph> {
  try {
    const shared = readArgs(args ?? {}, 'args');
    const specifications = isFullForm(definition)
      ? readFullForm(definition, shared)
      : readTypeGraph(definition, shared);
    const graph: JobGraph = {
      id: options.id ?? id,
      jobs: byId(specifications),
      labels: options.labels ?? {},
      priority: options.priority ?? 0,
    };
    check(graph);
    return E.right(graph);
  } catch (problem) {
    return asProblem(problem);
  }
}

/** A graph of the given jobs and no edges. */
export function buildSimpleGraph(jobs: readonly unknown[], id: string): Either<GraphProblem, JobGraph> {
  try {
    const read = jobs.map((job, index) => readJob(job, `job ${index + 1}`));
    const graph: JobGraph = { id, jobs: byId(read), labels: {}, priority: 0 };
    check(graph);
    return E.right(graph);
  } catch (problem) {
    return asProblem(problem);
  }
}

/** Whether a value is a graph that may be submitted, whoever built it; if not, why. */
export function checkJobGraph(value: unknown): Either<GraphProblem, JobGraph> {
  try {
    demand(
      isPlainObject(value) && isPlainObject(value.jobs) && typeof value.id === 'string',
      'this is not a job graph: build one with jobGraph(…) or simpleGraph(…)',
    );
    const given = value as unknown as JobGraph;
    const entries = Object.entries(given.jobs);
    const jobs = entries.map(([id, job]) => readJob(job, `job ${JSON.stringify(id)}`));
    entries.forEach(([id], index) =>
      refuse(jobs[index]!.id !== id, `job ${JSON.stringify(id)} calls itself ${JSON.stringify(jobs[index]!.id)}`),
    );
    const graph = { id: given.id, jobs: byId(jobs), labels: given.labels ?? {}, priority: given.priority ?? 0 };
    check(graph);
    return E.right(graph);
  } catch (problem) {
    return asProblem(problem);
  }
}

const nullOr = <C extends t.Mixed>(codec: C) => t.union([codec, t.null], `${codec.name} or null`);

/** A job as Overseer describes one. What the engine alone sets may be there as null, as when read from `jobInfo`. */
const JobMap = record(
  'job',
  { id: t.string, type: t.string },
  {
    status: t.keyof(
      Object.fromEntries(jobStatuses.map((status) => [status, null])) as Record<JobStatus, null>,
      'status',
    ),
    args: nullOr(t.UnknownRecord),
    parents: nullOr(t.readonlyArray(t.string, 'list of job ids')),
    heartbeat: nullOr(t.Int),
    failure: nullOr(t.UnknownRecord),
    retry: RetryPolicy,
    timeoutMs: t.number,
    maximumLostLeases: t.number,
  },
);

/** What keeps a value from being a job map (id, type, status and, if present, args, heartbeat, failure): none, if it is one. */
export function jobProblems(value: unknown): readonly string[] {
  if (!isPlainObject(value)) return ['a job is an object with id, type and args'];
  const decoded = JobMap.decode(value);
  return E.isLeft(decoded) ? problems(decoded.left) : [];
}

/** Types of a graph that no handler is given for. The graph may be in any of its forms. */
export function missingHandlers(handlers: Readonly<Record<string, unknown>>, graph: unknown): readonly string[] {
  return [...new Set(typesOf(graph))].filter((type) => !Object.hasOwn(handlers, type));
}

/** Parents that are mentioned but are no jobs of the graph, each once. */
export function missingDependencies(graph: TypeGraph): readonly string[] {
  const mentioned = Object.values(graph).flatMap((parents) => [...(parents ?? [])]);
  return [...new Set(mentioned)].filter((parent) => !Object.hasOwn(graph, parent));
}

function typesOf(graph: unknown): readonly string[] {
  if (!isPlainObject(graph)) return [];
  if (isFullForm(graph)) return Object.values(graph.jobs).map((job) => job.type);
  return Object.entries(graph).flatMap(([type, parents]) => [type, ...listOf(parents, `type ${JSON.stringify(type)}`)]);
}

function isFullForm(definition: unknown): definition is FullGraph {
  return isPlainObject(definition) && isPlainObject(definition.jobs);
}

function readTypeGraph(definition: unknown, shared: JsonObject): readonly Job[] {
  demand(
    isPlainObject(definition),
    `a graph is an object of types and the types they depend on, such as { report: ['fetch'] }, not ${kindOf(definition)}`,
  );
  return Object.entries(definition).map(([type, parents]) => ({
    id: type,
    type,
    status: 'unstarted',
    args: shared,
    parents: listOf(parents, `type ${JSON.stringify(type)}`),
  }));
}

const specificationKeys = ['type', 'after', 'args', 'retry', 'timeoutMs', 'maximumLostLeases'];

function readFullForm(definition: FullGraph, shared: JsonObject): readonly Job[] {
  return Object.entries(definition.jobs).map(([id, specification]) => {
    const where = `job ${JSON.stringify(id)}`;
    demand(isPlainObject(specification), `${where} is ${kindOf(specification)}, not an object with a type`);
    for (const key of Object.keys(specification)) {
      refuse(
        !specificationKeys.includes(key),
        `${where} has an unknown field ${JSON.stringify(key)}; a job has ${specificationKeys.join(', ')}`,
      );
    }
    const { after, args, ...rest } = specification;
    const own = args === undefined || args === null ? shared : { ...shared, ...readArgs(args, `args of ${where}`) };
    return readJob({ id, ...rest, parents: listOf(after, where), args: own }, where);
  });
}

function readJob(value: unknown, where: string): Job {
  const wrong = jobProblems(value);
  refuse(wrong.length > 0, `${where}: ${wrong.join('; ')}`);
  const { id, type, status, args, parents, heartbeat, failure, ...policy } = value as t.TypeOf<typeof JobMap>;
  refuse(
    status !== undefined && status !== 'unstarted',
    `${where} is ${status}; a graph is submitted with every job unstarted`,
  );
  refuse(heartbeat != null || failure != null, `${where} has a heartbeat or a failure, which only the engine sets`);
  return {
    id,
    type,
    status: 'unstarted',
    args: readArgs(args ?? {}, `args of ${where}`),
    parents: [...new Set(parents ?? [])],
    ...checkPolicy(policy, where),
  };
}

function checkPolicy(policy: Pick<Job, 'retry' | 'timeoutMs' | 'maximumLostLeases'>, where: string) {
  const { retry, timeoutMs, maximumLostLeases } = policy;
  refuse(
    timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0),
    `timeoutMs of ${where} is ${timeoutMs}; it is a whole number of milliseconds from 1`,
  );
  refuse(
    maximumLostLeases !== undefined && !(Number.isSafeInteger(maximumLostLeases) && maximumLostLeases >= 0),
    `maximumLostLeases of ${where} is ${maximumLostLeases}; it is a whole number from 0`,
  );
  return {
    ...(retry === undefined ? {} : { retry }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maximumLostLeases === undefined ? {} : { maximumLostLeases }),
  };
}

function readArgs(args: unknown, path: string): JsonObject {
  demand(isPlainObject(args), `${path} must be an object, not ${kindOf(args)}`);
  const json = toJson(args, path);
  if (E.isLeft(json)) throw new Problem(json.left);
  const bytes = jsonBytes(json.right);
  refuse(bytes > limits.argsBytesMax, `${path} take ${bytes} bytes as JSON; at most ${limits.argsBytesMax} are kept`);
  return json.right as JsonObject;
}

function listOf(parents: unknown, where: string): readonly string[] {
  if (parents === null || parents === undefined) return [];
  const list = Array.isArray(parents)
    ? (parents as unknown[])
    : parents instanceof Set
      ? [...(parents as Set<unknown>)]
      : null;
  demand(list !== null, `the parents of ${where} must be a list, such as ['a', 'b'], not ${kindOf(parents)}`);
  for (const parent of list) {
    refuse(typeof parent !== 'string', `a parent of ${where} is ${kindOf(parent)}, not a name`);
  }
  return [...new Set(list as string[])];
}

function byId(jobs: readonly Job[]): Readonly<Record<string, Job>> {
  const seen = new Set<string>();
  for (const job of jobs) {
    checkId(job.id, 'job id', limits.jobIdBytesMax);
    refuse(seen.has(job.id), `two jobs have the id ${JSON.stringify(job.id)}`);
    seen.add(job.id);
  }
  return Object.fromEntries(jobs.map((job) => [job.id, job]));
}

function check(graph: JobGraph): void {
  checkId(graph.id, 'graph id', limits.graphIdBytesMax);
  refuse(
    graph.id.includes('/'),
    `graph id ${shown(graph.id)} has a slash, which separates a graph's id from its jobs'`,
  );
  refuse(!Number.isSafeInteger(graph.priority), `priority ${String(graph.priority)} is not a whole number`);
  checkLabels(graph.labels);
  const jobs = Object.values(graph.jobs);
  refuse(jobs.length === 0, 'a graph needs at least one job');
  refuse(
    jobs.length > limits.jobsPerGraphMax,
    `a graph has at most ${limits.jobsPerGraphMax} jobs, not ${jobs.length}`,
  );
  for (const job of jobs) checkJob(job, graph.jobs);
  const cycle = findCycle(graph.jobs);
  refuse(cycle !== null, `the jobs depend on each other in a cycle: ${cycle?.map(shown).join(' → ')}`);
}

function checkJob(job: Job, jobs: JobGraph['jobs']): void {
  const where = `job ${shown(job.id)}`;
  checkId(job.type, `type of ${where}`, limits.jobTypeBytesMax);
  for (const parent of job.parents) {
    refuse(parent === job.id, `${where} depends on itself`);
    refuse(!Object.hasOwn(jobs, parent), `${where} depends on ${shown(parent)}, which is not a job of this graph`);
  }
  const bytes = jsonBytes(definitionOf(job, {}));
  refuse(
    bytes > limits.jobDefinitionBytesMax,
    `${where} takes ${bytes} bytes as JSON with its args and parents; at most ${limits.jobDefinitionBytesMax} are kept`,
  );
}

function checkLabels(labels: unknown): void {
  demand(isPlainObject(labels), `labels must be an object of strings, not ${kindOf(labels)}`);
  for (const [key, value] of Object.entries(labels)) {
    refuse(typeof value !== 'string', `label ${JSON.stringify(key)} is ${kindOf(value)}, not a string`);
  }
  const bytes = jsonBytes(labels as JsonObject);
  refuse(
    bytes > limits.labelsBytesMax,
    `labels take ${bytes} bytes as JSON; at most ${limits.labelsBytesMax} are kept`,
  );
}

/** Control characters would break every line an id is printed on; `__proto__` is no ordinary key of an object. */
function checkId(id: unknown, what: string, bytesMax: number): void {
  demand(typeof id === 'string', `${what} is ${kindOf(id)}, not a string`);
  refuse(id === '', `${what} is empty`);
  const bytes = Buffer.byteLength(id);
  refuse(bytes > bytesMax, `${what} ${shown(id)} is ${bytes} bytes long; at most ${bytesMax} are kept`);
  refuse(/[\p{Cc}\p{Zl}\p{Zp}]/u.test(id), `${what} ${shown(id)} has a line break or another control character`);
  refuse(/\p{Cs}/u.test(id), `${what} ${shown(id)} is not well-formed Unicode`);
  refuse(id !== id.trim(), `${what} ${shown(id)} begins or ends with a space`);
  refuse(id === '__proto__', `${what} "__proto__" is not possible in JavaScript; choose another`);
}

/** A cycle, from a job back to itself along "depends on", or null. Iterative: a chain may be longer than the stack. */
function findCycle(jobs: JobGraph['jobs']): readonly string[] | null {
  const state = new Map<string, 'open' | 'done'>();
  for (const root of Object.keys(jobs)) {
    if (state.has(root)) continue;
    const path: { id: string; next: number }[] = [{ id: root, next: 0 }];
    state.set(root, 'open');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const parent = jobs[top.id]!.parents[top.next++];
      if (parent === undefined) {
        state.set(top.id, 'done');
        path.pop();
      } else if (state.get(parent) === 'open') {
        const from = path.findIndex((step) => step.id === parent);
        return [...path.slice(from).map((step) => step.id), parent];
      } else if (!state.has(parent)) {
        state.set(parent, 'open');
        path.push({ id: parent, next: 0 });
      }
    }
  }
  return null;
}

/** All jobs that depend on the given one, directly or through others. */
export function dependentsOf(graph: JobGraph, jobId: string): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const job of Object.values(graph.jobs)) {
    for (const parent of job.parents) {
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [job.id]);
      else known.push(job.id);
    }
  }
  const found = new Set<string>();
  const open = [jobId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const child of children.get(id) ?? []) {
      if (!found.has(child)) {
        found.add(child);
        open.push(child);
      }
    }
  }
  return found;
}

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
    },
  }));
}

function definitionOf(job: Job, override: { readonly args?: undefined }): JobDefinition {
  const { id, type, parents, args, retry, timeoutMs, maximumLostLeases } = { ...job, ...override };
  return {
    id,
    type,
    parents,
    ...(args === undefined ? {} : { args }),
    ...(retry === undefined ? {} : { retry }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maximumLostLeases === undefined ? {} : { maximumLostLeases }),
  };
}

/** A submitted graph as one value whose text is equal for equal graphs, however many parts it came in. */
export function submissionText(parts: readonly EventOf<'GraphSubmitted'>[]): string {
  const [first] = parts;
  if (first === undefined) return '';
  const { args, labels, priority } = first.data;
  const jobs = parts.flatMap((part) => part.data.jobs);
  return canonicalJson({
    labels,
    priority,
    jobs: Object.fromEntries(jobs.map((job) => [job.id, { args, ...job, parents: [...job.parents].sort() }])),
  });
}

class Problem extends Error {}

function demand(holds: boolean, sentence: GraphProblem): asserts holds {
  if (!holds) throw new Problem(sentence);
}

function refuse(isWrong: boolean, sentence: GraphProblem): void {
  if (isWrong) throw new Problem(sentence);
}

function asProblem(thrown: unknown): Either<GraphProblem, never> {
  if (thrown instanceof Problem) return E.left(thrown.message);
  throw thrown;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${shown(value)}`;
  return value === undefined ? 'missing' : `a ${typeof value}`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}
