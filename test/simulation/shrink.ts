import type { Plan } from './plan.js';

/** Whether a plan still fails. */
export type Fails = (plan: Plan) => Promise<boolean>;

/**
 * Makes a plan that fails as short as it can: leaves away faults, acts, graphs, jobs and workers, one half or one piece at
 * a time, as long as it fails without them.
 *
 * @param struckBy the keys of the faults that strike when a plan is played
 * @param playsMax after how many plays it is short enough
 */
export async function shrink(
  plan: Plan,
  fails: Fails,
  struckBy: (plan: Plan) => Promise<readonly string[]>,
  playsMax = 300,
): Promise<Plan> {
  let shortest = plan;
  let plays = 0;
  const attempt = async (shorter: Plan): Promise<boolean> => {
    if (plays >= playsMax) return false;
    plays += 1;
    if (!(await fails(shorter))) return false;
    shortest = shorter;
    return true;
  };
  for (let before: Plan | null = null; before !== shortest && plays < playsMax;) {
    before = shortest;
    await fewer(
      plan.faults.filter((kind) => shortest.faults.includes(kind)),
      (faults) => attempt({ ...shortest, faults }),
    );
    await fewer(shortest.acts, (acts) => attempt({ ...shortest, acts }));
    await fewer(shortest.graphs, (graphs) => attempt({ ...shortest, graphs }));
    await fewer(shortest.schedules, (schedules) => attempt({ ...shortest, schedules }));
    await fewer(shortest.limits, (limits) => attempt({ ...shortest, limits }));
    const struck = (await struckBy(shortest)).filter((key) => !shortest.spared.includes(key));
    await fewer(struck, (_, left) => attempt({ ...shortest, spared: [...shortest.spared, ...left] }));
    for (let workers = 1; workers < shortest.workers; workers++) if (await attempt({ ...shortest, workers })) break;
    for (const { id } of shortest.graphs) await fewerJobs(id);
  }
  return shortest;

  async function fewerJobs(id: string): Promise<void> {
    const jobsOf = () => shortest.graphs.find((graph) => graph.id === id)!.jobs;
    const set = (jobs: number) =>
      attempt({ ...shortest, graphs: shortest.graphs.map((graph) => (graph.id === id ? { ...graph, jobs } : graph)) });
    while (jobsOf() > 1 && ((await set(Math.ceil(jobsOf() / 2))) || (await set(jobsOf() - 1))));
  }
}

/** Tries to keep less of a list: without ever smaller pieces of it (delta debugging). */
async function fewer<A>(
  list: readonly A[],
  works: (kept: readonly A[], left: readonly A[]) => Promise<boolean>,
): Promise<void> {
  let kept = list;
  for (
    let size = Math.ceil(kept.length / 2);
    size >= 1 && kept.length > 0;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < kept.length;) {
      const left = kept.slice(at, at + size);
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await works(rest, left)) kept = rest;
      else at += size;
    }
  }
}
