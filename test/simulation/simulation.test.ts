// time-limit: 600s
import { assert, describe } from '../support/spec.js';
import { simulate } from './simulation.js';

const spec = describe('simulation', { timeoutMs: 590_000 });

/** `SEED=7 npm run simulate` plays one world again; `ROUNDS=1000 npm run simulate` plays many. */
const given = process.env['SEED'];
const rounds = Number(process.env['ROUNDS'] ?? 60);
const seeds = given === undefined ? Array.from({ length: rounds }, (_, index) => index + 1) : [Number(given)];

spec.test(
  'given workers that crash, pause and lose messages, then every graph ends, nothing is lost, and nothing is done twice',
  async () => {
    const total = { events: 0, runs: 0, crashes: 0, leases: 0, remembered: 0 };
    for (const seed of seeds) {
      const result = await simulate(seed);
      total.events += result.events.length;
      total.runs += result.runs;
      total.crashes += result.crashes;
      total.leases += result.events.filter(
        (event) => event.type === 'JobFaulted' && event.data.cause === 'lease-expired',
      ).length;
      total.remembered += result.events.filter(
        (event) => event.type === 'JobFinished' && event.data.memoized !== undefined,
      ).length;
      assert.equal(result.problems, [], `play it again with: SEED=${seed} npm run simulate`);
    }
    console.log(`  ${seeds.length} worlds: ${JSON.stringify(total)}`);
    assert.ok(total.events > 0);
    assert.ok(given !== undefined || total.remembered > 0);
  },
);

if (given === undefined) {
  spec.test('given the same seed, then the same history', async () => {
    const once = await simulate(3);
    const again = await simulate(3);
    assert.ok(once.events.length > 5);
    assert.equal(again.events, once.events);
  });
}

spec.run();
