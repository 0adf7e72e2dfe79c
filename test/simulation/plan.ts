import { between, chanceOf, oneOf } from './chance.js';
import { type Overlap, overlaps } from '../../src/domain/overlap.js';
import { allFaults, type FaultKind, faultKinds, faultsOfFiles } from './fault-kinds.js';

/** Something that happens at a moment of a world: an operator acts, a machine dies, a clock is set. */
export interface Act {
  readonly atMs: number;
  readonly kind: FaultKind;
  /** What chance decides in it. */
  readonly seed: number;
}

export interface GraphPlan {
  readonly id: string;
  readonly atMs: number;
  readonly seed: number;
  readonly jobs: number;
  readonly priority: number;
  /** Whether it is so large that it is stored in parts. */
  readonly isLarge: boolean;
  /** Whether some of its jobs come under limits. */
  readonly isLimited: boolean;
}

/** A limit that an operator sets. */
export interface LimitPlan {
  /** A key, or a pattern. */
  readonly key: string;
  readonly atMs: number;
  readonly concurrency?: number;
  readonly rate?: { readonly starts: number; readonly windowMs: number };
}

export interface SchedulePlan {
  readonly name: string;
  readonly atMs: number;
  readonly seed: number;
  /** How many jobs a run has. */
  readonly jobs: number;
  readonly everyMs: number;
  readonly overlap: Overlap;
  readonly catchUpMs: number;
}

/** All that makes a world: the same plan is played the same way. */
export interface Plan {
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  readonly workers: number;
  readonly graphs: readonly GraphPlan[];
  readonly schedules: readonly SchedulePlan[];
  readonly limits: readonly LimitPlan[];
  /** Whether the log takes appends to several streams one by one only. */
  readonly isApart: boolean;
  readonly acts: readonly Act[];
  /** Until when faults strike, in milliseconds of virtual time. */
  readonly disturbedMs: number;
  /** Keys of faults that would strike and do not: see `Strike`. */
  readonly spared: readonly string[];
}

export interface PlanOptions {
  /** What kind of log it is for. */
  readonly engine?: 'memory' | 'sqlite';
  /** Which faults there may be; by default the seed decides: mostly all at once, else some, one alone, or none. */
  readonly faults?: readonly FaultKind[];
  /** How many acts there are, at most. */
  readonly steps?: number;
}

const minute = 60_000;

export function planFor(seed: number, { engine = 'memory', faults, steps = Infinity }: PlanOptions = {}): Plan {
  const random = chanceOf(seed, 'plan');
  const on = faults ?? someFaults(random, engine === 'memory' ? allFaults : [...allFaults, ...faultsOfFiles]);
  const disturbedMs = between(random, 1, 4) * minute;
  // Workers follow shares of a log only while no graph has a priority.
  const priorities = chanceOf(seed, 'priorities');
  const mostPriority = priorities() < 0.5 ? 1 : 0;
  const limits = limitsOf(seed, disturbedMs);
  const isLimited = limits.length > 0;
  const graphs = Array.from({ length: between(random, 1, 5) }, (_, index): GraphPlan => {
    const atMs = index < 2 ? index : Math.floor(random() * disturbedMs);
    const isLarge = random() < 0.01;
    const jobs = isLarge ? 6 : between(random, 1, 10);
    const priority = between(priorities, -mostPriority, mostPriority);
    return { id: `graph ${index}`, atMs, seed: hash(random), jobs, priority, isLarge, isLimited };
  });
  const workers = between(random, 1, 4);
  return {
    seed,
    faults: on,
    workers,
    graphs,
    schedules: schedulesOf(seed, disturbedMs),
    limits,
    isApart: isLimited && chanceOf(seed, 'apart')() < 0.5,
    acts: actsOf(seed, on, disturbedMs).slice(0, steps),
    disturbedMs,
    spared: [],
  };
}

/** Two worlds of three have none. */
function schedulesOf(seed: number, disturbedMs: number): readonly SchedulePlan[] {
  const random = chanceOf(seed, 'schedules');
  const count = random() < 0.66 ? 0 : between(random, 1, 2);
  return Array.from({ length: count }, (_, index): SchedulePlan => ({
    name: `schedule ${index}`,
    atMs: Math.floor((random() * disturbedMs) / 2),
    seed: hash(random),
    jobs: between(random, 1, 3),
    everyMs: between(random, 5, 60) * 1000,
    overlap: oneOf(random, overlaps),
    catchUpMs: oneOf(random, [1000, 10_000, minute, 60 * minute]),
  }));
}

/** The keys that jobs come under. */
export const limitKeys = ['key-0', 'key-1', 'other'] as const;

/** Every other world has none. */
function limitsOf(seed: number, disturbedMs: number): readonly LimitPlan[] {
  const random = chanceOf(seed, 'limits');
  const count = random() < 0.5 ? 0 : between(random, 1, 3);
  return Array.from({ length: count }, () => limitFor(random, Math.floor((random() * disturbedMs) / 3)));
}

/** Mostly from the beginning on. */
export function limitFor(random: () => number, atMs: number): LimitPlan {
  const key = oneOf(random, [...limitKeys, 'key-*', '*']);
  const concurrency = { concurrency: between(random, 1, 3) };
  const rate = { rate: { starts: between(random, 1, 4), windowMs: between(random, 1, 20) * 1000 } };
  const which = random();
  const measure = which < 0.5 ? concurrency : which < 0.75 ? rate : { ...concurrency, ...rate };
  return { key, atMs: random() < 0.6 ? 0 : atMs, ...measure };
}

function actsOf(seed: number, faults: readonly FaultKind[], disturbedMs: number): readonly Act[] {
  const acts = faults.flatMap((kind) => {
    const { perMinute } = faultKinds[kind];
    if (perMinute === undefined) return [];
    const random = chanceOf(seed, `acts ${kind}`);
    const expected = (perMinute * disturbedMs) / minute;
    const count = Math.floor(expected * 2 * random() + random());
    return Array.from({ length: count }, (): Act => ({ kind, atMs: random() * disturbedMs, seed: hash(random) }));
  });
  return acts.sort((a, b) => a.atMs - b.atMs);
}

function someFaults(random: () => number, among: readonly FaultKind[]): readonly FaultKind[] {
  const which = random();
  if (which < 0.5) return among;
  if (which < 0.75) return among.filter(() => random() < 0.4);
  if (which < 0.97) return [oneOf(random, among)];
  return [];
}

function hash(random: () => number): number {
  return Math.floor(random() * 2 ** 32);
}
