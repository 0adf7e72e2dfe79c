/** Operators of limits: those who set them, others who change them, and one who sees to it that all can go on to its end. */
import { limits, RejectedError, removeLimit, setLimit, type Store } from '../../src/index.js';
import { between, chanceOf, oneOf } from './chance.js';
import { attempted } from './people.js';
import { limitFor, limitKeys, type LimitPlan } from './plan.js';
import type { World } from './world.js';

/** Sets a limit, until that is acknowledged. */
export async function limitAs(world: World, plan: LimitPlan): Promise<void> {
  await world.untilReached('operator', (store) => setAs(store, plan));
  if (!world.judge.limits.wasEverSet(plan.key)) {
    world.judge.problems.push(`the limit ${plan.key} was acknowledged, and is not in the log`);
  }
}

async function setAs(store: Store, { key, concurrency, rate }: Omit<LimitPlan, 'atMs'>): Promise<void> {
  const measure = { ...(concurrency === undefined ? {} : { concurrency }), ...(rate === undefined ? {} : { rate }) };
  await setLimit(store, key, measure);
}

/** Somebody changes a limit, and tries again when the log cannot be reached. */
export async function change(world: World, seed: number): Promise<void> {
  const random = chanceOf(seed, 'limit');
  const { limits: planned } = world.plan;
  if (planned.length === 0) return;
  const { key } = oneOf(random, planned);
  const other = limitFor(random, 0);
  const command = random() < 0.3 ? (store: Store) => removeLimit(store, key) : (store: Store) => setAs(store, other);
  await attempted(world, async (store) => void (await command(store)));
}

/**
 * From now on, every job gets its turn. One that takes two places can never start where there is one. A rate would stand still for
 * as long as the log's clock does, which somebody may have set hours ahead.
 */
export async function endLimits(world: World): Promise<void> {
  const random = chanceOf(world.plan.seed, 'the end of limits');
  const isClockTrue = !world.plan.faults.includes('log-clock-jumps');
  await world.untilReached('operator', async (store) => {
    for (const { key, concurrency, starts, windowMs } of await limits(store)) {
      const enough = concurrency === undefined ? {} : { concurrency: Math.max(2, concurrency) };
      const rate = starts === undefined || !isClockTrue ? {} : { rate: { starts, windowMs: windowMs! } };
      const kept = { ...enough, ...rate };
      if (Object.keys(kept).length > 0) await setLimit(store, key, kept);
      else await removeLimit(store, key).catch(unlessRejected);
    }
    // Some changes are made while jobs wait in peace.
    if (world.plan.limits.length > 0 && random() < 0.5) {
      await setLimit(store, oneOf(random, limitKeys), { concurrency: between(random, 2, 3) });
    }
  });
}

/** Somebody else was faster. */
function unlessRejected(error: unknown): void {
  if (!(error instanceof RejectedError)) throw error;
}
