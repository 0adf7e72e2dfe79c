import { defined } from '../prelude/defined.js';
import { E, type Either } from '../prelude/fp.js';
import { isPlainObject, type JsonObject } from '../prelude/json.js';
import { shownName } from '../prelude/known-names.js';
import { didYouMean } from '../prelude/nearest.js';
import { argsReader, readSpecification } from './build-job-graph.js';
import { checkId, checkJobs, demand, kindOf, Problem, problemIn, refuse } from './graph-rules.js';
import type { JobDefinition } from './events.js';
import type { Spawned } from './events.js';
import type { JobNode } from './graph.js';
import type { GraphProblem, Job } from './job-graph.js';
import { limits } from './limits.js';

/** A job that spawns others, and what its attempt has spawned so far. */
export interface Spawner {
  readonly id: string;
  readonly args: JsonObject;
  /** Whether its result is remembered under a key: then no handler may run, and nothing is spawned. */
  readonly isMemoized: boolean;
  /** How many jobs its graph has. */
  readonly jobsInGraph: number;
  /** Whether its graph has a job with an id. */
  readonly isJob: (id: string) => boolean;
  /** What the attempt has spawned before, by id. */
  readonly spawned: ReadonlyMap<string, Job>;
}

/** A job of a graph as one that spawns. */
export function spawnerOf({ id, args, definition, graph }: JobNode): Omit<Spawner, 'spawned'> {
  const isMemoized = definition.memoize !== undefined;
  return { id, args, isMemoized, jobsInGraph: graph.jobs.size, isJob: (jobId) => graph.jobs.has(jobId) };
}

/**
 * The jobs that a handler spawns, with their ids: `<id of the spawner>/<name>`. They may depend on each other, by name, and
 * on what the attempt spawned before; one that names no other job depends on the spawner.
 */
export function readSpawned(definition: unknown, spawner: Spawner): Either<GraphProblem, readonly Job[]> {
  return E.tryCatch(() => {
    demand(
      isPlainObject(definition),
      () => `what is spawned is ${kindOf(definition)}; it is an object such as { 'page-1': { type: 'fetch' } }`,
    );
    refuse(
      spawner.isMemoized,
      `a job whose result is remembered (memoize) cannot spawn: when it is not run, nobody would`,
    );
    const names = Object.keys(definition);
    checkCount(names.length, spawner);
    for (const name of names) checkName(name, spawner);
    const reading = {
      args: spawner.args,
      argsOf: argsReader(),
      isJob: (name: string) => name === spawner.id || Object.hasOwn(definition, name),
    };
    const idFor = idsOf(names, spawner);
    const jobs = names.map((name) => {
      const where = () => `spawned job ${shownName(name)}`;
      return placed(readSpecification(name, definition[name], { ...reading, where }), spawner, idFor);
    });
    checkJobs(jobs, () => {});
    return jobs;
  }, problemIn);
}

/** Jobs that an attempt has spawned, by id, each with its own args. */
export type SpawnedDefinitions = Readonly<Record<string, JobDefinition>>;

/** All that an attempt has spawned; nothing if it spawned none. */
export function spawnedIn(parts: readonly Spawned[]): { readonly spawned?: SpawnedDefinitions } {
  if (parts.length === 0) return {};
  const definitions = parts.flatMap(({ jobs, args }) => jobs.map((job) => ({ ...job, args: job.args ?? args })));
  return { spawned: Object.fromEntries(definitions.map((job) => [job.id, job])) };
}

function checkCount(count: number, { jobsInGraph, spawned }: Spawner): void {
  const all = jobsInGraph + spawned.size + count;
  const { jobsPerGraphMax } = limits;
  refuse(all > jobsPerGraphMax, () => `a graph has at most ${jobsPerGraphMax} jobs; with these it would have ${all}`);
}

function checkName(name: string, { id, isJob, spawned }: Spawner): void {
  checkId(name, 'name of a spawned job', limits.jobIdBytesMax);
  refuse(name === '*', `the name of a spawned job is "*", which stands for all of them`);
  refuse(
    name.includes('/'),
    () =>
      `spawned job ${shownName(name)} has a slash in its name; a job spawns below itself only, and its id goes before the name`,
  );
  const whole = idOf(id, name);
  checkId(whole, () => `id of spawned job ${shownName(name)}`, limits.jobIdBytesMax);
  refuse(spawned.has(whole), () => `job ${shownName(whole)} is spawned twice`);
  refuse(isJob(whole), () => `job ${shownName(whole)} is in the graph already; give the spawned job another name`);
}

function idOf(spawnerId: string, name: string): string {
  return `${spawnerId}/${name}`;
}

/** What the jobs that are spawned together mean by the names of others: their ids. */
function idsOf(names: readonly string[], { id: spawnerId, spawned }: Spawner) {
  const known = new Set(names);
  return (name: string, ofJob: string): string => {
    const id = idOf(spawnerId, name);
    if (known.has(name) || spawned.has(id)) return id;
    if (name === spawnerId) return spawnerId;
    const meant = didYouMean(name, names);
    throw new Problem(
      `spawned job ${shownName(ofJob)} depends on ${shownName(name)}, which is not spawned with it or before it${meant}`,
    );
  };
}

/** A job with its names made ids. One that depends on no other spawned job depends on its spawner. */
function placed(job: Job, spawner: Spawner, idFor: (name: string, ofJob: string) => string): Job {
  const idsFor = (names: readonly string[] | undefined) => names?.map((name) => idFor(name, job.id));
  const parents = idsFor(job.parents)!;
  const withSpawned = idsFor(job.withSpawned);
  refuse(
    withSpawned?.includes(spawner.id) === true,
    () => `spawned job ${shownName(job.id)} would wait for itself: it is one of ${shownName(`${spawner.id}/*`)}`,
  );
  return defined({
    ...job,
    id: idOf(spawner.id, job.id),
    parents: parents.length === 0 ? [spawner.id] : parents,
    optional: idsFor(job.optional),
    withSpawned,
  });
}
