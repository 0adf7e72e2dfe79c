import { isNestedDeeper, isPlainObject, jsonBytes, type JsonObject } from '../prelude/json.js';
import { didYouMean } from '../prelude/nearest.js';
import { utf8Bytes } from '../prelude/utf8.js';
import type { GraphProblem, Job, JobGraph } from './job-graph.js';
import { limits } from './limits.js';
import { definitionOf } from './submission.js';

/** Throws a {@link Problem} for the first reason why a graph cannot be submitted. */
export function checkGraph(graph: JobGraph): void {
  checkGraphId(graph.id);
  refuse(!Number.isSafeInteger(graph.priority), `priority ${String(graph.priority)} is not a whole number`);
  checkLabels(graph.labels);
  const jobs = Object.values(graph.jobs);
  refuse(jobs.length === 0, 'a graph needs at least one job');
  refuse(
    jobs.length > limits.jobsPerGraphMax,
    `a graph has at most ${limits.jobsPerGraphMax} jobs, not ${jobs.length}`,
  );
  checkJobs(jobs, (job, parent) => checkParent(job, parent, graph.jobs));
}

/**
 * Throws a {@link Problem} for the first thing that is wrong with jobs that are added to a graph together.
 *
 * @param checkParent called for a parent that is not one of the jobs before
 */
export function checkJobs(jobs: readonly Job[], checkParent: (job: Job, parent: string) => void): void {
  // Jobs that name only jobs before them, as most graphs are written, cannot depend on each other in a cycle.
  const before = new Set<string>();
  let isInOrder = true;
  for (const job of jobs) {
    checkNames(job);
    checkRule(job);
    for (const parent of job.parents) {
      if (before.has(parent)) continue;
      checkParent(job, parent);
      isInOrder = false;
    }
    before.add(job.id);
    checkSize(job);
  }
  const cycle = isInOrder ? null : findCycle(new Map(jobs.map((job) => [job.id, job])));
  if (cycle !== null) throw new Problem(`the jobs depend on each other in a cycle: ${shownCycle(cycle)}`);
}

function checkNames(job: Job): void {
  checkId(job.type, () => `type of job ${shown(job.id)}`, limits.jobTypeBytesMax);
  if (job.memoize !== undefined) checkMemoizeKey(job.memoize.key, job.id);
}

/** Asking that one of no jobs does something would be asking for ever. */
function checkRule({ id, parents, when, optional = [], withSpawned = [] }: Job): void {
  const asksForOne = when === 'any-finished' || when === 'any-failed';
  refuse(
    asksForOne && parents.length === 0,
    () => `job ${shown(id)} is to run ${shown(when!)}, and depends on no job; name some in after`,
  );
  for (const [field, named] of Object.entries({ optional, withSpawned })) {
    const stray = named.find((parent) => !parents.includes(parent));
    if (stray === undefined) continue;
    throw new Problem(`job ${shown(id)} has ${shown(stray)} in ${field}, which is not one of its parents`);
  }
}

function checkParent(job: Job, parent: string, jobs: JobGraph['jobs']): void {
  if (parent === job.id) throw new Problem(`job ${shown(job.id)} depends on itself`);
  if (Object.hasOwn(jobs, parent)) return;
  const meant = didYouMean(parent, Object.keys(jobs));
  throw new Problem(`job ${shown(job.id)} depends on ${shown(parent)}, which is not a job of this graph${meant}`);
}

function checkSize(job: Job): void {
  const where = () => `job ${shown(job.id)}`;
  const text = JSON.stringify(definitionOf(job, job.args));
  const bytes = utf8Bytes(text);
  const all =
    job.carried === undefined ? 'its args and parents' : 'its args, its parents and the result it carries over';
  refuse(
    bytes > limits.jobDefinitionBytesMax,
    () => `${where()} takes ${bytes} bytes as JSON with ${all}; the limit is ${limits.jobDefinitionBytesMax}`,
  );
  // Of an older release's results, which had no limit; args have been looked at when they were read.
  refuse(
    isNestedDeeper(text, limits.nestingMax + 2),
    () =>
      `${where()} would carry over a result nested deeper than the limit of ${limits.nestingMax}; run the job again instead`,
  );
}

export function checkMemoizeKey(key: string, jobId: string): void {
  checkId(key, () => `memoize.key of job ${shown(jobId)}`, limits.memoizeKeyBytesMax);
}

export function checkLabels(labels: unknown): void {
  demand(isPlainObject(labels), `labels must be an object of strings, not ${kindOf(labels)}`);
  for (const [key, value] of Object.entries(labels)) {
    refuse(typeof value !== 'string', `label ${shown(key)} is ${kindOf(value)}, not a string`);
  }
  const bytes = jsonBytes(labels as JsonObject);
  refuse(bytes > limits.labelsBytesMax, `labels take ${bytes} bytes as JSON; the limit is ${limits.labelsBytesMax}`);
}

export function checkGraphId(id: string): void {
  checkId(id, 'graph id', limits.graphIdBytesMax);
  refuse(id.includes('/'), `graph id ${shown(id)} has a slash, which separates a graph's id from its jobs'`);
}

/** A schedule's name is part of the ids of its runs, up to the last `@`. */
export function checkScheduleName(name: unknown): asserts name is string {
  checkId(name, 'name of a schedule', limits.scheduleNameBytesMax);
  const stray = ['/', '@'].find((each) => (name as string).includes(each));
  if (stray === undefined) return;
  const what = stray === '/' ? 'a slash' : 'an @';
  throw new Problem(
    `name of a schedule ${shown(name as string)} has ${what}, which the ids of its runs are divided by`,
  );
}

/** A control character would break every line that an id is printed on; `__proto__` is not an ordinary key of an object. */
export function checkId(id: unknown, name: Sentence, bytesMax: number): void {
  if (typeof id === 'string' && ordinaryId.test(id) && id.length <= bytesMax && id !== '__proto__') return;
  const what = inWords(name);
  demand(typeof id === 'string', () => `${what} is ${kindOf(id)}, not a string`);
  refuse(id === '', `${what} is empty`);
  const bytes = utf8Bytes(id);
  refuse(bytes > bytesMax, `${what} ${shown(id)} is ${bytes} bytes long; the limit is ${bytesMax}`);
  refuse(/[\p{Cc}\p{Zl}\p{Zp}]/u.test(id), `${what} ${shown(id)} has a line break or another control character`);
  refuse(/\p{Cs}/u.test(id), `${what} ${shown(id)} is not well-formed Unicode`);
  refuse(id !== id.trim(), `${what} ${shown(id)} begins or ends with a space`);
  refuse(id === '__proto__', `${what} "__proto__" is not possible in JavaScript; choose another`);
}

/** Printable characters of ASCII without spaces at the ends: nearly every id, and nothing is wrong with its characters. */
const ordinaryId = /^[!-~](?:[ -~]*[!-~])?$/;

/** A cycle, from a job back to itself along "depends on", or null. Iterative: a chain may be longer than the stack. */
function findCycle(jobs: ReadonlyMap<string, Job>): readonly string[] | null {
  const state = new Map<string, 'open' | 'done'>();
  for (const root of jobs.keys()) {
    if (state.has(root)) continue;
    const path: { id: string; next: number }[] = [{ id: root, next: 0 }];
    state.set(root, 'open');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const parent = jobs.get(top.id)?.parents[top.next++];
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

const cycleShownMax = 10;

/** The first jobs of a cycle, how many more there are, and the first job again. A short cycle is shown whole. */
function shownCycle(cycle: readonly string[]): string {
  const left = cycle.length - 1 - cycleShownMax;
  if (left <= 0) return cycle.map(shown).join(' → ');
  return [...cycle.slice(0, cycleShownMax).map(shown), `… and ${left} more`, shown(cycle[0]!)].join(' → ');
}

/** What is wrong with a graph. Thrown and caught while a graph is built. */
export class Problem extends Error {}

/** A part of a message, or how to make it where messages are made for one of many jobs. */
export type Sentence = string | (() => string);

export function inWords(sentence: Sentence): string {
  return typeof sentence === 'string' ? sentence : sentence();
}

export function demand(holds: boolean, sentence: Sentence): asserts holds {
  if (!holds) throw new Problem(inWords(sentence));
}

export function refuse(isWrong: boolean, sentence: Sentence): void {
  if (isWrong) throw new Problem(inWords(sentence));
}

/** The sentence of a {@link Problem}; anything else that was thrown is thrown on. */
export function problemIn(thrown: unknown): GraphProblem {
  if (thrown instanceof Problem) return thrown.message;
  throw thrown;
}

/** A value in words, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${shown(value)}`;
  return value === undefined ? 'missing' : `a ${typeof value}`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}
