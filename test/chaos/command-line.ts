/** The words of `npm run chaos`. */
import { parseArgs } from 'node:util';
import { faultKinds } from './faults/all.js';

export interface CommandLine {
  readonly store: string;
  readonly faults: readonly string[];
  /** Rounds of each kind. */
  readonly rounds: number;
  /** If given, rounds are played until so much time is over, however many they are. */
  readonly minutes: number | null;
  readonly seed: number;
  readonly restartCommand: string | null;
}

export const usage = `npm run chaos -- [--store ADDRESS] [--rounds N] [--minutes N] [--faults KIND,KIND] [--seed N] [--restart-command COMMAND]

  --store            sqlite (the default: a temporary file for each round), or the esdb:// address of a server
  --rounds           rounds of each kind, 1 by default
  --minutes          in place of --rounds: rounds are played until so many minutes are over
  --faults           only these kinds: ${Object.keys(faultKinds).join(', ')}
  --seed             what is drawn from; the time by default
  --restart-command  kills the server and starts it again, and ends when it can be used`;

/** @throws Error that says which word is wrong */
export function readCommandLine(words: readonly string[]): CommandLine {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: { store: text, rounds: text, minutes: text, faults: text, seed: text, 'restart-command': text },
  });
  const faults = values.faults?.split(',') ?? Object.keys(faultKinds);
  const unknown = faults.find((name) => !Object.hasOwn(faultKinds, name));
  if (unknown !== undefined) throw new Error(`there is no kind of fault ${unknown}`);
  const store = values.store ?? 'sqlite';
  if (store !== 'sqlite' && !/^esdb(\+discover)?:\/\//.test(store)) {
    throw new Error(`--store is sqlite, or the address of a server: ${store} is neither`);
  }
  return {
    store,
    faults,
    rounds: numberOf('rounds', values.rounds) ?? 1,
    minutes: numberOf('minutes', values.minutes),
    seed: numberOf('seed', values.seed) ?? Math.floor(Date.now() / 1000) % 1_000_000,
    restartCommand: values['restart-command'] ?? null,
  };
}

function numberOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name} is a number from 0, not ${text}`);
}
