// time-limit: 600s
/**
 * Every decoder with inputs that nobody wrote in good faith: the corpus, and as many new ones as each target says, always
 * the same. `npm run fuzz` goes on from there for as long as wanted.
 */
import { Fuzzing, keep, table, type Tally, told } from './fuzzing.js';
import { targets } from './targets.js';
import { Watchdog } from './watchdog.js';
import { assert, describe } from '../support/spec.js';

const patienceMs = 240_000;
const spec = describe('fuzzing', { timeoutMs: 300_000 });
const tallies: Tally[] = [];
let watchdog: Watchdog;

spec.before(() => {
  watchdog = new Watchdog(patienceMs);
});

for (const target of targets) {
  spec.test(`given anything at all, then ${target.name} takes it or refuses it, and nothing else happens`, async () => {
    const fuzzing = await Fuzzing.open(target, watchdog);
    const { tally } = fuzzing;
    tallies.push(tally);
    try {
      await fuzzing.known();
      await fuzzing.fresh(1, (given) => given < target.inputs);
    } finally {
      await fuzzing.close();
    }
    // Some valid inputs are made anew in every run, so the seed alone does not always give the same: the input is kept.
    const failures = tally.failures.map((failure) => `${told(failure)}\n  kept as ${keep(failure)}`);
    assert.equal(failures, []);
    // A decoder that only ever refuses, or only ever takes, was not tried.
    assert.ok(tally.accepted >= target.inputs / 100, `${tally.accepted} of ${tally.inputs} were taken`);
    assert.ok(target.isTotal === true || tally.refused >= target.inputs / 100, `${tally.refused} were refused`);
  });
}

spec.after(async () => {
  await watchdog.stop();
  console.log(table(tallies));
});

spec.run();
