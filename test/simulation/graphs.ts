import { type JobGraph, jobGraph, type Memoize } from '../../src/index.js';
import { dependencyRules } from '../../src/domain/dependency-rules.js';
import { between, chanceOf, oneOf } from './chance.js';
import type { GraphPlan } from './plan.js';

/** The graph of a plan: up to ten jobs of two types, with parents among the jobs before, and policies of all kinds. */
export function graphFor({ id, seed, jobs, priority, isLarge }: GraphPlan): JobGraph {
  const random = chanceOf(seed, 'graph');
  const isAsked = chanceOf(seed, 'external');
  const definitions = Array.from(
    { length: jobs },
    (_, index) => [`job ${index}`, jobFor(random, index, isLarge)] as const,
  ).map(([name, job]) => [name, isAsked() < 0.12 ? askedFor(job) : job] as const);
  return jobGraph({ jobs: Object.fromEntries(definitions) }, {}, { id, priority });
}

function jobFor(random: () => number, index: number, isLarge: boolean) {
  const hasTimeout = random() < 0.25;
  // Six of these are too much for one append.
  const padding = isLarge ? { padding: 'x'.repeat(200_000) } : {};
  return {
    type: random() < 0.5 ? 't' : 'u',
    ...dependenciesFor(random, index),
    args: { hasTimeout, ...padding },
    maximumLostLeases: 100,
    ...(hasTimeout ? { timeoutMs: between(random, 1500, 8000) } : {}),
    ...(random() < 0.5 ? { retry: { maximumAttempts: between(random, 1, 4), initialIntervalMs: 500 } } : {}),
    ...(random() < 0.3 ? { memoize: memoryFor(random) } : {}),
  };
}

/** The same job, answered by somebody outside. */
function askedFor({ type, args, after, ...job }: ReturnType<typeof jobFor>) {
  const when = 'when' in job && job.when !== undefined ? { when: job.when } : {};
  return { type, args, after, ...when, external: { for: 'somebody' } };
}

/** Mostly by the usual rule, so that graphs come far; of the others, each as often. */
function dependenciesFor(random: () => number, index: number) {
  const count = index === 0 ? 0 : between(random, 0, 2);
  const parents = [...new Set(Array.from({ length: count }, () => `job ${between(random, 0, index - 1)}`))];
  const after = parents.map((job) => (random() < 0.2 ? { job, optional: true } : job));
  return parents.length > 0 && random() < 0.5 ? { after, when: oneOf(random, dependencyRules) } : { after };
}

function memoryFor(random: () => number): Memoize {
  const key = `key ${between(random, 0, 2)}`;
  return random() < 0.5 ? { key } : { key, maxAgeMs: between(random, 1, 30) * 1000 };
}
