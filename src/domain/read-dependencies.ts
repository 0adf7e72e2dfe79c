import { isPlainObject } from '../prelude/json.js';
import { shownName, unknownMember } from '../prelude/known-names.js';
import { demand, inWords, kindOf, Problem, refuse, type Sentence } from './graph-rules.js';
import type { Job } from './job-graph.js';

/** What a job says of the jobs that it depends on. */
type Dependencies = Required<Pick<Job, 'parents' | 'optional' | 'withSpawned'>>;

/** Behind the id of a job: the job, and all that is spawned below it. */
const withSpawned = '/*';

/**
 * Reads the list of jobs that a job depends on: `['a', 'list/*', { job: 'b', optional: true }]`.
 *
 * @param isJob whether a job has this id, or this name: then it is meant, even if it ends like the form for all that is spawned
 */
export function readDependencies(after: unknown, isJob: (name: string) => boolean, where: Sentence): Dependencies {
  const optional = new Map<string, boolean>();
  const awaited = new Set<string>();
  for (const item of itemsOf(after, where)) {
    const [text, mayBeSkipped] = dependencyOf(item, where);
    const [parent, isWithSpawned] = nameIn(text, isJob);
    refuse(
      optional.has(parent) && optional.get(parent) !== mayBeSkipped,
      () => `${inWords(where)} names ${shownName(parent)} twice, as optional and not`,
    );
    optional.set(parent, mayBeSkipped);
    if (isWithSpawned) awaited.add(parent);
  }
  const parents = [...optional.keys()];
  return { parents, optional: parents.filter((parent) => optional.get(parent)), withSpawned: [...awaited] };
}

/** Reads a list of types that a type depends on: `['fetch', 'list/*']`. */
export function readTypes(parents: unknown, isType: (name: string) => boolean, where: Sentence) {
  const names = itemsOf(parents, where);
  for (const name of names) {
    refuse(typeof name !== 'string', () => `a parent of ${inWords(where)} is ${kindOf(name)}, not a name`);
  }
  const { optional: _, ...read } = readDependencies(names, isType, where);
  return read;
}

/** The job that is meant, and whether all that is spawned below it is meant too. */
function nameIn(text: string, isJob: (name: string) => boolean): readonly [parent: string, isWithSpawned: boolean] {
  const isWithSpawned = text.endsWith(withSpawned) && !isJob(text);
  return [isWithSpawned ? text.slice(0, -withSpawned.length) : text, isWithSpawned];
}

function dependencyOf(item: unknown, where: Sentence): readonly [text: string, isOptional: boolean] {
  if (typeof item === 'string') return [item, false];
  const example = `such as 'a' or { job: 'a', optional: true }`;
  demand(isPlainObject(item), () => `a parent of ${inWords(where)} is ${kindOf(item)}, not a name, ${example}`);
  const problem = unknownMember(`a parent of ${inWords(where)}`, 'field', item, ['job', 'optional']);
  if (problem !== null) throw new Problem(problem);
  const { job, optional = false } = item;
  demand(
    typeof job === 'string',
    () => `job in a parent of ${inWords(where)} is ${kindOf(job)}; write a parent ${example}`,
  );
  demand(
    typeof optional === 'boolean',
    () => `optional in a parent of ${inWords(where)} is ${kindOf(optional)}; it is true or false`,
  );
  return [job, optional];
}

function itemsOf(parents: unknown, where: Sentence): readonly unknown[] {
  if (parents === null || parents === undefined) return [];
  const list = Array.isArray(parents)
    ? (parents as unknown[])
    : parents instanceof Set
      ? [...(parents as Set<unknown>)]
      : null;
  demand(
    list !== null,
    () => `the parents of ${inWords(where)} must be a list, such as ['a', 'b'], not ${kindOf(parents)}`,
  );
  return list;
}
