import * as t from '../prelude/io.js';
import { Anything, closed, JsonValue, oneOf, orNull, problems, record } from '../prelude/codec.js';
import { defined } from '../prelude/defined.js';
import { E, type Either } from '../prelude/fp.js';
import { frozen, isPlainObject, jsonBytes, type JsonObject, toJson } from '../prelude/json.js';
import { meantAmong, shownName, unknownMember } from '../prelude/known-names.js';
import { dependencyRules } from './dependency-rules.js';
import { checkExternal, checkPolicy } from './check-policy.js';
import { RetryPolicy } from './events.js';
import { Memoize } from './memoize.js';
import {
  checkGraph,
  checkId,
  demand,
  inWords,
  kindOf,
  Problem,
  problemIn,
  refuse,
  type Sentence,
} from './graph-rules.js';
import { jobStatuses } from './job.js';
import { checkLimits } from './check-limits.js';
import { readDependencies, readTypes } from './read-dependencies.js';
import { checkGraphTimes, checkJobTimes } from './check-times.js';
import type { FullGraph, GraphOptions, GraphProblem, GraphTimes, Job, JobGraph, TypeGraph } from './job-graph.js';
import { limits } from './limits.js';

/** What is said of time for a whole graph. */
const graphTimes = ['startAfter', 'deadline', 'deadlineMs'] as const satisfies readonly (keyof GraphTimes)[];

/** A graph from either of its forms. `id` is used unless the options give one. */
export function buildJobGraph(
  definition: unknown,
  args: unknown,
  options: GraphOptions,
  id: string,
): Either<GraphProblem, JobGraph> {
  return E.tryCatch(() => {
    refuse(!isPlainObject(options), `the options of jobGraph must be an object, not ${kindOf(options)}`);
    refuseMembers('jobGraph', 'option', options, ['id', 'labels', 'priority', ...graphTimes]);
    const shared = readArgs(args ?? {}, 'args');
    const specifications = isFullForm(definition)
      ? readFullForm(definition, shared)
      : readTypeGraph(definition, shared);
    const graph: JobGraph = {
      id: options.id ?? id,
      jobs: byId(specifications),
      labels: options.labels ?? {},
      priority: options.priority ?? 0,
      ...checkGraphTimes(options),
    };
    checkGraph(graph);
    return graph;
  }, problemIn);
}

/** A graph of the given jobs, without edges. */
export function buildSimpleGraph(jobs: readonly unknown[], id: string): Either<GraphProblem, JobGraph> {
  return E.tryCatch(() => {
    const argsOf = argsReader();
    const read = jobs.map((job, index) => readJob(job, () => `job ${index + 1}`, argsOf));
    const graph: JobGraph = { id, jobs: byId(read), labels: {}, priority: 0 };
    checkGraph(graph);
    return graph;
  }, problemIn);
}

/** Checks a value as a graph to be submitted, whoever built it. */
export function checkJobGraph(value: unknown): Either<GraphProblem, JobGraph> {
  return E.tryCatch(() => {
    demand(
      isPlainObject(value) && isPlainObject(value.jobs) && typeof value.id === 'string',
      'this is not a job graph: build one with jobGraph(…) or simpleGraph(…)',
    );
    refuseMembers('this graph', 'field', value, ['id', 'jobs', 'labels', 'priority', 'forkedFrom', ...graphTimes]);
    const given = value as unknown as JobGraph;
    const argsOf = argsReader();
    const jobs = Object.keys(given.jobs).map((id) => {
      const job = readJob(given.jobs[id], () => `job ${shownName(id)}`, argsOf);
      refuse(job.id !== id, () => `job ${shownName(id)} calls itself ${shownName(job.id)}`);
      return job;
    });
    const graph = {
      id: given.id,
      jobs: byId(jobs),
      labels: given.labels ?? {},
      priority: given.priority ?? 0,
      ...checkGraphTimes(given),
    };
    checkGraph(graph);
    return graph;
  }, problemIn);
}

/** Checks a graph that this library has put together. */
export function checkedGraph(graph: JobGraph): Either<GraphProblem, JobGraph> {
  return E.tryCatch(() => {
    checkGraph(graph);
    return graph;
  }, problemIn);
}

/** A job as Overseer describes one. Fields that only the engine sets may be null, as in what `jobInfo` returns. */
const JobMap = record(
  'job',
  { id: t.string, type: t.string },
  {
    status: oneOf(jobStatuses, 'status'),
    args: orNull(t.UnknownRecord),
    parents: orNull(t.readonlyArray(t.string, 'list of job ids')),
    when: t.string,
    optional: t.readonlyArray(t.string, 'list of job ids'),
    withSpawned: t.readonlyArray(t.string, 'list of job ids'),
    heartbeat: orNull(t.Int),
    failure: orNull(t.UnknownRecord),
    retry: closed(RetryPolicy),
    timeoutMs: t.number,
    startToCloseMs: t.number,
    delayMs: t.number,
    scheduleToStartMs: t.number,
    scheduleToCloseMs: t.number,
    // Text or a Date: looked at below.
    startAfter: Anything,
    maximumLostLeases: t.number,
    priority: t.number,
    memoize: closed(Memoize),
    // Of several forms: looked at below.
    external: JsonValue,
    limits: JsonValue,
  },
);

/** A job of a fork may say which result it carries over. */
const jobFields = [...JobMap.fields, 'carried', 'carriedStatus', 'spawnedBy'];

/** Why a value is not a job map (id, type, status and, if present, args, heartbeat, failure); empty if it is one. */
export function jobProblems(value: unknown): readonly string[] {
  if (!isPlainObject(value)) return ['a job is an object with id, type and args'];
  // Finding out what is wrong takes several times as long, and nothing is, as a rule.
  if (JobMap.is(value)) return [];
  const decoded = JobMap.decode(value);
  return E.isLeft(decoded) ? problems(decoded.left) : [];
}

/** Types of a graph that no handler is given for. The graph may be in any of its forms. */
export function missingHandlers(handlers: Readonly<Record<string, unknown>>, graph: unknown): readonly string[] {
  return [...new Set(typesOf(graph))].filter((type) => !Object.hasOwn(handlers, type));
}

/** Handlers of types that the graph does not have: the name of one of them may be a slip. */
export function unusedHandlers(handlers: Readonly<Record<string, unknown>>, graph: unknown): readonly string[] {
  const types = new Set(typesOf(graph));
  return Object.keys(handlers).filter((type) => !types.has(type));
}

/** Parents that are named but are not jobs of the graph, each once. */
export function missingDependencies(graph: TypeGraph): readonly string[] {
  return [...new Set(typesNamedIn(graph))].filter((parent) => !Object.hasOwn(graph, parent));
}

function typesOf(graph: unknown): readonly string[] {
  if (!isPlainObject(graph)) return [];
  if (isFullForm(graph)) {
    // Nobody handles what is answered from outside.
    const run = Object.values(graph.jobs).filter(({ external }) => external === undefined || external === false);
    return run.map((job) => job.type);
  }
  return [...Object.keys(graph), ...typesNamedIn(graph)];
}

/** The types that others depend on; one may come several times. */
function typesNamedIn(graph: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(graph).flatMap(([type, parents]) => readParents(type, parents, graph).parents);
}

function readParents(type: string, parents: unknown, graph: object) {
  const isType = (name: string) => Object.hasOwn(graph, name);
  return readTypes(parents, isType, () => `type ${shownName(type)}`);
}

function isFullForm(definition: unknown): definition is FullGraph {
  return isPlainObject(definition) && isPlainObject(definition.jobs);
}

function readTypeGraph(definition: unknown, shared: JsonObject): readonly Job[] {
  demand(
    isPlainObject(definition),
    `a graph is an object of types and the types they depend on, such as { report: ['fetch'] }, not ${kindOf(definition)}`,
  );
  return Object.entries(definition).map(([type, named]) => {
    const { parents, withSpawned } = readParents(type, named, definition);
    const job = { id: type, type, status: 'unstarted', args: shared, parents } as const;
    return withSpawned.length === 0 ? job : { ...job, withSpawned };
  });
}

const specificationKeys = [
  'type',
  'after',
  'when',
  'args',
  'retry',
  'timeoutMs',
  'startToCloseMs',
  'startAfter',
  'delayMs',
  'scheduleToStartMs',
  'scheduleToCloseMs',
  'maximumLostLeases',
  'priority',
  'memoize',
  'external',
  'limits',
];

function readFullForm(definition: FullGraph, shared: JsonObject): readonly Job[] {
  const beside = Object.keys(definition).find((key) => key !== 'jobs');
  const placeOfOptions = 'args and options follow it: jobGraph({ jobs }, args, { id, labels, priority, deadline })';
  refuse(beside !== undefined, `there is ${shownName(beside ?? '')} beside jobs; ${placeOfOptions}`);
  const reading = { args: shared, argsOf: argsReader(), isJob: (name: string) => Object.hasOwn(definition.jobs, name) };
  return Object.entries(definition.jobs).map(([id, specification]) =>
    readSpecification(id, specification, { ...reading, where: () => `job ${shownName(id)}` }),
  );
}

/** What is around a job in the full form. */
interface Reading {
  readonly where: () => string;
  /** The job's own args are put over these. */
  readonly args: JsonObject;
  readonly argsOf: typeof readArgs;
  readonly isJob: (name: string) => boolean;
}

/** A job in the full form. */
export function readSpecification(id: string, specification: unknown, { where, args, argsOf, isJob }: Reading): Job {
  demand(isPlainObject(specification), () => `${where()} is ${kindOf(specification)}, not an object with a type`);
  refuseMembers(where, 'field', specification, specificationKeys);
  const { after, args: own, ...rest } = specification;
  const all = own === undefined || own === null ? args : { ...args, ...readArgs(own, () => `args of ${where()}`) };
  return readJob({ id, ...rest, ...readDependencies(after, isJob, where), args: all }, where, argsOf);
}

function readJob(value: unknown, where: Sentence, argsOf: typeof readArgs): Job {
  if (isPlainObject(value)) refuseMembers(where, 'field', value, jobFields);
  const wrong = jobProblems(value);
  refuse(wrong.length > 0, () => `${inWords(where)}: ${wrong.join('; ')}`);
  const {
    id,
    type,
    status,
    args,
    parents,
    when,
    optional,
    withSpawned,
    external,
    limits: under,
    ...rest
  } = value as t.TypeOf<typeof JobMap>;
  const { heartbeat, failure, ...policy } = rest;
  refuse(
    status !== undefined && status !== 'unstarted',
    () => `${inWords(where)} is ${status}; a graph is submitted with every job unstarted`,
  );
  refuse(
    heartbeat != null || failure != null,
    () => `${inWords(where)} has a heartbeat or a failure, which only the engine sets`,
  );
  const own = argsOf(args ?? {}, () => `args of ${inWords(where)}`);
  return {
    id,
    type,
    status: 'unstarted',
    args: own,
    parents: [...new Set(parents ?? [])],
    ...checkRule(when, where),
    ...defined({ optional: distinct(optional), withSpawned: distinct(withSpawned) }),
    ...checkPolicy(policy, where),
    ...checkJobTimes(policy, where),
    ...checkExternal(external, { ...policy, limits: under ?? undefined }, where),
    ...checkLimits(under, own, where),
  };
}

/** The usual rule is not written down, so that a graph is the same whether it is named or not. */
function checkRule(when: string | undefined, where: Sentence) {
  const rule = dependencyRules.find((each) => each === when);
  refuse(
    when !== undefined && rule === undefined,
    () => `when of ${inWords(where)} is ${shownName(when!)}, which is no rule; ${meantAmong(when!, dependencyRules)}`,
  );
  return defined({ when: rule === 'all-finished' ? undefined : rule });
}

/** Each once; nothing for none. */
function distinct(names: readonly string[] | undefined): readonly string[] | undefined {
  return names === undefined || names.length === 0 ? undefined : [...new Set(names)];
}

function refuseMembers(whose: Sentence, kind: string, value: object, known: readonly string[]): void {
  if (Object.keys(value).every((name) => known.includes(name))) return;
  throw new Problem(unknownMember(inWords(whose), kind, value, known)!);
}

/** Args from outside, as JSON. */
export function checkedArgs(args: unknown): Either<GraphProblem, JsonObject> {
  return E.tryCatch(() => readArgs(args, 'args'), problemIn);
}

function readArgs(args: unknown, path: Sentence): JsonObject {
  demand(isPlainObject(args), () => `${inWords(path)} must be an object, not ${kindOf(args)}`);
  const json = toJson(args, inWords(path));
  if (E.isLeft(json)) throw new Problem(json.left);
  const bytes = jsonBytes(json.right);
  refuse(
    bytes > limits.argsBytesMax,
    () => `${inWords(path)} take ${bytes} bytes as JSON; the limit is ${limits.argsBytesMax}`,
  );
  return json.right as JsonObject;
}

/**
 * {@link readArgs} for the jobs of one graph, most of which share their args: reads the same object once. What several
 * jobs share is frozen, so that nobody changes the args of one job and means no other.
 */
export function argsReader(): typeof readArgs {
  const read = new Map<unknown, JsonObject>();
  return (args, path) => {
    const known = read.get(args);
    if (known !== undefined) return frozen(known);
    const json = readArgs(args, path);
    read.set(args, json);
    return json;
  };
}

function byId(jobs: readonly Job[]): Readonly<Record<string, Job>> {
  const found: Record<string, Job> = {};
  for (const job of jobs) {
    checkId(job.id, 'job id', limits.jobIdBytesMax);
    refuse(Object.hasOwn(found, job.id), () => `two jobs have the id ${shownName(job.id)}`);
    found[job.id] = job;
  }
  return found;
}
