/** Graphs of many shapes, and handlers whose results follow from what they are given, so that every result can be judged. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  fault,
  type Handlers,
  jobGraph,
  type JobGraph,
  type JobSpecification,
  type RunningJob,
} from '../../src/index.js';
import type { Json } from '../../src/prelude/json.js';
import type { Chance } from './chance.js';

type Jobs = Record<string, JobSpecification>;

/** Short, and different for different values. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value ?? null))
    .digest('base64url')
    .slice(0, 16);
}

/** Parents in the order of their ids. */
export function digestsOf(inputs: Readonly<Record<string, unknown>>): Record<string, string> {
  const ids = Object.keys(inputs).sort();
  return Object.fromEntries(ids.map((id) => [id, digestOf(inputs[id])]));
}

interface Given {
  readonly graphId: string;
  readonly id: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The only right result of a job. */
export function resultOf({ graphId, id, args, inputs }: Given): Json {
  const from = digestOf([graphId, id, args, digestsOf(inputs)]);
  return typeof args['bytes'] === 'number' ? from.repeat(Math.ceil(args['bytes'] / from.length)) : { id, from };
}

/** @param begun is told of each run before it does anything */
export function handlersTelling(begun: (job: RunningJob) => void): Handlers {
  const work = async (job: RunningJob) => {
    begun(job);
    await delay(Number(job.args['ms'] ?? 0));
    if (job.attempt <= Number(job.args['failures'] ?? 0)) {
      if (job.attempt % 2 === 1) fault('not yet');
      throw new Error('this attempt was to fail');
    }
    return resultOf(job);
  };
  return { task: work, large: work, flaky: work, slow: work };
}

export const jobTypes = ['task', 'large', 'flaky', 'slow'];

const retry = { initialIntervalMs: 20, maximumIntervalMs: 200 };

function jobOf(chance: Chance, after: readonly string[] = []): JobSpecification {
  // A job may lose many leases here, and none of them by its own fault.
  const common = { after, maximumLostLeases: 10_000 };
  const type = chance.one(['task', 'task', 'task', 'task', 'flaky', 'flaky', 'large', 'slow']);
  const ms = chance.int(0, 60);
  if (type === 'flaky') return { ...common, type, args: { ms, failures: chance.int(1, 3) }, retry };
  if (type === 'large') return { ...common, type, args: { ms, bytes: chance.int(20_000, 200_000) } };
  return { ...common, type, args: { ms: type === 'slow' ? chance.int(300, 1500) : ms } };
}

const shapes: readonly ((chance: Chance) => Jobs)[] = [
  function chain(chance) {
    const ids = Array.from({ length: chance.int(3, 8) }, (_, n) => `link-${n}`);
    return Object.fromEntries(ids.map((id, n) => [id, jobOf(chance, n === 0 ? [] : [ids[n - 1]!])]));
  },
  function fanOut(chance) {
    const leaves = Array.from({ length: chance.int(5, 40) }, (_, n) => `leaf-${n}`);
    return {
      root: jobOf(chance),
      ...Object.fromEntries(leaves.map((id) => [id, jobOf(chance, ['root'])])),
      end: jobOf(chance, leaves),
    };
  },
  function layers(chance) {
    const jobs: Jobs = {};
    let above: readonly string[] = [];
    for (let layer = 0; layer < chance.int(2, 4); layer++) {
      const ids = Array.from({ length: chance.int(2, 8) }, (_, n) => `layer-${layer}-${n}`);
      for (const id of ids) jobs[id] = jobOf(chance, chance.some(above, chance.int(1, 3)));
      above = ids;
    }
    return jobs;
  },
  function loose(chance) {
    return Object.fromEntries(Array.from({ length: chance.int(5, 30) }, (_, n) => [`job-${n}`, jobOf(chance)]));
  },
];

export function graphOf(chance: Chance, id: string): JobGraph {
  return jobGraph({ jobs: chance.one(shapes)(chance) }, { of: id }, { id, priority: chance.int(0, 3) });
}
