// time-limit: 900s
/** A small part of the simulation: enough to see that it works, and that it would tell. `npm run simulate` plays more. */
import { assert, describe } from '../support/spec.js';
import { allFaults, faultsOfFiles } from './fault-kinds.js';
import { letDisksFail } from '../log/sqlite/failing-disk.js';
import { type Plan, planFor } from './plan.js';
import { play } from './play.js';
import { shrink } from './shrink.js';
import { count, noTotals, totalLines } from './totals.js';

const spec = describe('simulation', { timeoutMs: 600_000 });

/** Plays worlds, and checks that nothing was wrong in any. */
async function played(plans: readonly Plan[]) {
  const totals = noTotals();
  for (const plan of plans) {
    const world = await play(plan);
    count(totals, world);
    assert.equal(
      world.problems,
      [],
      `play it again with: npm run simulate -- --seed ${plan.seed} --faults ${plan.faults.join() || 'none'}`,
    );
  }
  return totals;
}

const seeds = (first: number, length: number) => Array.from({ length }, (_, index) => first + index);

spec.test('given every fault at once, then nothing is lost or doubled, and every graph ends', async () => {
  const totals = await played(seeds(1, 80).map((seed) => planFor(seed, { faults: allFaults })));
  assert.equal(
    allFaults.filter((kind) => (totals.strikes[kind] ?? 0) === 0),
    [],
  );
  assert.ok(totals.crashes > 20);
  console.log(totalLines(totals)[0]);
});

spec.test('given each fault alone, and none, then the same', async () => {
  const alone = allFaults.map((kind, index) => planFor(2000 + index, { faults: [kind] }));
  const totals = await played([...alone, planFor(2999, { faults: [] })]);
  assert.ok(totals.events > 1000);
});

spec.test('given SQLite on a disk that fails and loses its power, then the same', async () => {
  letDisksFail();
  const faults = [...allFaults, ...faultsOfFiles];
  const totals = noTotals();
  for (const seed of seeds(1, 15)) {
    const world = await play(planFor(seed, { engine: 'sqlite', faults }), { engine: 'sqlite' });
    count(totals, world);
    assert.equal(world.problems, [], `play it again with: npm run simulate -- --sqlite --faults all --seed ${seed}`);
  }
  assert.ok((totals.strikes['power-cut'] ?? 0) > 0 && (totals.strikes['commit-unknown'] ?? 0) > 0);
});

spec.test('given the same plan, then the same history', async () => {
  for (const seed of [3, 4]) {
    const plan = planFor(seed, { faults: allFaults });
    const once = await play(plan);
    assert.ok(once.events.length > 20);
    assert.equal((await play(plan)).events, once.events);
    assert.equal((await play(JSON.parse(JSON.stringify(plan)) as Plan)).events, once.events);
  }
});

spec.test('given a plan that fails for two of its faults, then it is shrunk to these two', async () => {
  const plan = planFor(11, { faults: allFaults });
  const [first, second] = [plan.acts[2]!, plan.acts.at(-2)!];
  let plays = 0;
  const fails = (shorter: Plan) => {
    plays += 1;
    return Promise.resolve([first, second].every((act) => shorter.acts.includes(act)) && !shorter.spared.includes('b'));
  };
  const short = await shrink(plan, fails, () => Promise.resolve(['a', 'b', 'c']));
  assert.equal([short.acts, short.graphs, short.faults, short.workers], [[first, second], [], [], 1]);
  assert.equal([...short.spared].sort(), ['a', 'c']);
  assert.ok(plays < 300);
});

spec.run();
