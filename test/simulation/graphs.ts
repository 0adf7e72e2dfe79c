import {
  type GraphOptions,
  type JobGraph,
  jobGraph,
  type JobSpecification,
  type Memoize,
  type SpawnedJobs,
} from '../../src/index.js';
import { dependencyRules } from '../../src/domain/dependency-rules.js';
import { between, chanceOf, oneOf } from './chance.js';
import type { GraphPlan } from './plan.js';

/** The graph of a plan: up to ten jobs of two types, with parents among the jobs before, and policies of all kinds. */
export function graphFor({ id, seed, jobs, priority, isLarge }: GraphPlan, startMs: number): JobGraph {
  const times = chanceOf(seed, 'times');
  const random = chanceOf(seed, 'graph');
  const isAsked = chanceOf(seed, 'external');
  const limits = chanceOf(seed, 'limits');
  const definitions = Array.from(
    { length: jobs },
    (_, index) => [`job ${index}`, jobFor(random, index, isLarge)] as const,
  ).map(([name, job]) => [name, limited(limits, timed(times, isAsked() < 0.12 ? askedFor(job) : job))] as const);
  return jobGraph({ jobs: Object.fromEntries(definitions) }, {}, { id, priority, ...timesFor(times, startMs) });
}

/** What some jobs come under: keys that are scarce, one that allows so many starts, and one whose limit people change. */
export const limitRules = {
  'scarce-1': { concurrency: 1 },
  'scarce-2': { concurrency: 2 },
  rated: { concurrency: 4, starts: 3, windowMs: 4000 },
  /** The most that anybody ever sets. */
  changing: { concurrency: 3 },
} as const;

/** Whether, and how, a job comes under limits. */
function limited<Job extends object>(random: () => number, job: Job): Job & Partial<JobSpecification> {
  const chosen = Object.keys(limitRules).filter(() => random() < 0.12);
  const limits = chosen.map((key) => (key === 'scarce-2' && random() < 0.4 ? { key, units: 2 } : key));
  return limits.length === 0 || 'external' in job ? job : { ...job, limits };
}

/** Whether, and how, a job says something of time. */
function timed<Job extends object>(random: () => number, job: Job): Job & Partial<JobSpecification> {
  const isAsked = 'external' in job;
  const delays = { delayMs: between(random, 1, 20_000) };
  const chosen = {
    ...(random() < 0.1 && !isAsked ? delays : {}),
    ...(random() < 0.08 && !isAsked ? { scheduleToStartMs: between(random, 1000, 90_000) } : {}),
    ...(random() < 0.12 ? { scheduleToCloseMs: between(random, 2000, 180_000) } : {}),
  };
  return { ...job, ...chosen };
}

/** The same of a whole graph. @param startMs when its world begins */
function timesFor(random: () => number, startMs: number): Pick<GraphOptions, 'startAfter' | 'deadline' | 'deadlineMs'> {
  const which = random();
  const soon = new Date(startMs + between(random, 0, 120_000));
  if (which < 0.06) return { startAfter: soon };
  if (which < 0.12) return { deadline: soon };
  return which < 0.2 ? { deadlineMs: between(random, 5000, 200_000) } : {};
}

function jobFor(random: () => number, index: number, isLarge: boolean) {
  const hasTimeout = random() < 0.25;
  const isMemoized = random() < 0.3;
  // Six of these are too much for one append.
  const padding = isLarge ? { padding: 'x'.repeat(200_000) } : {};
  return {
    type: random() < 0.5 ? 't' : 'u',
    ...dependenciesFor(random, index),
    args: { hasTimeout, isMemoized, ...padding },
    maximumLostLeases: 100,
    ...(hasTimeout ? { timeoutMs: between(random, 1500, 8000) } : {}),
    ...(random() < 0.5 ? { retry: { maximumAttempts: between(random, 1, 4), initialIntervalMs: 500 } } : {}),
    ...(isMemoized ? { memoize: memoryFor(random) } : {}),
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
  const after = parents.map((parent) => {
    const job = random() < 0.3 ? `${parent}/*` : parent;
    return random() < 0.2 ? { job, optional: true } : job;
  });
  return parents.length > 0 && random() < 0.5 ? { after, when: oneOf(random, dependencyRules) } : { after };
}

/** What a handler spawns: a few jobs that wait for each other by all rules, sometimes too much for one event. */
export function spawnedFor(random: () => number): SpawnedJobs {
  const isLarge = random() < 0.05;
  const names = Array.from({ length: between(random, 1, 3) }, (_, index) => `s${index}`);
  const jobs = names.map((name, index) => {
    const before = names.slice(0, index).filter(() => random() < 0.6);
    const after = before.map((job) => (random() < 0.3 ? `${job}/*` : job));
    return [
      name,
      {
        ...(random() < 0.1 ? { delayMs: between(random, 1, 10_000) } : {}),
        type: random() < 0.5 ? 't' : 'u',
        ...(after.length > 0 && random() < 0.5 ? { after, when: oneOf(random, dependencyRules) } : { after }),
        args: { hasTimeout: false, isMemoized: false, ...(isLarge ? { padding: 'x'.repeat(150_000) } : {}) },
        maximumLostLeases: 100,
      },
    ] as const;
  });
  return Object.fromEntries(jobs);
}

function memoryFor(random: () => number): Memoize {
  const key = `key ${between(random, 0, 2)}`;
  return random() < 0.5 ? { key } : { key, maxAgeMs: between(random, 1, 30) * 1000 };
}
