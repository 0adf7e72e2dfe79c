import { randomFrom } from '../../src/testing/seeded.js';

/** Chance that a seed repeats: the same seed gives the same inputs on every machine. */
export class Random {
  /** From 0 up to 1. */
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomFrom(seed);
  }

  /** A whole number from 0, less than `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<A>(from: readonly A[]): A {
    return from[this.below(from.length)]!;
  }

  /** From 1, mostly small, now and then as large as allowed: a length, or a number of repetitions. */
  size(most: number): number {
    return Math.floor(most ** this.next());
  }
}

/** The seed of one target's input: targets do not get the same chance from the same seed. */
export function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  return (hash ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
}
