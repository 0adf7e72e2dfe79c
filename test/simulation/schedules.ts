/** Operators of schedules: one who sets them, others who interfere, and one who takes them away when all is to end. */
import {
  backfillSchedule,
  OverseerError,
  pauseSchedule,
  RejectedError,
  removeSchedule,
  resumeSchedule,
  schedules,
  setSchedule,
  type Store,
  triggerSchedule,
} from '../../src/index.js';
import { overlaps } from '../../src/domain/overlap.js';
import { between, chanceOf, oneOf } from './chance.js';
import { graphFor } from './graphs.js';
import { attempted } from './people.js';
import type { SchedulePlan } from './plan.js';
import type { World } from './world.js';

/** Sets a schedule, until that is acknowledged. */
export async function setUp(world: World, plan: SchedulePlan): Promise<void> {
  await world.untilReached('scheduler', (store) => setAs(store, world.plan.limits.length > 0, plan));
  if (world.judge.schedules.schedules.get(plan.name)?.isThere !== true) {
    world.judge.problems.push(`schedule ${plan.name} was acknowledged, and is not there`);
  }
}

async function setAs(
  store: Store,
  isLimited: boolean,
  { name, everyMs, overlap, catchUpMs, seed, jobs }: SchedulePlan,
): Promise<void> {
  const plan = { id: name, atMs: 0, seed, jobs, priority: 0, isLarge: false, isLimited };
  // An instant would be that of one run only.
  const { startAfter: _, deadline: _end, ...graph } = graphFor(plan, 0);
  await setSchedule(store, name, { graph, every: { ms: everyMs }, overlap, catchUpMs });
}

/** Somebody interferes with a schedule, and tries again when the log cannot be reached. */
export async function interfere(world: World, seed: number): Promise<void> {
  const random = chanceOf(seed, 'schedule');
  if (world.plan.schedules.length === 0) return;
  const plan = oneOf(random, world.plan.schedules);
  const { name } = plan;
  const isLimited = world.plan.limits.length > 0;
  const backMs = between(random, 1, 120) * 1000;
  const other = { ...plan, overlap: oneOf(random, overlaps), everyMs: between(random, 5, 60) * 1000 };
  const commands: readonly ((store: Store) => Promise<unknown>)[] = [
    (store) => pauseSchedule(store, name),
    (store) => resumeSchedule(store, name),
    (store) => resumeSchedule(store, name),
    (store) => triggerSchedule(store, name),
    (store) => triggerSchedule(store, name),
    (store) => backfillSchedule(store, name, stretch(store.environment.now(), backMs)),
    (store) => removeSchedule(store, name),
    (store) => setAs(store, isLimited, plan),
    (store) => setAs(store, isLimited, other),
  ];
  const command = oneOf(random, commands);
  await attempted(world, async (store) => void (await command(store)));
}

function stretch(now: number, backMs: number) {
  const iso = (at: number) => new Date(at).toISOString();
  return { from: iso(now - backMs), to: iso(now) };
}

/** Ends every pause of a schedule. */
export async function resumeSchedules(world: World): Promise<void> {
  await world.untilReached('operator', async (store) => {
    for (const { name, pause } of await schedules(store)) {
      if (pause !== null) await resumeSchedule(store, name).catch(unlessRejected);
    }
  });
}

/** Removes every schedule, so that the world can come to an end. */
export async function removeSchedules(world: World): Promise<void> {
  await world.untilReached('operator', async (store) => {
    for (const { name } of await schedules(store)) await removeSchedule(store, name).catch(unlessRejected);
  });
}

/** Somebody else was faster. */
function unlessRejected(error: unknown): void {
  if (!(error instanceof RejectedError) || !(error instanceof OverseerError)) throw error;
}
