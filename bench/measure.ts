import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, store, type Store } from 'overseer';
import type { Contest } from './contest.js';
import { spreadOf } from './statistics.js';

/** One figure: what was measured, and, where the design promises one, the bound it is held against. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
  /** The least and the most of what the value is the median of. */
  readonly spread?: { readonly least: number; readonly most: number };
  /** How it came about: median of so many, and the like. */
  readonly note?: string;
}

/** The value of a figure, and its spread. */
export function measured(values: readonly number[]): Pick<Figure, 'value' | 'spread'> {
  const { median: value, ...spread } = spreadOf(values);
  return { value, spread };
}

/** Whether fewer jobs and rounds are to do, so that all of it takes two minutes. */
export const isQuick = process.env['BENCH_QUICK'] !== undefined;

export async function timed<A>(work: () => Promise<A> | A): Promise<{ ms: number; value: A }> {
  const from = performance.now();
  const value = await work();
  return { ms: performance.now() - from, value };
}

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
// These end a process without the event above, unless somebody listens.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
// Whoever asked for this is gone.
process.once('disconnect', () => process.exit(1));
process.channel?.unref();

/** The address of an sqlite store in a folder that is gone when the process ends. */
export function freshAddress(): string {
  const folder = mkdtempSync(join(tmpdir(), 'overseer-bench-'));
  folders.push(folder);
  return `sqlite:${join(folder, 'overseer.db')}`;
}

export async function freshStore(): Promise<Store> {
  const opened = await store(freshAddress());
  await install(opened);
  return opened;
}

/** What a benchmark hands to the process that runs them all. */
export interface Findings {
  readonly figures: readonly Figure[];
  readonly contests?: readonly Contest[];
  /** Versions, and what is done for durability. */
  readonly settings?: readonly string[];
}

export function report(figures: readonly Figure[], more: Omit<Findings, 'figures'> = {}): void {
  const findings: Findings = { figures, ...more };
  if (process.send === undefined) console.dir(findings, { depth: 6 });
  else process.send(findings);
}
