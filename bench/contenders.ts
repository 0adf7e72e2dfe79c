/** Who runs beside whom, and what each of them is made of. */
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Contender } from './contest.js';
import { freshAddress } from './measure.js';
import { installPeers, peerVersions } from './peers/install.js';
import { findProgram, type Server, startPostgres, startRedis } from './servers.js';
import { edgesLostInTrees, jobCount, type Shape, singles } from './shapes.js';

/** Worker processes of Overseer on one SQLite file. */
export function overseer(processes: number): Contender {
  return {
    name: processes === 1 ? 'Overseer, one process' : `Overseer, ${processes} processes`,
    program: 'overseer-program.ts',
    processes,
    place() {
      const address = freshAddress();
      const remove = () => rm(dirname(address.replace('sqlite:', '')), { recursive: true });
      return Promise.resolve({ settings: { address, concurrency: 200 }, remove });
    },
  };
}

export function overseerSettings(): string {
  const { version } = createRequire(import.meta.url)('better-sqlite3/package.json') as { version: string };
  return `Overseer: SQLite by better-sqlite3 ${version}, synchronous=FULL (the default), concurrency 200 a process; history is kept`;
}

function bullmq(server: Server): Contender {
  return {
    name: 'BullMQ flows',
    program: 'peers/bullmq.ts',
    processes: 1,
    server,
    place: () =>
      Promise.resolve({ settings: { port: server.port, concurrency: 200 }, remove: () => Promise.resolve() }),
    instead(shape) {
      const lost = edgesLostInTrees(shape);
      const edges = shape.copies * shape.jobs.reduce((sum, { parents }) => sum + parents.length, 0);
      if (lost === 0) return { shape, difference: '' };
      // A tree that has lost most of the waits is another shape.
      if (lost * 2 > edges) return null;
      return {
        shape,
        difference: `as trees, without ${lost.toLocaleString('en')} of ${edges.toLocaleString('en')} edges`,
      };
    },
  };
}

async function placeInPostgres(server: Server, settings: object) {
  // Only now: the package may not be installed where nobody asks for it.
  const { freshDatabase } = await import('./peers/database.js');
  const { url, remove } = await freshDatabase(server.port);
  return { settings: { url, ...settings }, remove };
}

/** As its own measurement of its speed sets it up, and without a line of log for each job. */
function graphileWorker(server: Server, localQueue: number | null): Contender {
  return {
    name: localQueue === null ? 'graphile-worker' : `graphile-worker, local queue ${localQueue}`,
    program: 'peers/graphile-worker.ts',
    processes: 1,
    environment: { NO_LOG_SUCCESS: '1' },
    server,
    place: () => placeInPostgres(server, { localQueue, concurrency: 24 }),
    instead: (shape) => insteadOfGraphs(shape, localQueue !== null),
  };
}

/** Without graphs, as many single jobs stand beside diamonds, where the fastest is asked for; other shapes stay alone. */
function insteadOfGraphs(shape: Shape, isFastest: boolean): { shape: Shape; difference: string } | null {
  if (shape.name === 'singles') return { shape, difference: '' };
  if (shape.name !== 'diamonds' || !isFastest) return null;
  return { shape: singles(jobCount(shape)), difference: 'as many single jobs' };
}

function pgBoss(server: Server): Contender {
  return {
    name: 'pg-boss',
    program: 'peers/pg-boss.ts',
    processes: 1,
    server,
    place: () => placeInPostgres(server, { batch: 100, loops: 4 }),
  };
}

/** The peers that can run here, their servers started; and a sentence for each that cannot. */
export interface Peers {
  readonly bullmq: Contender | null;
  readonly graphile: Contender | null;
  readonly all: readonly Contender[];
  readonly settings: readonly string[];
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

export async function startPeers(): Promise<Peers> {
  const why = installPeers();
  if (why !== null) {
    const missing = [`left out, since ${why}: BullMQ, graphile-worker, pg-boss`];
    return { bullmq: null, graphile: null, all: [], settings: [], missing, stop: () => Promise.resolve() };
  }
  const missing: string[] = [];
  const redis = await started('redis-server', 'BullMQ', missing, startRedis);
  const postgres = await started('postgres', 'graphile-worker and pg-boss', missing, startPostgres);
  const version = peerVersions();
  const flows = redis && bullmq(redis);
  const graphile = postgres && graphileWorker(postgres, 500);
  const ofPostgres = postgres === null ? [] : [graphile!, graphileWorker(postgres, null), pgBoss(postgres)];
  const settings = [
    ...(redis ? [`BullMQ ${version['bullmq']} on ${redis.description}; concurrency 200; finished jobs are kept`] : []),
    ...(postgres ? [`${postgres.description}, for the next two`] : []),
    ...(postgres
      ? [
          `graphile-worker ${version['graphile-worker']}: 24 at a time, NO_LOG_SUCCESS=1, with the local queue also completeJobBatchDelay 0; finished jobs are deleted`,
          `pg-boss ${version['pg-boss']}: batches of 100, 4 loops of fetch and complete, resolveFlow called whenever a batch was not full; finished jobs are kept for days`,
        ]
      : []),
  ];
  return {
    bullmq: flows,
    graphile,
    all: [...(flows === null ? [] : [flows]), ...ofPostgres],
    settings,
    missing,
    stop: async () => {
      await Promise.all([redis?.stop(), postgres?.stop()]);
    },
  };
}

/** Null, and why, if the server is not installed or does not start. */
async function started(
  program: string,
  peers: string,
  missing: string[],
  start: (program: string) => Promise<Server>,
): Promise<Server | null> {
  const path = findProgram(program);
  try {
    if (path !== null) return await start(path);
    missing.push(`left out, since ${program} is not installed here: ${peers}`);
  } catch (error) {
    missing.push(`left out, since ${program} did not start (${String(error).split('\n', 1)[0]}): ${peers}`);
  }
  return null;
}
