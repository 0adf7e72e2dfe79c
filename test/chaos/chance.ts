import { randomFrom } from '../../src/testing/seeded.js';

/** Choices that follow from a seed. What the system makes of them (who is scheduled when) does not. */
export class Chance {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomFrom(seed);
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  isTrue(probability: number): boolean {
    return this.next() < probability;
  }

  one<A>(items: readonly A[]): A {
    return items[this.int(0, items.length - 1)]!;
  }

  some<A>(items: readonly A[], count: number): readonly A[] {
    const left = [...items];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.int(0, left.length - 1), 1)[0]!);
  }
}
