import type { LimitMeasure } from '../../src/domain/limit-settings.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import { limits, removeLimit, setLimit } from '../../src/index.js';
import { orThrow } from '../../src/store/or-throw.js';
import { chanceOf, oneOf } from './chance.js';
import { limitRules } from './graphs.js';
import { attempted } from './people.js';
import type { Plan } from './plan.js';
import type { World } from './world.js';

/**
 * The limits of a world. While the log's own clock is set back, a window may not open for hours, since what is recorded meanwhile
 * has the same time: then there is no rate.
 */
export function rulesFor({ faults }: Plan): Readonly<Record<string, LimitMeasure>> {
  const { rated, ...others } = limitRules;
  return faults.includes('log-clock-jumps') ? others : { rated, ...others };
}

/** Sets the limits of a world before anybody works, so that nobody can have started anything without knowing them. */
export async function limitAtFirst({ log, plan }: World): Promise<void> {
  const events = Object.entries(rulesFor(plan)).map(([key, measure], index) => ({
    id: `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`,
    event: { type: 'LimitSet', data: { key, ...measure, by: 'somebody', reason: 'at first' } } as const,
    causationId: null,
    actor: 'somebody',
  }));
  await orThrow(log.append([{ ...namespaceStream, expectedRevision: -1, events }]));
}

/** An operator sets a limit otherwise, never wider than at first, or looks at what there is. */
export async function changeLimits(world: World, seed: number): Promise<void> {
  const random = chanceOf(seed, 'limits');
  const concurrency = oneOf(random, [1, 2, 3]);
  const isSet = random() < 0.8;
  await attempted(world, async (store) => {
    if (isSet) await setLimit(store, 'changing', { concurrency });
    else if ((await limits(store)).some(({ key }) => key === 'unused')) await removeLimit(store, 'unused');
    else await setLimit(store, 'unused', { concurrency });
  });
}
