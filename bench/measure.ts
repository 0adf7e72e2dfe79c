import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, store, type Store } from 'overseer';

/** One figure: what was measured, and, where the design promises one, the bound it is held against. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
  /** How it came about: median of so many, and the like. */
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export async function timed<A>(work: () => Promise<A> | A): Promise<{ ms: number; value: A }> {
  const from = performance.now();
  const value = await work();
  return { ms: performance.now() - from, value };
}

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

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

/** Hands the figures of one benchmark to the process that runs them all. */
export function report(figures: readonly Figure[]): void {
  if (process.send === undefined) console.table(figures);
  else process.send(figures);
}
