/** Places for running jobs: so many in all, and so many of a type. */
export class Places {
  private readonly takenOf = new Map<string, number>();
  private taken = 0;

  constructor(
    private readonly most: number,
    private readonly mostOf: (type: string) => number,
  ) {}

  get free(): number {
    return this.most - this.taken;
  }

  freeOf(type: string): number {
    return this.mostOf(type) - (this.takenOf.get(type) ?? 0);
  }

  take(type: string): void {
    this.count(type, 1);
  }

  giveBack(type: string): void {
    this.count(type, -1);
  }

  private count(type: string, by: number): void {
    this.taken += by;
    this.takenOf.set(type, (this.takenOf.get(type) ?? 0) + by);
  }
}
