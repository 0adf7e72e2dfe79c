/** A binary heap, with the thing on top that comes before all others. Those of which neither does come in any order. */
export class Heap<A> {
  private readonly items: A[] = [];

  constructor(private readonly isBefore: (a: A, b: A) => boolean) {}

  get all(): readonly A[] {
    return this.items;
  }

  get first(): A | null {
    return this.items[0] ?? null;
  }

  add(item: A): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  removeFirst(): void {
    const { items } = this;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.isBefore(items[child + 1]!, items[child]!)) child += 1;
      if (!this.isBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
  }
}
