/** A job that knows its neighbours in the graph. */
interface Linked<Node> {
  readonly children: readonly Node[];
}

/** All jobs that depend on a job, directly or through others. */
export function descendants<Node extends Linked<Node>>(node: Node): ReadonlySet<Node> {
  return reached(node, (at) => at.children);
}

/** Everything that can be reached from a node in one step or more. */
export function reached<Node>(from: Node, next: (node: Node) => readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const open = [...next(from)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    open.push(...next(at));
  }
  return found;
}

/**
 * How many steps away from the beginning each job of a graph is, by the longest way. A parent that is no job of the graph
 * does not count, nor does one that depends on its own child: a graph that another program stored may have such.
 *
 * @param jobIds all of them
 */
export function levelsOf(
  jobIds: Iterable<string>,
  parentsOf: (jobId: string) => readonly string[],
): ReadonlyMap<string, number> {
  const all = new Set(jobIds);
  const levels = new Map<string, number>();
  const entered = new Set<string>();
  for (const start of all) {
    // Without recursion: a chain may have tens of thousands of jobs.
    const open = [start];
    while (open.length > 0) {
      const id = open.at(-1)!;
      const parents = parentsOf(id).filter((parent) => all.has(parent));
      const missing = entered.has(id) ? [] : parents.filter((parent) => !entered.has(parent));
      entered.add(id);
      if (missing.length > 0) {
        open.push(...missing);
        continue;
      }
      levels.set(
        id,
        parents.reduce((most, parent) => Math.max(most, (levels.get(parent) ?? -1) + 1), 0),
      );
      open.pop();
    }
  }
  return levels;
}
