/**
 * `npm run fuzz`: gives every decoder inputs that nobody wrote in good faith, for as long as wanted, and prints a table.
 *
 *     npm run fuzz -- --minutes 60 --target export --seed 7
 *
 * `--target` takes the targets whose name contains the word. Each input follows from its seed, and seeds count up: `--seed
 * N --inputs 1` repeats one. An input for which something does not hold is made smaller and kept in the corpus, where the
 * tests try it again.
 */
import { parseArgs } from 'node:util';
import { Fuzzing, keep, table, told } from './fuzzing.js';
import { targets } from './targets.js';
import { Watchdog } from './watchdog.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    inputs: { type: 'string' },
  },
});
const endsAt = Date.now() + Number(values.minutes) * 60_000;
const inputsMax = values.inputs === undefined ? Infinity : Number(values.inputs);
const turnMs = 2000;
/** An input may take a minute on a busy machine before it counts as one that never ends. */
const patienceMs = 60_000;

const chosen = targets.filter(({ name }) => name.includes(values.target));
if (chosen.length === 0)
  throw new Error(`no target is called ${values.target}; there are ${targets.map(({ name }) => name).join(', ')}`);
const watchdog = new Watchdog(patienceMs);
const tallies = [];
let isStopped = false;
process.once('SIGINT', () => (isStopped = true));

console.log(`seed ${values.seed}`);
/** The next seed of each target. All get turns of the same length, until the time is up. */
const next = new Map(chosen.map(({ name }) => [name, Number(values.seed)]));
const open = [];
for (const target of chosen) {
  const fuzzing = await Fuzzing.open(target, watchdog);
  open.push(fuzzing);
  tallies.push(fuzzing.tally);
  if (inputsMax === Infinity) await fuzzing.known();
}
const reported = new Set();
do {
  for (const fuzzing of open) {
    const { target, failures } = fuzzing.tally;
    const turnEndsAt = Math.min(endsAt, Date.now() + turnMs);
    const isWanted = (given: number) =>
      given < inputsMax && !isStopped && (inputsMax < Infinity || Date.now() < turnEndsAt);
    next.set(target, await fuzzing.fresh(next.get(target)!, isWanted));
    for (const failure of failures) {
      if (reported.has(failure)) continue;
      reported.add(failure);
      console.log(`\nFAILED ${told(failure)}\n${inputsMax < Infinity ? '' : `  kept as ${keep(failure)}\n`}`);
    }
  }
} while (!isStopped && inputsMax === Infinity && Date.now() < endsAt);
for (const fuzzing of open) await fuzzing.close();
await watchdog.stop();
console.log(table(tallies));
if (reported.size > 0) process.exitCode = 1;
