/**
 * `npm run chaos`: real worker processes on one log, and every kind of fault; see docs/reference/chaos.md. Prints a table.
 * Ends with 1 if anything acknowledged was lost, anything stale was accepted, or anything stood still; then the seeds and
 * the folders of those rounds are named, with the store and what every process has written down.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandLine, readCommandLine, usage } from './command-line.js';
import { concerns, faultKinds } from './faults/all.js';
import type { ChaosOptions } from './faults/kinds.js';
import { playRound } from './rounds.js';
import { lineOf, type Played, tableOf, troubles } from './table.js';

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function play(name: string, seed: number, options: ChaosOptions): Promise<Played> {
  const folder = join(options.scratch, `${name}-${seed}`);
  const startedAt = performance.now();
  const result = await playRound({ kind: faultKinds[name]!, seed, options, folder }).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  const played = { name, seed, result };
  say(lineOf(played, performance.now() - startedAt));
  const wrong = troubles(played);
  for (const trouble of wrong.slice(0, 10)) say(`  ${trouble}`);
  if (wrong.length > 0) say(`  kept in ${folder}; again: npm run chaos -- --faults ${name} --seed ${seed}`);
  else rmSync(folder, { recursive: true, force: true });
  return played;
}

async function main({ store, faults, rounds, minutes, seed, restartCommand }: CommandLine): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'overseer-chaos-'));
  chmodSync(scratch, 0o711);
  const options: ChaosOptions = { store, restartCommand, scratch };
  const skipped = new Map<string, string>();
  const concerning = faults.filter((name) => concerns(faultKinds[name]!, options));
  for (const name of concerning) {
    const why = faultKinds[name]!.missing?.(options) ?? null;
    if (why === null) continue;
    skipped.set(name, why);
    say(`${name} is skipped: ${why}`);
  }
  const kinds = concerning.filter((name) => !skipped.has(name));
  const until = minutes === null ? Infinity : performance.now() + minutes * 60_000;
  const most = minutes === null ? rounds * kinds.length : Infinity;
  const played: Played[] = [];
  const startedAt = performance.now();
  for (let round = 0; kinds.length > 0 && round < most && performance.now() < until && !isOver; round++) {
    played.push(await play(kinds[round % kinds.length]!, seed + Math.floor(round / kinds.length), options));
  }
  say(`\n${tableOf(faultKinds, played, skipped)}\n`);
  const bad = played.filter((round) => troubles(round).length > 0);
  const minutesTaken = Math.round((performance.now() - startedAt) / 60_000);
  const date = new Date().toISOString().slice(0, 10);
  say(`${date}, Node.js ${process.versions.node}, ${minutesTaken} minutes, seed ${seed}`);
  say(`${played.length} rounds, ${bad.length} of them failed`);
  if (bad.length === 0) rmSync(scratch, { recursive: true, force: true });
  process.exitCode = bad.length === 0 && played.length > 0 ? 0 : 1;
}

/** A first Ctrl-C ends the run after this round, with the table of what was played. A second one ends it at once. */
let isOver = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isOver = true;
    say('this round is played to its end; once more to end at once');
  });
}

let line: CommandLine;
try {
  line = readCommandLine(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
  process.exit(2);
}
await main(line);
