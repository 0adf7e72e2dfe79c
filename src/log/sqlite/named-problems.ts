/** How many rows with the same problem are named; the others are counted. */
const namedMax = 5;

/** Collects rows by problem, for one sentence each. */
export class Named {
  private readonly kinds = new Map<string, { count: number; readonly first: string[] }>();

  add(kind: string, name: string | number): void {
    const known = this.kinds.get(kind) ?? { count: 0, first: [] };
    this.kinds.set(kind, known);
    known.count += 1;
    if (known.first.length < namedMax) known.first.push(String(name));
  }

  get sentences(): readonly string[] {
    return [...this.kinds].map(([kind, { count, first }]) => {
      const more = count > first.length ? `, and ${count - first.length} more` : '';
      return `${kind}: ${first.join(', ')}${more}`;
    });
  }
}
