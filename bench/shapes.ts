/** The graphs that are run: as many copies as said of one graph of jobs that do nothing. */

export interface ShapeJob {
  readonly id: string;
  readonly parents: readonly string[];
}

export interface Shape {
  readonly name: string;
  readonly copies: number;
  /** Parents stand before their children. */
  readonly jobs: readonly ShapeJob[];
}

export function jobCount(shape: Shape): number {
  return shape.copies * shape.jobs.length;
}

const numbered = (count: number, parents: (index: number) => readonly number[]): ShapeJob[] =>
  Array.from({ length: count }, (_, index) => ({ id: `j${index}`, parents: parents(index).map((at) => `j${at}`) }));

export function singles(copies: number): Shape {
  return { name: 'singles', copies, jobs: numbered(1, () => []) };
}

/** One job, two that wait for it, and one that waits for both. */
export function diamonds(copies: number): Shape {
  const parents = [[], [0], [0], [1, 2]];
  return { name: 'diamonds', copies, jobs: numbered(4, (index) => parents[index]!) };
}

/** One job that all the others wait for. */
export function fanOut(jobs: number): Shape {
  return { name: 'fan-out', copies: 1, jobs: numbered(jobs, (index) => (index === 0 ? [] : [0])) };
}

/** One job that waits for all the others. */
export function fanIn(jobs: number): Shape {
  const others = Array.from({ length: jobs - 1 }, (_, index) => index);
  return { name: 'fan-in', copies: 1, jobs: numbered(jobs, (index) => (index === jobs - 1 ? others : [])) };
}

/** Layers of equal width. Each job waits for three neighbours of the layer above. */
export function layers(count: number, width: number): Shape {
  const above = (index: number, step: number) => (Math.floor(index / width) - 1) * width + ((index + step) % width);
  return {
    name: `${count} layers`,
    copies: 1,
    jobs: numbered(count * width, (index) => (index < width ? [] : [0, 1, 2].map((step) => above(index, step)))),
  };
}

/** Each job waits for the one before. */
export function chain(jobs: number): Shape {
  return { name: 'chain', copies: 1, jobs: numbered(jobs, (index) => (index === 0 ? [] : [index - 1])) };
}

/** A job of a tree, with what it waits for below it. */
export interface Tree {
  readonly id: string;
  readonly children: readonly Tree[];
}

/**
 * One graph of the shape as trees in which a job waits for those below it, and is waited for by one other at most. Of the
 * jobs that wait for the same one, only the first still does: a diamond loses one of its four edges.
 */
export function asTrees(shape: Shape): Tree[] {
  const trees = new Map<string, Tree>();
  for (const { id, parents } of shape.jobs) {
    const children = parents.flatMap((parent) => {
      const tree = trees.get(parent);
      trees.delete(parent);
      return tree ?? [];
    });
    trees.set(id, { id, children });
  }
  return [...trees.values()];
}

/** How many waits of the shape its trees cannot say. */
export function edgesLostInTrees(shape: Shape): number {
  const edges = shape.jobs.reduce((sum, { parents }) => sum + parents.length, 0);
  const kept = (trees: readonly Tree[]): number =>
    trees.reduce((sum, { children }) => sum + children.length + kept(children), 0);
  return shape.copies * (edges - kept(asTrees(shape)));
}
