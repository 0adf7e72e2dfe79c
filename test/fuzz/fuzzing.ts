import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { judge } from './rules.js';
import { type Case, corpusFolder, type Opened, type Target } from './target.js';
import type { Watchdog } from './watchdog.js';

/** An input for which something does not hold, made as small as it could be made. */
export interface Failure {
  readonly target: string;
  /** The seed that gives it; null for one of the corpus. */
  readonly seed: number | null;
  readonly what: string;
  readonly input: Case;
}

/** What a target was given, and what it made of it. */
export interface Tally {
  readonly target: string;
  inputs: number;
  accepted: number;
  refused: number;
  slowestMs: number;
  readonly failures: Failure[];
}

/** More failures of one target are hardly other ones. */
const failuresMax = 5;
const shrinkingMax = 300;

/** One target while it is fuzzed. */
export class Fuzzing {
  readonly tally: Tally;
  private readonly kinds = new Set<string>();

  private constructor(
    private readonly target: Target,
    private readonly opened: Opened,
    private readonly watchdog: Watchdog | null,
  ) {
    this.tally = { target: target.name, inputs: 0, accepted: 0, refused: 0, slowestMs: 0, failures: [] };
  }

  static async open(target: Target, watchdog: Watchdog | null = null): Promise<Fuzzing> {
    return new Fuzzing(target, await target.open(), watchdog);
  }

  /** The corpus, and all valid inputs as they are. */
  async known(): Promise<void> {
    for (const [index, input] of this.opened.known.entries())
      await this.give(input, null, `number ${index} of the corpus`);
  }

  /** The inputs of the seeds from one on, as long as it is wanted. */
  async fresh(from: number, isWanted: (given: number) => boolean): Promise<number> {
    let seed = from;
    for (; isWanted(seed - from) && this.tally.failures.length < failuresMax; seed++) {
      await this.give(this.opened.fresh(seed), seed, `--seed ${seed}`);
    }
    return seed;
  }

  async close(): Promise<void> {
    await this.opened.close();
  }

  private async give(input: Case, seed: number | null, which: string): Promise<void> {
    const { tally, target } = this;
    tally.inputs += 1;
    this.watchdog?.begins(`${target.name}, ${which}`);
    try {
      const { isAccepted, cpuMs } = await judge(target, input);
      tally.slowestMs = Math.max(tally.slowestMs, cpuMs);
      if (isAccepted) tally.accepted += 1;
      else tally.refused += 1;
    } catch (error) {
      await this.note(input, seed, error);
    } finally {
      this.watchdog?.ends();
    }
  }

  private async note(input: Case, seed: number | null, error: unknown): Promise<void> {
    const kind = kindOf(error);
    if (this.kinds.has(kind)) return;
    this.kinds.add(kind);
    const smallest = await this.smallest(input, kind);
    this.tally.failures.push({ target: this.target.name, seed, what: inspect(error), input: smallest });
  }

  /** Leaves out what can be left out, so that the same still happens. */
  private async smallest(input: Case, kind: string): Promise<Case> {
    let left = shrinkingMax;
    let smallest = input;
    for (let hasShrunk = true; hasShrunk && left > 0;) {
      hasShrunk = false;
      for (const smaller of smallest.smaller()) {
        if (left-- <= 0) break;
        if (smaller.size >= smallest.size || (await this.failureOf(smaller)) !== kind) continue;
        smallest = smaller;
        hasShrunk = true;
        break;
      }
    }
    return smallest;
  }

  private async failureOf(input: Case): Promise<string | null> {
    try {
      await judge(this.target, input);
      return null;
    } catch (error) {
      return kindOf(error);
    }
  }
}

/** Failures of one kind have the same name and begin alike, where they were thrown. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error).slice(0, 40);
  const place = error.stack?.split('\n').find((line) => /^\s+at .*\/(src|test\/fuzz\/targets)\//.test(line)) ?? '';
  return `${error.name} ${error.name === 'Violation' ? error.message.replaceAll(/\d+/g, '0').slice(0, 24) : ''} ${place.trim()}`;
}

/** Keeps a failure in the corpus, so that it is tried again in every run. Returns its file. */
export function keep({ target, input }: Failure): string {
  const bytes = input.write();
  mkdirSync(corpusFolder(target), { recursive: true });
  const file = join(corpusFolder(target), `found-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`);
  writeFileSync(file, bytes);
  return file;
}

/** A failure in words. */
export function told({ target, seed, what, input }: Failure): string {
  const again = seed === null ? 'it is in the corpus' : `npm run fuzz -- --target ${target} --seed ${seed} --inputs 1`;
  const bytes = Buffer.from(input.write());
  const shown =
    bytes.length > 300 ? `${JSON.stringify(bytes.subarray(0, 300).toString())}…` : JSON.stringify(bytes.toString());
  return `${target}: ${what}\n  again: ${again}\n  input (${bytes.length} bytes): ${shown}`;
}

/** The table of what was done. */
export function table(tallies: readonly Tally[]): string {
  const total = tallies.reduce((sum, { inputs }) => sum + inputs, 0);
  const rows = [
    ['target', 'inputs', 'accepted', 'refused', 'failed', 'slowest (CPU)'],
    ...tallies.map(({ target, inputs, accepted, refused, failures, slowestMs }) =>
      [target, inputs, accepted, refused, failures.length, `${slowestMs.toFixed(1)} ms`].map(String),
    ),
    ['all', String(total), '', '', '', ''],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  return rows.map(line).join('\n');
}
