import { randomFrom } from '../../src/testing/seeded.js';
import { type FaultKind, faultKinds } from './fault-kinds.js';

/** A number that follows from a text and a seed (FNV-1a, then mixed). */
export function hashed(seed: number, text: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** A source of chance of its own for something that has a name, so that what happens elsewhere does not shift it. */
export function chanceOf(seed: number, name: string): () => number {
  return randomFrom(hashed(seed, name));
}

/** A whole number from `low` to `high`, both included. */
export function between(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function oneOf<A>(random: () => number, among: readonly A[]): A {
  return among[Math.floor(random() * among.length)]!;
}

/** A fault that has struck. */
export interface Strike {
  readonly kind: FaultKind;
  /** Names the occasion: the same in another play of the same plan, as far as the play is the same. */
  readonly key: string;
}

export interface Calling {
  readonly strikes: (kind: FaultKind) => boolean;
  readonly random: () => number;
}

/** How long a strike counts as being the circumstances of what its machine writes, in milliseconds of virtual time. */
const circumstanceMs = 10_000;

/** Decides which faults strike, notes them, and knows which circumstances each machine writes in. */
export class Chances {
  readonly struck: Strike[] = [];
  private readonly on: ReadonlySet<FaultKind>;
  private readonly spared: ReadonlySet<string>;
  private readonly calls = new Map<string, number>();
  private readonly recent = new Map<string, Map<FaultKind, number>>();
  private isCalm = false;

  constructor(
    private readonly plan: {
      readonly seed: number;
      readonly faults: readonly FaultKind[];
      readonly spared: readonly string[];
    },
    private readonly elapsedMs: () => number,
  ) {
    this.on = new Set(plan.faults);
    this.spared = new Set(plan.spared);
  }

  /** From now on nothing strikes any more. */
  calm(): void {
    this.isCalm = true;
  }

  /** The next call (or message, or attempt) of some name, on a machine. */
  next(machine: string, name: string): Calling {
    const key = `${machine} ${name}`;
    const number = (this.calls.get(key) ?? 0) + 1;
    this.calls.set(key, number);
    return this.of(machine, `${key} ${number}`);
  }

  /** An occasion with a name that no other has. */
  of(machine: string, occasion: string): Calling {
    const random = chanceOf(this.plan.seed, occasion);
    return {
      random,
      strikes: (kind) => {
        const isHit = random() < (faultKinds[kind].rate ?? 0);
        return isHit && this.strike(machine, kind, `${occasion} ${kind}`);
      },
    };
  }

  /** Whether something strikes now that was planned; notes it if so. @param machine or `all` */
  strike(machine: string, kind: FaultKind, key: string): boolean {
    if (this.isCalm || !this.on.has(kind) || this.spared.has(key)) return false;
    this.struck.push({ kind, key });
    const kinds = this.recent.get(machine) ?? new Map<FaultKind, number>();
    this.recent.set(machine, kinds);
    kinds.set(kind, this.elapsedMs());
    return true;
  }

  /** What has struck a machine lately. */
  circumstances(machine: string): readonly FaultKind[] {
    const since = this.elapsedMs() - circumstanceMs;
    const recent = [...(this.recent.get(machine) ?? []), ...(this.recent.get('all') ?? [])];
    return recent.filter(([, at]) => at >= since).map(([kind]) => kind);
  }
}
