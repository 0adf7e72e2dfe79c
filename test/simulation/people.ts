/** Whoever is not a worker: those who submit graphs and wait for them, operators, and a projection that acts. */
import {
  abortGraph,
  abortJob,
  defineProjection,
  forkGraph,
  GraphConflictError,
  LogError,
  pause,
  type PauseTarget,
  pauses,
  project,
  RejectedError,
  resume,
  retryGraph,
  retryJob,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import { between, chanceOf, oneOf } from './chance.js';
import { graphFor } from './graphs.js';
import type { GraphPlan } from './plan.js';
import type { Host, World } from './world.js';

/** Submits a graph until that is acknowledged, whatever the network does, and then waits for its end. */
export async function submit(world: World, plan: GraphPlan): Promise<void> {
  const { random, strikes } = world.chances.of('submitter', `submission of ${plan.id}`);
  const graph = graphFor(plan, world.time.startMs);
  if (strikes('submitter-dies')) {
    const { store, machine } = world.newHost('submitter');
    transactGraph(store, graph).catch(() => {});
    await world.pass(between(random, 0, 3000));
    machine.kill();
  }
  await world.untilReached('submitter', (store) => transactGraph(store, graph));
  world.expected.add(plan.id);
  if (world.judge.graphs.get(plan.id)?.reference.exists !== true) {
    world.judge.problems.push(`the submission of ${plan.id} was acknowledged, and it does not exist`);
  }
  await waitFor(world, plan.id);
}

/** Waits for a graph, and checks that what is told of its end is true. */
async function waitFor(world: World, graphId: string): Promise<void> {
  const ended = await world.untilReached('client', (store) => waitForGraph(store, graphId));
  const outcomes = world.judge.graphs.get(graphId)!.outcomes;
  if (!outcomes.has(ended.status)) {
    world.judge.problems.push(`who waited for ${graphId} was told that it is ${ended.status}, which it never was`);
  }
}

/** An operator does something to a graph or a job, and tries again when the log cannot be reached. */
export async function operate(world: World, seed: number): Promise<void> {
  const random = chanceOf(seed, 'operator');
  const graphIds = [...world.judge.graphs].filter(([, { reference }]) => reference.exists).map(([id]) => id);
  if (graphIds.length === 0) return;
  const graphId = oneOf(random, graphIds);
  const jobId = jobFor(world, graphId, random);
  const command = oneOf(random, commands);
  const since = world.judge.events.length;
  const done = await attempted(world, (store) => command(store, graphId, jobId));
  if (done === null) return;
  const problem = whyNotDone(world, world.judge.events.slice(since), { ...done, graphId });
  if (problem !== null) world.judge.problems.push(`graph ${graphId}: ${problem}`);
}

/** One of those that a graph may have from the start, or one that was spawned. */
function jobFor(world: World, graphId: string, random: () => number): string {
  const spawned = [...(world.judge.graphs.get(graphId)?.reference.jobs.values() ?? [])].filter((job) => job.spawnedBy);
  return spawned.length > 0 && random() < 0.4 ? oneOf(random, spawned).id : `job ${between(random, 0, 9)}`;
}

interface Done {
  readonly what: 'abort-job' | 'abort-graph' | 'reset' | 'fork';
  readonly jobIds: readonly string[];
}

type Command = (store: Store, graphId: string, jobId: string) => Promise<Done>;

const aborting: Command = async (store, graphId, jobId) => {
  await abortJob(store, graphId, jobId);
  return { what: 'abort-job', jobIds: [jobId] };
};
const abortingAll: Command = async (store, graphId) => {
  await abortGraph(store, graphId);
  return { what: 'abort-graph', jobIds: [] };
};
const retrying: Command = async (store, graphId, jobId) => {
  await retryJob(store, graphId, jobId);
  return { what: 'reset', jobIds: [jobId] };
};
const retryingAll: Command = async (store, graphId) => ({ what: 'reset', jobIds: await retryGraph(store, graphId) });
const forking: Command = async (store, graphId, jobId) => {
  const id = `fork ${store.environment.newId().slice(0, 8)}`;
  await forkGraph(store, graphId, { ...(store.environment.random() < 0.5 ? { from: [jobId] } : { failed: true }), id });
  return { what: 'fork', jobIds: [] };
};

const commands: readonly Command[] = [
  aborting,
  aborting,
  abortingAll,
  abortingAll,
  retrying,
  retrying,
  retrying,
  retryingAll,
  retryingAll,
  retryingAll,
  forking,
];

/** Why a command that was acknowledged has not had its effect; null if it has, be it undone by another one since. */
function whyNotDone(
  world: World,
  events: readonly RecordedEvent[],
  { what, jobIds, graphId }: Done & { graphId: string },
): string | null {
  const { reference } = world.judge.graphs.get(graphId)!;
  const wasUndone = events.some(
    (event) => event.graphId === graphId && (event.type === 'JobReset' || event.type === 'GraphReset'),
  );
  if (what === 'abort-graph')
    return reference.isAborted || wasUndone ? null : 'its abort was acknowledged, and it is not aborted';
  for (const jobId of jobIds) {
    const isAborted = what === 'abort-job' && reference.status(reference.jobs.get(jobId)!) === 'aborted';
    const isReset = events.some(
      (event) => event.graphId === graphId && event.jobId === jobId && event.type === 'JobReset',
    );
    if (!isAborted && !isReset && !(what === 'abort-job' && wasUndone))
      return `${what} of ${jobId} was acknowledged without effect`;
  }
  return null;
}

/** An operator holds work back, or lets it go on. */
export async function holdBack(world: World, seed: number): Promise<void> {
  const random = chanceOf(seed, 'hold');
  const ofGraphs = world.plan.graphs.flatMap(({ id }) => [{ graphId: id }, { graphId: id }]);
  const targets: readonly PauseTarget[] = [...ofGraphs, { type: 't' }, { type: 'u' }, 'namespace'];
  const target = oneOf(random, targets);
  const isPause = random() < 0.5;
  await attempted(world, async (store) => void (await (isPause ? pause(store, target) : resume(store, target))));
}

/** Ends every pause. */
export async function resumeAll(world: World): Promise<void> {
  await world.untilReached('operator', async (store) => {
    for (const { scope, type, graphId } of await pauses(store)) {
      const target = scope === 'namespace' ? scope : scope === 'type' ? { type: type! } : { graphId: graphId! };
      await resume(store, target).catch((error: unknown) => {
        // It has been resumed meanwhile.
        if (!(error instanceof RejectedError)) throw error;
      });
    }
  });
}

/** Whether trying again may help. */
export function isTransient(error: unknown): boolean {
  return error instanceof LogError && error.isTransient;
}

/** What a person gets who tries a few times; null if a rule or the network forbids it, or if the machine dies. */
export async function attempted<A>(world: World, work: (store: Store) => Promise<A>): Promise<A | null> {
  const host = world.newHost('operator');
  for (let tries = 0; tries < 4 && !host.machine.isDead; tries++) {
    try {
      return await world.on(host, () => work(host.store));
    } catch (error) {
      if (error instanceof RejectedError || error instanceof GraphConflictError) return null;
      if (!host.machine.isDead && !isTransient(error)) throw error;
      await world.pass(500);
    }
  }
  return null;
}

const finishes = defineProjection<number>({
  name: 'finishes',
  initial: 0,
  filter: { types: ['JobFinished'] },
  evolve: (count) => count + 1,
});

/** A projection that acts on every finished job, and is started again whenever it falls over. */
export class Follower {
  /** Ids of events, in the order in which it was first told of them. */
  readonly told = new Set<string>();
  private host: Host | null = null;
  private readonly ending = new AbortController();

  constructor(private readonly world: World) {}

  async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      const host = (this.host = this.world.newHost('follower'));
      const onChange = ({ event }: { readonly event: RecordedEvent }) => void this.told.add(event.id);
      const ran = project(host.store, finishes, { onChange, signal: this.ending.signal }).catch((error: unknown) => {
        if (!isTransient(error)) throw error;
      });
      await Promise.race([ran, host.machine.died]);
      if (!this.ending.signal.aborted) await this.world.pass(1000);
    }
  }

  kill(): void {
    this.host?.machine.kill();
  }

  end(): void {
    this.ending.abort();
  }
}
