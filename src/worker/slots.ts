/** Slots for running jobs: a number in all, and a number for each type. */
export class Slots {
  private readonly occupiedOf = new Map<string, number>();
  private occupied = 0;

  constructor(
    private readonly most: number,
    private readonly mostOf: (type: string) => number,
  ) {}

  get free(): number {
    return this.most - this.occupied;
  }

  freeOf(type: string): number {
    return this.mostOf(type) - (this.occupiedOf.get(type) ?? 0);
  }

  occupy(type: string): void {
    this.count(type, 1);
  }

  release(type: string): void {
    this.count(type, -1);
  }

  private count(type: string, by: number): void {
    this.occupied += by;
    this.occupiedOf.set(type, (this.occupiedOf.get(type) ?? 0) + by);
  }
}
