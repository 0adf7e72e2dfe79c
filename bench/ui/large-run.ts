/** Runs for the web UI to show, made by worker processes of their own in an SQLite store. */
import { install, jobGraph, type JobSpecification, store, transactGraph, waitForGraph } from 'overseer';
import { startProcesses, stopProcesses } from '../processes.js';

export const pageTypes = ['fetch', 'parse', 'join', 'rank', 'store'] as const;

export const largeId = 'large-run';

/** Layers of jobs, each of which waits for up to three of the layer before. */
function layered(layers: number, perLayer: number): Record<string, JobSpecification> {
  // Always the same graph: figures of one day are compared with those of another.
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const typeOf = (layer: number) => pageTypes[layer % pageTypes.length]!;
  const idOf = (layer: number, index: number) => `${typeOf(layer)}-${layer}-${index}`;
  const jobs: Record<string, JobSpecification> = {};
  for (let layer = 0; layer < layers; layer++) {
    for (let index = 0; index < perLayer; index++) {
      const after = layer === 0 ? [] : [0, 1, 2].map(() => idOf(layer - 1, next(perLayer)));
      const args = { page: layer * perLayer + index, layer };
      jobs[idOf(layer, index)] = { type: typeOf(layer), after: [...new Set(after)], args };
    }
  }
  return jobs;
}

/** Has two worker processes run a graph of a number of jobs, of about five events each, to its end. */
export async function makeLargeRun(address: string, jobs: number): Promise<void> {
  const db = await store(address);
  await install(db);
  const [layers, perLayer] = [50, jobs / 50];
  const graph = jobGraph(
    { jobs: layered(layers, perLayer) },
    { org: 'acme' },
    { id: largeId, labels: { size: `${jobs}` } },
  );
  await transactGraph(db, graph);
  const processes = await startProcesses(address, 2, 16);
  await waitForGraph(db, largeId);
  await stopProcesses(processes);
  await db.close();
}

/** Submits a graph in which sleeping jobs run one after another, beside others that never begin. */
export async function submitChain(address: string, id: string, chained: number, idle: number): Promise<void> {
  const db = await store(address);
  const jobs: Record<string, JobSpecification> = {};
  for (let index = 0; index < chained; index++) {
    const after = index === 0 ? [] : [`sleep-${index - 1}`];
    jobs[`sleep-${index}`] = { type: 'sleep', after, args: { ms: 40 } };
  }
  for (let index = 0; index < idle; index++) {
    jobs[`idle-${index}`] = {
      type: `idle-${index % 5}`,
      after: index % 100 === 0 ? [`sleep-${chained - 1}`] : [`idle-${index - 1}`],
    };
  }
  await transactGraph(db, jobGraph({ jobs }, {}, { id }));
  await db.close();
}
