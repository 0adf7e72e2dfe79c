import { defined } from '../prelude/defined.js';
import type { WorkerOptions } from '../worker/worker.js';
import { type AnyGraph, graphDetailKeys, type GraphDetails } from './graph-form.js';
import { assertOptions, invalid } from './known.js';
import {
  type GraphRun,
  type HandlersByClock,
  testWorld,
  type Within,
  type WorldOptions,
  worldOptionKeys,
} from './world.js';

export interface RunOptions extends WorldOptions, GraphDetails, Within {
  /** How many workers work on it. Default 1. */
  readonly workers?: number;
  /** Options of each worker, as `start` takes them. */
  readonly worker?: WorkerOptions;
}

const keys = [...worldOptionKeys, ...graphDetailKeys, 'within', 'workers', 'worker'];

/**
 * Runs a graph to its end in a world of its own, and skips all waits: back-offs, time limits, leases. A handler that is at
 * work holds the time, unless it waits for the virtual clock.
 *
 *     const run = await runGraph({ fetch: [], report: ['fetch'] }, handlers);
 *     assert.equal(run.status, 'finished');
 *
 * @param handlers or a function that makes them, which is given the virtual clock
 * @throws OverseerError `graph-unending` for a graph that does not end within a day of virtual time, or `within`;
 *   `time-held` if a handler is at real work for longer than `patienceMs`
 */
export async function runGraph(
  graph: AnyGraph,
  handlers: HandlersByClock,
  options: RunOptions = {},
): Promise<GraphRun> {
  assertOptions(options, keys, 'runGraph');
  const { workers = 1, worker, within, seed, startAt, holdTime, patienceMs, ...details } = options;
  if (!Number.isSafeInteger(workers) || workers < 1)
    invalid(`workers is ${String(workers)}; give a whole number from 1`);
  const world = await testWorld(defined({ seed, startAt, holdTime, patienceMs }));
  try {
    const graphId = await world.submit(graph, details);
    for (let started = 0; started < workers; started++) await world.start(handlers, worker);
    return await world.ended(graphId, defined({ within }));
  } finally {
    await world.close();
  }
}
