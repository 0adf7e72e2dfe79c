/** What a long life may cost a process: its memory, its handles, its open files; and whether they grow. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process holds at a moment at which nothing is under way. */
export interface Holding {
  /** Of how much work. */
  readonly done: number;
  /** In MB: what is left on the heap, and beside it, when the garbage is collected. */
  readonly heap: number;
  /** Timers, sockets, files and whatever else keeps a process alive, by `process.getActiveResourcesInfo`. */
  readonly handles: number;
  /** Open file descriptors; null where the system does not tell. */
  readonly descriptors: number | null;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Measures when garbage is gone; what is freed by finalizers is gone a turn later. */
export async function holding(done: number): Promise<Holding> {
  for (let round = 0; round < 2; round += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return {
    done,
    heap: (heapUsed + external) / 1e6,
    handles: process.getActiveResourcesInfo().length,
    descriptors: openDescriptors(),
  };
}

function openDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

/** One line of the table. */
export interface Finding {
  readonly what: string;
  /** The median of the first quarter after the warm-up. */
  readonly before: number;
  /** The median of the last quarter. */
  readonly after: number;
  /** The most that `after` may be. */
  readonly most: number;
}

/** By how much what is called flat may differ: caches fill, and V8 compiles what is hot. */
const tolerance = {
  heap: (before: number) => before * 1.1 + 5,
  handles: (before: number) => before + 2,
  descriptors: (before: number) => before + 2,
} as const;

/** A tenth of a run warms up: caches fill, code is compiled. */
const warmUp = 0.1;

/** Compares the last quarter of a run with its first one after the warm-up. */
export function findingsOf(samples: readonly Holding[]): readonly Finding[] {
  const warm = samples.slice(Math.ceil(samples.length * warmUp));
  const quarter = Math.floor(warm.length / 4);
  if (quarter < 2) throw new Error(`${samples.length} samples are too few to compare quarters of them`);
  return (['heap', 'handles', 'descriptors'] as const).flatMap((what) => {
    const values = warm.map((sample) => sample[what]).filter((value) => value !== null);
    if (values.length < warm.length) return [];
    const before = median(values.slice(0, quarter));
    return [{ what, before, after: median(values.slice(-quarter)), most: tolerance[what](before) }];
  });
}

export function hasGrown({ after, most }: Finding): boolean {
  return after > most;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
